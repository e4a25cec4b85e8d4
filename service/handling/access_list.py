"""The access list as this process knows it: what the log said a moment ago, and the hashes kept beside it."""

from __future__ import annotations

import hmac
import re
import time
from hashlib import sha256
from typing import TYPE_CHECKING

from eventstore.coalesce import Coalescer
from service.handling import kept_secrets
from service.handling.chosen_secrets import CHECKS_MAX, ChosenSecrets
from service.handling.deciders import ACCESS_STREAM
from service.handling.permissions import Permissions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventstore.store import EventStore
    from service.domain.access import FeedLimits
    from service.handling.permissions import Known
    from service.handling.sessions import Session, Sessions

REMEMBER_S = 2.0
"""How long a change of the access list may go unnoticed in a process that has read it."""

_HASHES_MAX = 10_000
_MD5 = re.compile("[0-9a-f]{32}")


class AccessList:
    """Reads the access list anew when it is too old, and proves secrets against their hashes.

    Every method that waits may raise Unavailable; `proves` and `opens` also QueueFull.
    """

    def __init__(
        self, store: EventStore, sessions: Sessions, *, password_checks_max: int = CHECKS_MAX
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._permissions: Permissions | None = None
        self._read_at = 0.0
        self._seen: tuple[Session, int] | None = None
        # Requests that find the list too old come in crowds: they read it together.
        self._reads: Coalescer[str, Permissions] = Coalescer(self._read)
        # A hash never changes under its name.
        self._hashes: dict[str, bytes] = {}
        self._hash_reads: Coalescer[str, bytes] = Coalescer(self._read_hashes)
        self._chosen = ChosenSecrets(self._read_chosen, checks_max=password_checks_max)

    def current(self) -> Permissions | None:
        """What was read less than REMEMBER_S ago, if anything was."""
        return self._permissions if time.monotonic() - self._read_at < REMEMBER_S else None

    async def load(self) -> Permissions:
        """What the log says at some moment after this call began."""
        permissions = await self._reads.get(ACCESS_STREAM)
        if permissions is None:
            raise AssertionError("the access list was asked for and not read")
        return permissions

    async def feed_rights(self, credential: str, right: str) -> FeedLimits | None:
        """What it may follow of the events; None if it is gone, disabled or lacks the right of this name."""
        known = (self.current() or await self.load()).labelled(credential)
        if known is None or not known.is_enabled:
            return None
        return known.feed if known.actions is None or right in known.actions else None

    async def is_unrestricted(self, credential: str) -> bool:
        """Whether this credential, or an admin's login, may do everything."""
        known = (self.current() or await self.load()).labelled(credential)
        return known is not None and known.actions is None

    async def proves(self, known: Known, secret: str) -> bool:
        """Whether the secret is that of the credential, or the MD5 of the admin's password in hexadecimal."""
        if known.is_login:
            lowered = secret.lower()
            return _MD5.fullmatch(lowered) is not None and await self._chosen.prove(
                known.secret_name, lowered
            )
        kept = self._hashes.get(known.secret_name) or await self._hash_reads.get(known.secret_name)
        return kept is not None and hmac.compare_digest(kept, sha256(secret.encode()).digest())

    async def opens(self, permissions: Permissions, access_key: str) -> bool:
        """Whether this is the key that lets callers in from any address."""
        name = permissions.access_key_name
        return bool(name and access_key) and await self._chosen.prove(name, access_key)

    async def _read(self, keys: Sequence[str]) -> dict[str, Permissions]:
        began = time.monotonic()
        session = await self._sessions.load(ACCESS_STREAM)
        seen = (session, session.version)
        if self._permissions is None or self._seen != seen:
            self._permissions, self._seen = Permissions(session.state), seen
        self._read_at = began
        return dict.fromkeys(keys, self._permissions)

    async def _read_chosen(self, name: str) -> bytes | None:
        kept = await kept_secrets.read(self._store, name)
        return kept.encode() if kept else None

    async def _read_hashes(self, names: Sequence[str]) -> dict[str, bytes]:
        found = {}
        for name in names:
            kept = await self._store.secret(name)
            if kept is not None:
                found[name] = kept
        if len(self._hashes) + len(found) > _HASHES_MAX:
            self._hashes.clear()
        self._hashes |= found
        return found
