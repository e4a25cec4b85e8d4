"""Which one-time codes were used, in a table, so that in no process one works twice.

Generic: what a code is made of is known above; here it is the name of a secret and a step that only grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstore.database import connection_of, reachable
from eventstore.statements import statement

if TYPE_CHECKING:
    import asyncpg


class SpentCodes:
    """The codes of one lane."""

    def __init__(self, pool: asyncpg.Pool, lane: int) -> None:
        self._pool = pool
        self._lane = lane

    async def spend(self, name: str, step: int) -> bool:
        """Use the code of a step up; False if it, or that of a later step, was before. Raises Unavailable."""
        with reachable():
            async with connection_of(self._pool) as connection:
                return bool(await connection.fetch(statement("spend_code"), self._lane, name, step))
