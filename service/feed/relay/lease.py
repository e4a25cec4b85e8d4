"""One relay per lane: whoever holds an advisory lock on a connection of its own.

The lock goes with the connection, so that another process takes over when one is killed. One that does not
know yet that it lost the lock does no harm: the broker refuses what it publishes (see `broker.Stream`).
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from eventstore.database import connect, reachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

LOCK_CLASS = 7304028
"""Of the advisory lock; its other half is the lane."""
ASK_AGAIN_S = 2.0
ANSWER_S = 10.0


@asynccontextmanager
async def lease(dsn: str, lane: int) -> AsyncIterator[asyncpg.Connection]:
    """Wait until nobody else relays the lane; the connection holds it. Raises Unavailable, TimeoutError."""
    connection = await connect(dsn)
    try:
        with reachable():
            # The stream itself says what is in it: a checkpoint lost in a crash costs a look, no event.
            await connection.execute("set synchronous_commit to off", timeout=ANSWER_S)
            while not await connection.fetchval(  # noqa: ASYNC110 -- another process lets go of it
                "select pg_try_advisory_lock($1, $2)", LOCK_CLASS, lane, timeout=ANSWER_S
            ):
                await asyncio.sleep(ASK_AGAIN_S * random.uniform(0.5, 1.0))  # noqa: S311 -- not a secret
        yield connection
    finally:
        connection.terminate()
