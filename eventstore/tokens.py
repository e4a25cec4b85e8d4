"""Short-lived tokens, of which only the SHA-256 is kept: in a table, so that every process knows them.

Generic: whose a token is and what it opens is known above. A token is 32 random bytes in hexadecimal; nobody
guesses one, so a plain hash is enough. The database's clock tells when its time is over.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from eventstore.database import connection_of, reachable
from eventstore.statements import statement

if TYPE_CHECKING:
    from datetime import datetime

    import asyncpg

_BYTES = 32


class Token(NamedTuple):
    """What is known of a token: whose it is, its address ("" for any), and when it ends or ended."""

    owner: str
    address: str
    expires_at: datetime
    is_alive: bool


class NewToken(NamedTuple):
    """A token itself, which is told once and kept nowhere, and when it ends."""

    text: str
    expires_at: datetime


class Tokens:
    """The tokens of one lane. Every method may raise Unavailable."""

    def __init__(self, pool: asyncpg.Pool, lane: int) -> None:
        self._pool = pool
        self._lane = lane

    async def make(self, owner: str, *, address: str, ttl_s: int, owned_max: int) -> NewToken:
        """A new token of an owner, of whose others those go that end first if there are too many."""
        text = secrets.token_hex(_BYTES)
        expires_at = await self._value("put_token", _digest(text), owner, address, ttl_s, owned_max)
        return NewToken(text, expires_at)

    async def find(self, text: str) -> Token | None:
        """What is known of it; None if it never was one, was ended, or its time is over for a day."""
        with reachable():
            async with connection_of(self._pool) as connection:
                row = await connection.fetchrow(statement("read_token"), self._lane, _digest(text))
        return None if row is None else Token(*tuple(row))

    async def end(self, text: str) -> bool:
        """End it; whether there was one."""
        return bool(await self._value("end_token", _digest(text)))

    async def end_all_of(self, owner: str) -> int:
        """End every token of an owner; how many there were."""
        return int(await self._value("end_tokens_of", owner))

    async def _value(self, name: str, *arguments: bytes | str | int) -> Any:
        with reachable():
            async with connection_of(self._pool) as connection:
                return await connection.fetchval(statement(name), self._lane, *arguments)


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "replace")).digest()
