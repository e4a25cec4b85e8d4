"""Turns: of what has one name only one at a time is done, by whatever process serves the ledger.

For work outside the log that must not be done twice at once, such as a call of another system. A turn is an
advisory lock of a transaction, so it ends with whoever had it, and holds one of the pool's connections.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from eventstore.database import reachable
from eventstore.statements import statement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg


class Turns:
    """Those of one kind of work, which has a `lock_class` of its own; this process has a few at a time."""

    def __init__(self, pool: asyncpg.Pool, lock_class: int, *, at_once_max: int, wait_s: float) -> None:
        self._pool = pool
        self._lock_class = lock_class
        self._wait_s = wait_s
        self._places = asyncio.Semaphore(at_once_max)

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for it. Raises Unavailable if it takes too long, or is not certain to have been ours."""
        with reachable():
            async with AsyncExitStack() as held:
                async with asyncio.timeout(self._wait_s):
                    await held.enter_async_context(self._places)
                    connection = await held.enter_async_context(self._pool.acquire())
                    await held.enter_async_context(connection.transaction())
                    await connection.execute(statement("take_turn"), self._lock_class, name)
                yield
