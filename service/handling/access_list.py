"""Which API credentials work now: the access stream and the hashes beside it, remembered for a moment."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.handling.administration import secret_name
from service.handling.deciders import ACCESS_STREAM

if TYPE_CHECKING:
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

    async def find(self, identifier: str) -> KnownCredential | None:
        """The credential, if it was issued and not revoked."""
        known = self._known.get(identifier)
        if known is not None and time.monotonic() - known.seen_at < REMEMBER_S:
            return known
        now = time.monotonic()
        state = (await self._sessions.load(ACCESS_STREAM)).state
        issued = state.credentials.get(identifier)
        secret_hash = await self._store.secret(secret_name(identifier)) if issued else None
        if issued is None or secret_hash is None:
            self._known.pop(identifier, None)
            return None
        if len(self._known) >= REMEMBERED_MAX:
            self._known.clear()
        self._known[identifier] = known = KnownCredential(issued.admin_id, secret_hash, now)
        return known
