"""A process's projection task as the service runs it, and what its read models hold."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from eventstore.database import connect
from eventstore.doorbell import Doorbell
from projections.registry import PROJECTIONS
from projections.runner import Runner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import asyncpg

    from eventstore.subscription import Connection
    from projections.fact import Decoder
    from projections.projection import Projection

NEVER = float("inf")
LANE = 0


@asynccontextmanager
async def projecting(
    pool: asyncpg.Pool, dsn: str, decoder: Decoder, *, listen: bool = True, **options: Any
) -> AsyncIterator[Runner]:
    """A runner with a doorbell of its own, both running."""
    doorbell = Doorbell(lambda: connect(dsn), LANE, listen=listen)
    runner = Runner(pool, doorbell, decoder, LANE, **options)
    tasks = [asyncio.create_task(doorbell.run()), asyncio.create_task(runner.run())]
    if listen:
        await doorbell.listening()
    try:
        yield runner
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def rows(
    connection: Connection, schema: str | None = None, projections: Sequence[Projection] = PROJECTIONS
) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the read models, ordered; `schema` None means the live ones."""
    return {
        f"{projection.name}.{table}": sorted(
            tuple(row)
            for row in await connection.fetch(f"select * from {schema or projection.schema}.{table}")
        )
        for projection in projections
        for table in projection.tables
    }


async def checkpoints(pool: asyncpg.Pool) -> dict[str, tuple[int, str, str | None]]:
    """Position, state and last error of every subscription."""
    found = await pool.fetch("select name, position, state, last_error from es.subscription")
    return {row["name"]: (row["position"], row["state"], row["last_error"]) for row in found}
