"""Keys by which clients reach their own accounts.

Keys are commands on the log like any other; the hash of a key's secret is kept beside it, before the event
that names it. What a key is changed into is in `client_sessions`; which protocol takes them is not known.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from hashlib import sha256
from typing import TYPE_CHECKING

from service.domain.client_keys import IssueClientKey, RevokeClientKey
from service.domain.refusals import Refusal, RefusalCode
from service.domain.values import value
from service.handling.deciders import CLIENT_KEYS_STREAM
from service.handling.execution import Order, Taken
from service.handling.permissions import secret_name

if TYPE_CHECKING:
    from eventstore.store import EventStore
    from eventstore.tokens import Tokens
    from service.domain.client_keys import ClientKey, ClientKeyCommand, ClientKeysState
    from service.handling.answers import Call
    from service.handling.execution import Executor
    from service.handling.ledger import Ledger
    from service.handling.sessions import Sessions

REMEMBER_S = 2.0
"""How long a revocation may go unnoticed by a process that has read the keys; it also ends all tokens."""

_ID_BYTES, _SECRET_BYTES = 8, 24
_KEY = re.compile(f"([0-9a-f]{{{2 * _ID_BYTES}}})([0-9a-f]{{{2 * _SECRET_BYTES}}})")


@value(kw_only=True)
class NewClientKey:
    """A key with its identifier; the key is shown once and kept nowhere."""

    key_id: str
    key: str
    client_id: int
    name: str


class ClientKeys:
    """Makes, lists, revokes and proves keys. Every method may raise Unavailable."""

    def __init__(
        self, store: EventStore, sessions: Sessions, executor: Executor, ledger: Ledger, tokens: Tokens
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._executor = executor
        self._ledger = ledger
        self._tokens = tokens
        self._read_at = -REMEMBER_S

    async def create(self, client_id: int, name: str, call: Call) -> NewClientKey | Refusal:
        """A new key of a client; CLIENT_NOT_FOUND."""
        if not await self._ledger.client_exists(client_id):
            return Refusal(RefusalCode.CLIENT_NOT_FOUND, str(client_id))
        key_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES)
        await self._store.put_secret(_name(key_id), sha256(secret.encode()).digest())
        refused = await self._change(IssueClientKey(key_id=key_id, client_id=client_id, name=name), call)
        return refused or NewClientKey(key_id=key_id, key=key_id + secret, client_id=client_id, name=name)

    async def revoke(self, key_id: str, call: Call) -> Refusal | None:
        """Let a key, and every token made with it, open nothing any more; CREDENTIAL_NOT_FOUND."""
        refused = await self._change(RevokeClientKey(key_id=key_id), call)
        if refused is None:
            await self._tokens.end_all_of(key_id)
        return refused

    async def listed(self) -> dict[str, ClientKey]:
        """The keys that work, by identifier, as of now. They are the session's own: not to be changed."""
        began = time.monotonic()
        state: ClientKeysState = (await self._sessions.load(CLIENT_KEYS_STREAM)).state
        self._read_at = began
        return state.keys

    async def client_of(self, key: str) -> tuple[str, int] | None:
        """Identifier and client of a key that is right, of a client that there is; else None."""
        match = _KEY.fullmatch(key)
        if match is None:
            return None
        key_id, secret = match.groups()
        known = (await self.listed()).get(key_id)
        kept = await self._store.secret(_name(key_id)) if known else None
        if known is None or kept is None:
            return None
        if not hmac.compare_digest(kept, sha256(secret.encode()).digest()):
            return None
        return (key_id, known.client_id) if await self._ledger.client_exists(known.client_id) else None

    async def client_with(self, key_id: str) -> int | None:
        """The client of a key that was not revoked until a moment ago."""
        known = (await self._recent()).get(key_id)
        if known is None:  # perhaps a key that is younger than what this process knows
            known = (await self.listed()).get(key_id)
        return None if known is None else known.client_id

    async def _recent(self) -> dict[str, ClientKey]:
        """The keys as of REMEMBER_S ago or later."""
        cached = self._sessions.cached(CLIENT_KEYS_STREAM)
        if cached is not None and time.monotonic() - self._read_at < REMEMBER_S:
            state: ClientKeysState = cached.state
            return state.keys
        return await self.listed()

    async def _change(self, command: ClientKeyCommand, call: Call) -> Refusal | None:
        order = Order(stream=CLIENT_KEYS_STREAM, command=command, numbers={})
        answer = await self._executor.execute(order, call)
        if isinstance(answer, Taken):
            raise AssertionError(f"a name made at random is in use: {answer.stream}")
        return answer if isinstance(answer, Refusal) else None


def is_key(text: str) -> bool:
    """Whether it looks like a key."""
    return _KEY.fullmatch(text) is not None


def _name(key_id: str) -> str:
    return secret_name("client-key", key_id)
