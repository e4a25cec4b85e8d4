"""A second database into which a lane is copied: claimed while it is empty, loaded at once, then released.

From `claim` to `finish` a mark stands in the database that makes every other use of it refuse (see
`eventstore.migrate`); whatever interrupts a copy leaves the mark behind. The log itself is loaded in one
transaction, so there is never a part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from eventstore.copying.rows import COLUMNS, Chunk, Cut
from eventstore.database import connect, reachable
from eventstore.migrate import MARK, UNFINISHED, migrate
from eventstore.records import Corrupt, StoreError
from eventstore.statements import statement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from eventstore.copying.chain_walk import ChainWalk
    from eventstore.copying.rows import BlockEnd, Row


class TargetRefused(StoreError):
    """Nothing may be copied into this database; it was left as it is."""


async def claim(dsn: str, source_lock: int | None) -> None:
    """Mark an empty database as the target of a copy. Raises TargetRefused.

    `source_lock` is an advisory lock that the source's session holds: the target must not see it.
    """
    connection = await connect(dsn, as_service=False)
    try:
        with reachable():
            if source_lock is not None and await connection.fetchval(statement("has_lock"), source_lock):
                raise TargetRefused("this is the database that is to be copied: name another one")
            if await connection.fetchval(f"select to_regclass('{MARK}') is not null"):
                raise TargetRefused(UNFINISHED)
            if not await connection.fetchval(statement("is_empty")):
                raise TargetRefused("the database is not empty: name one in which there is nothing yet")
            try:
                await connection.execute(f"create table {MARK} (since timestamptz not null default now())")
            except (asyncpg.DuplicateTableError, asyncpg.UniqueViolationError):
                raise TargetRefused(UNFINISHED) from None
    finally:
        await connection.close()


async def load(
    dsn: str,
    chunks: AsyncIterator[Chunk],
    walk: ChainWalk,
    end: BlockEnd,
    *,
    lane: int,
    partition_positions: int,
    partitions_ahead: int,
    progress: Callable[[int], None],
) -> None:
    """Make the schema, and copy the lane up to `end` into it, all or nothing.

    `progress` is told the position it came to. Raises Corrupt where the chain or a row does not hold.
    """
    await migrate(
        dsn,
        lane=lane,
        partition_positions=partition_positions,
        partitions_ahead=partitions_ahead,
        is_copying=True,
    )
    connection = await connect(dsn, as_service=False)
    try:
        with reachable():
            async with connection.transaction():
                await connection.execute(statement("set_head"), lane, end.position, end.hash, end.recorded_at)
                await connection.execute(
                    "select es.ensure_partitions_v1($1, $2)", partition_positions, partitions_ahead
                )
                cut = Cut(1, end.position)
                async for chunk in chunks:
                    walk.take(chunk)
                    for part in cut.keep(chunk):
                        await _copy(connection, lane, part)
                    progress(walk.position)
                walk.end_at(end.position, end.hash)
                await connection.execute(statement("rebuild_streams"), lane)
                await connection.execute(statement("prune_subject_keys"), lane, end.recorded_at)
            await connection.execute("analyze")
    finally:
        await connection.close()


async def finish(dsn: str) -> None:
    """The copy is complete: the database is a ledger as any other from now on."""
    connection = await connect(dsn, as_service=False)
    try:
        with reachable():
            await connection.execute("analyze")
            await connection.execute(f"drop table {MARK}")
    finally:
        await connection.close()


async def _copy(connection: asyncpg.Connection, lane: int, chunk: Chunk) -> None:
    if not chunk.rows:
        return
    try:
        await connection.copy_records_to_table(
            chunk.kind.value,
            schema_name="es",
            columns=("lane", *COLUMNS[chunk.kind]),
            records=_with_lane(lane, chunk),
        )
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        raise Corrupt(f"a row of {chunk.kind.value} cannot be: {type(error).__name__}") from error


def _with_lane(lane: int, chunk: Chunk) -> list[Row]:
    return [(lane, *row) for row in chunk.rows]
