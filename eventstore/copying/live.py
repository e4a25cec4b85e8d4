"""A lane read from its database in one snapshot, in constant memory, while others go on writing."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from eventstore.copying.rows import BESIDE, PERSONAL, BlockEnd, Chunk, Kind
from eventstore.database import connect, reachable
from eventstore.records import Corrupt, StoreError
from eventstore.statements import statement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    import asyncpg

STRETCH_EVENTS = 5_000
"""Events read at a time, some MB of them."""
ROWS = 20_000
"""Rows of other tables read at a time."""
_LOCK_NUMBERS = 2**31


class NothingToCopy(StoreError):
    """The lane has no events."""


@asynccontextmanager
async def open_live(dsn: str, lane: int) -> AsyncIterator[LiveSource]:
    """The lane as it stands now, until the block is left. Raises NothingToCopy, Unavailable."""
    with reachable():
        connection = await connect(dsn)
        try:
            # Session-level, and so held however long the copy takes: see `LiveSource.lock`.
            lock = secrets.randbelow(_LOCK_NUMBERS)
            await connection.execute("select pg_advisory_lock($1::bigint)", lock)
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                row = await connection.fetchrow(statement("read_head"), lane)
                position = row["head_position"] if row else 0
                found = await connection.fetchrow(statement("block_of"), lane, position) if position else None
                if found is None:
                    raise NothingToCopy(f"lane {lane} has no events: there is nothing to copy")
                yield LiveSource(connection, lane, BlockEnd(*found), lock)
        finally:
            await connection.close()


class LiveSource:
    """See `Source`. One connection, in a transaction of its own."""

    first_position = 1

    def __init__(self, connection: asyncpg.Connection, lane: int, head: BlockEnd, lock: int) -> None:
        self.lane = lane
        self.head = head
        self.lock = lock
        """The number of an advisory lock held in the source's database: who sees it is in the same one."""
        self._connection = connection

    async def block_of(self, position: int) -> BlockEnd:
        """See `Source`. Raises Corrupt where the block is gone."""
        found = await self._connection.fetchrow(statement("block_of"), self.lane, position)
        if found is None:
            raise Corrupt(f"there is no block that holds position {position}")
        return BlockEnd(*found)

    async def block_until(self, moment: datetime) -> BlockEnd | None:
        """See `Source`."""
        found = await self._connection.fetchrow(statement("block_until"), self.lane, moment)
        return None if found is None else BlockEnd(*found)

    async def chunks(
        self, first_position: int, last_position: int, *, personal: bool
    ) -> AsyncIterator[Chunk]:
        """See `Source`. The next stretch is read while the one before is being used."""
        coming = asyncio.create_task(self._stretch(first_position - 1, last_position))
        try:
            while stretch := await coming:
                coming = asyncio.create_task(self._stretch(stretch[0].rows[-1][1], last_position))
                for chunk in stretch:
                    yield chunk
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        last = await self.block_of(last_position)
        for kind in (*BESIDE, *(PERSONAL if personal else ())):
            arguments = (last.position, last.recorded_at) if kind is Kind.SUBJECT_KEY else ()
            cursor = await self._connection.cursor(statement(f"copy_{kind}"), self.lane, *arguments)
            while rows := await cursor.fetch(ROWS):
                yield Chunk(kind, list(map(tuple, rows)))

    async def _stretch(self, position: int, last_position: int) -> list[Chunk]:
        """Some whole blocks after `position` and their events; nothing at the end."""
        if position >= last_position:
            return []
        found = await self._connection.fetch(statement("copy_block"), self.lane, position, STRETCH_EVENTS)
        blocks = [tuple(block) for block in found if block["last_position"] <= last_position]
        if not blocks:
            raise Corrupt(f"there is no block after position {position}")
        events = await self._connection.fetch(statement("copy_event"), self.lane, blocks[0][0], blocks[-1][1])
        return [Chunk(Kind.BLOCK, blocks), Chunk(Kind.EVENT, list(map(tuple, events)))]
