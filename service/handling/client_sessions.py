"""Short-lived tokens of clients who proved a key or a password: what they open, from where, how long.

A token ends with its time, with a logout, and with what it was made by: a key that is revoked, a password
that is replaced or erased. Tokens stand in no history. Which protocol takes them is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.values import value

if TYPE_CHECKING:
    from eventstore.tokens import NewToken, Tokens
    from service.handling.client_keys import ClientKeys
    from service.handling.client_logins import ClientLogins, Login

_LOGIN = "login"


@value(kw_only=True)
class Session:
    """Whose token it is: as whom the client acts, its number, and when it ends (seconds since 1970)."""

    credential: str
    """The identifier of a key, or `client:7` for who logged in with the password."""
    client_id: int
    expires_at: int
    is_over: bool = False
    """Whether its time is over: it opens nothing, but was no guess."""


@value(kw_only=True)
class SessionLimits:
    """What a new token is good for: one address unless that is "", how long, and how many beside it."""

    address: str
    ttl_s: int
    owned_max: int


class ClientSessions:
    """Every method may raise Unavailable."""

    def __init__(self, tokens: Tokens, keys: ClientKeys, logins: ClientLogins) -> None:
        self._tokens = tokens
        self._keys = keys
        self._logins = logins

    async def open_by_key(self, key_id: str, limits: SessionLimits) -> NewToken:
        """A token of a key that was proven."""
        return await self._open(key_id, limits)

    async def open_by_password(self, login: Login, limits: SessionLimits) -> NewToken:
        """The same of a password that was proven."""
        return await self._open(_owner(login), limits)

    async def find(self, token: str, address: str) -> Session | None:
        """Whose token it is, if it may be used from there, or might have been until its time was over."""
        found = await self._tokens.find(token)
        if found is None or found.address not in {"", address}:
            return None
        whose = await self._whose(found.owner)
        if whose is None:
            return None
        credential, client_id = whose
        return Session(
            credential=credential,
            client_id=client_id,
            expires_at=int(found.expires_at.timestamp()),
            is_over=not found.is_alive,
        )

    async def close(self, token: str) -> None:
        """End a token."""
        await self._tokens.end(token)

    async def close_all_of(self, login: Login) -> None:
        """End what a password opened that was just replaced; none of it would open anything any more."""
        await self._tokens.end_all_of(_owner(login))

    async def _open(self, owner: str, limits: SessionLimits) -> NewToken:
        return await self._tokens.make(
            owner, address=limits.address, ttl_s=limits.ttl_s, owned_max=limits.owned_max
        )

    async def _whose(self, owner: str) -> tuple[str, int] | None:
        kind, *names = owner.split(":")
        if not names:
            client_id = await self._keys.client_with(owner)
            return None if client_id is None else (owner, client_id)
        if kind != _LOGIN:
            return None
        client_id, password_id = int(names[0]), names[1]
        if not await self._logins.is_current(client_id, password_id):
            return None
        return f"client:{client_id}", client_id


def _owner(login: Login) -> str:
    return f"{_LOGIN}:{login.client_id}:{login.password_id}"
