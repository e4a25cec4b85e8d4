"""Proving the rows of the accounts that changed since a position, from the whole history of those accounts.

What this does not see: a row of another account that was tampered with. That takes the full comparison in
`verify`. Rows of a read model depend on one account's events only, so an account's history is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstore.database import reachable
from eventstore.subscription import Body
from eventstore.verify_rows import WHOLE_TABLE_TIMEOUT_S, changed_streams
from projections.errors import NotComparable, lies_in_the_data
from projections.projection import apply
from projections.refold import REFOLD_EVENTS_MAX
from projections.statements import statement
from projections.verify import (
    TEMPORARY,
    as_finding,
    checkpoint_of,
    compare_tables,
    lock_tables,
)
from service.domain.streams import client_or_nobody

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from eventstore.findings import Finding
    from eventstore.subscription import Connection
    from projections.fact import Decoder
    from projections.projection import Projection


async def changed_differences(
    pool: asyncpg.Pool, projection: Projection, decoder: Decoder, lane: int, after: int
) -> list[Finding]:
    """As `verify.differences`, of the accounts that were written to after a position.

    Raises Unavailable, NotComparable, and InsufficientPrivilegeError.
    """
    with reachable():
        async with pool.acquire() as connection:
            try:
                await connection.execute(projection.sql("tables", TEMPORARY))
                async with connection.transaction(isolation="repeatable_read"):
                    return await _compare(pool, connection, projection, decoder, lane, after)
            except NotComparable:
                raise
            except Exception as problem:
                if not lies_in_the_data(problem):
                    raise
                return [as_finding(problem, projection.name)]
            finally:
                if not connection.is_closed():
                    await connection.execute("discard temp")


async def _compare(
    pool: asyncpg.Pool,
    connection: Connection,
    projection: Projection,
    decoder: Decoder,
    lane: int,
    after: int,
) -> list[Finding]:
    await lock_tables(connection, projection)
    position = await checkpoint_of(connection, projection, lane)
    await connection.execute("set local statement_timeout = 0")
    streams = await changed_streams(connection, lane, after, position)
    clients = sorted({client for stream in streams if (client := client_or_nobody(stream)) is not None})
    await _fold(connection, projection, decoder, lane, streams, position)
    return await compare_tables(pool, connection, projection, lane, position, clients)


async def _fold(
    connection: Connection,
    projection: Projection,
    decoder: Decoder,
    lane: int,
    streams: Sequence[str],
    position: int,
) -> None:
    arguments = (lane, streams, position, list(projection.event_types))
    cursor = await connection.cursor(statement("changed_events"), *arguments, timeout=WHOLE_TABLE_TIMEOUT_S)
    while rows := await cursor.fetch(REFOLD_EVENTS_MAX, timeout=WHOLE_TABLE_TIMEOUT_S):
        facts = await decoder([Body(*row) for row in rows])
        await apply(connection, projection, TEMPORARY, lane, facts)
