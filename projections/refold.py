"""Folding a stretch of the log into tables of one projection, as rebuilding and verifying do it.

The next batch is read and decoded while PostgreSQL applies the one before, on a connection of its own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstore.records import Corrupt
from eventstore.subscription import read_bodies_after
from projections.projection import apply
from projections.statements import statement

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine

    import asyncpg

    from eventstore.subscription import Connection
    from projections.fact import Decoder, Fact
    from projections.projection import Projection

REFOLD_EVENTS_MAX = 10_000
"""Events per transaction: enough to make statements cheap, and 6 to 12 MB in memory, twice."""
READ_EVENTS_MAX = 1000
"""Events read and decoded at a time: what decoding needs besides stays in the processor's cache."""


@dataclass(slots=True)
class Refold:
    """One lane's way into the tables in `schema`; `position` is how far it came. `pool` is read from."""

    pool: asyncpg.Pool
    projection: Projection
    schema: str
    lane: int
    decoder: Decoder
    position: int = 0

    async def up_to(self, connection: Connection, head: int) -> None:
        """Fold everything up to position `head`, each batch in a transaction. Raises Corrupt, or as `apply`.

        `position` counts only what is committed when the caller has no transaction open. What is read is
        in the log for good, so it does not matter that another connection reads it.
        """
        coming = asyncio.create_task(self._read(self.position, head))
        try:
            while self.position < head:
                facts, end = await coming
                coming = asyncio.create_task(self._read(end, head))
                async with connection.transaction():
                    await connection.execute(statement("write_settings"))
                    await apply(connection, self.projection, self.schema, self.lane, facts)
                self.position = end
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    def _read(self, position: int, head: int) -> Coroutine[None, None, tuple[list[Fact], int]]:
        types = self.projection.event_types
        return read_facts(self.pool, self.lane, self.decoder, position, head, types)


async def read_facts(
    pool: asyncpg.Pool, lane: int, decoder: Decoder, position: int, head: int, types: Collection[str]
) -> tuple[list[Fact], int]:
    """The facts of `types` in the next batch after `position`, at most up to `head`, and where it ends.

    Raises Corrupt.
    """
    facts: list[Fact] = []
    end = min(position + REFOLD_EVENTS_MAX, head)
    while position < end:
        async with pool.acquire() as connection:
            limit = min(READ_EVENTS_MAX, end - position)
            bodies, reached = await read_bodies_after(connection, lane, position, limit, types)
        if reached == position:
            raise Corrupt(f"lane {lane} ends at {position}, but its head or read models stand at {head}")
        facts += await decoder(bodies)
        position = reached
    return facts, position
