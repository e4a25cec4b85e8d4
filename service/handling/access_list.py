"""Which API credentials work now: the access stream and the hashes beside it, remembered for a moment."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstore.coalesce import Coalescer
from service.handling.administration import secret_name
from service.handling.deciders import ACCESS_STREAM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventstore.store import EventStore
    from service.handling.sessions import Sessions

REMEMBER_S = 2.0
"""How long a revoked credential may go on working in a process that has seen it work."""

REMEMBERED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class KnownCredential:
    """A credential that works: in whose name it acts, and SHA-256 of its secret."""

    admin_id: int
    secret_hash: bytes
    seen_at: float


class AccessList:
    """Looks credentials up; unknown ones always in the database, so that a new one works at once."""

    def __init__(self, store: EventStore, sessions: Sessions) -> None:
        self._store = store
        self._sessions = sessions
        self._known: dict[str, KnownCredential] = {}
        # Requests that find their credential too old come in crowds: they look it up together.
        self._lookups: Coalescer[str, KnownCredential] = Coalescer(self._look_up)

    async def find(self, identifier: str) -> KnownCredential | None:
        """The credential, if it was issued and not revoked."""
        known = self._known.get(identifier)
        if known is not None and time.monotonic() - known.seen_at < REMEMBER_S:
            return known
        return await self._lookups.get(identifier)

    async def _look_up(self, identifiers: Sequence[str]) -> dict[str, KnownCredential]:
        now = time.monotonic()
        issued = (await self._sessions.load(ACCESS_STREAM)).state.credentials
        found = {}
        for identifier in identifiers:
            self._known.pop(identifier, None)
            if identifier in issued:
                secret_hash = await self._store.secret(secret_name(identifier))
                if secret_hash is not None:
                    found[identifier] = KnownCredential(issued[identifier].admin_id, secret_hash, now)
        if len(self._known) + len(found) > REMEMBERED_MAX:
            self._known.clear()
        self._known |= found
        return found
