"""Holds the lock that every append needs, so that a test decides when the log goes on."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_WAITERS = """
select count(*) from pg_stat_activity
 where datname = current_database() and query like '%append_batch%' and wait_event_type = 'Lock'
"""
_WAIT_S = 30


class LaneLock:
    """The lock of lane 0, held."""

    def __init__(self, watcher: asyncpg.Connection) -> None:
        self._watcher = watcher

    async def wanted(self) -> None:
        """Return once an append waits for the lock."""
        async with asyncio.timeout(_WAIT_S):
            while not await self._watcher.fetchval(_WAITERS):
                pass


@asynccontextmanager
async def lane_locked(dsn: str) -> AsyncIterator[LaneLock]:
    """No append can go on inside the block. `dsn` is the owner's."""
    holder, watcher = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    try:
        async with holder.transaction():
            await holder.execute("select from es.lane where lane = 0 for update")
            yield LaneLock(watcher)
    finally:
        await holder.close()
        await watcher.close()
