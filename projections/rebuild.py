"""Rebuilding a read model beside the live one, while writes and reads go on.

New tables are filled in `projection_NAME_next`; one transaction then catches up exactly, drops the live
tables, renames the new ones and sets the checkpoints. Heals a halted projection, and is how tables of an
older version are replaced. A crash leaves the live tables as they are.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import asyncpg
import structlog

from eventstore.database import reachable
from eventstore.statements import statement as log_statement
from projections.refold import Refold
from projections.registry import PROJECTIONS
from projections.schema import create, prepare, tables_in
from projections.statements import statement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from eventstore.subscription import Connection
    from projections.fact import Decoder
    from projections.projection import Projection

CATCH_UP_PASSES_MAX = 20
"""Each pass folds what was written during the one before; if writers are faster, the switch ends the race."""
SWITCH_EVENTS_MAX = 1_000
"""Fewer events than this are caught up with in the switch itself, while the projection stands still."""
SWITCH_ATTEMPTS_MAX = 300
SWITCH_PAUSE_S = 0.1
# Shorter than deadlock_timeout (1 s): when readers and the switch block each other, the switch steps back.
SWITCH_LOCK_TIMEOUT = "set local lock_timeout = '200ms'"
_LOCK_CLASS = 7304002
_BUILDING_RETRY_S = 0.5
_log = structlog.get_logger(__name__)


class RebuildError(Exception):
    """The rebuild was refused or could not be finished; the live read model is untouched."""


class RebuildRunning(RebuildError):
    """Somebody else is rebuilding this projection."""


async def rebuild(
    pool: asyncpg.Pool,
    projection: Projection,
    decoders: Mapping[int, Decoder],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Replace the live tables by ones built anew from the log of every lane that they hold.

    `decoders` has one decoder per lane (the keys that open personal data are a lane's own). `progress` is
    called with the events folded and the events there are. Raises RebuildError, CannotApply if the log
    holds an event that this code cannot apply, Unavailable.
    """
    with reachable():
        async with pool.acquire() as connection, _alone(connection, projection):
            await _Rebuild(pool, connection, projection, decoders, progress).run()


async def bring_up_to_date(
    pool: asyncpg.Pool,
    lane: int,
    decoders: Mapping[int, Decoder],
    projections: Sequence[Projection] = PROJECTIONS,
) -> None:
    """What a process does before it uses the read models: make missing ones, rebuild older ones.

    When another process is rebuilding already, waits for it.
    """
    while stale := await prepare(pool, lane, projections):
        for projection in stale:
            _log.info("projection_rebuild", projection=projection.name, version=projection.version)
            try:
                await rebuild(pool, projection, decoders)
            except RebuildRunning:
                await asyncio.sleep(_BUILDING_RETRY_S)


@asynccontextmanager
async def _alone(connection: Connection, projection: Projection) -> AsyncIterator[None]:
    arguments = (_LOCK_CLASS, projection.name)
    if not await connection.fetchval("select pg_try_advisory_lock($1, hashtext($2))", *arguments):
        raise RebuildRunning(f"{projection.name} is being rebuilt already")
    try:
        yield
    finally:
        with suppress(asyncpg.InterfaceError, asyncpg.PostgresConnectionError, OSError):
            await connection.execute("select pg_advisory_unlock($1, hashtext($2))", *arguments)


class _Rebuild:
    def __init__(
        self,
        pool: asyncpg.Pool,
        connection: Connection,
        projection: Projection,
        decoders: Mapping[int, Decoder],
        progress: Callable[[int, int], None],
    ) -> None:
        self._connection = connection
        self._projection = projection
        self._next = f"{projection.schema}_next"
        self._progress = progress
        self._ways = {
            lane: Refold(pool, projection, self._next, lane, decoder) for lane, decoder in decoders.items()
        }

    async def run(self) -> None:
        async with self._connection.transaction():
            await create(self._connection, self._projection, self._next)
        for _ in range(SWITCH_ATTEMPTS_MAX):
            await self._catch_up()
            if await self._switch():
                return
            await asyncio.sleep(SWITCH_PAUSE_S)
        raise RebuildError(
            f"{self._projection.name}: a long transaction holds on to its tables, nothing was switched"
        )

    async def _catch_up(self) -> None:
        """Fold until little is left, in transactions of their own."""
        for _ in range(CATCH_UP_PASSES_MAX):
            heads = await self._heads()
            if sum(heads[lane] - way.position for lane, way in self._ways.items()) < SWITCH_EVENTS_MAX:
                return
            await self._fold(heads)

    async def _fold(self, heads: Mapping[int, int]) -> None:
        for lane, way in self._ways.items():
            await way.up_to(self._connection, heads[lane])
            self._progress(sum(each.position for each in self._ways.values()), sum(heads.values()))

    async def _heads(self) -> dict[int, int]:
        heads = {}
        for lane in self._ways:
            heads[lane] = int(await self._connection.fetchval(log_statement("read_head"), lane) or 0)
        return heads

    async def _switch(self) -> bool:
        """Catch up exactly and put the new tables in place, all or nothing; False if a reader held on."""
        positions = {lane: way.position for lane, way in self._ways.items()}
        try:
            async with self._connection.transaction():
                await self._connection.execute(SWITCH_LOCK_TIMEOUT)
                await self._switch_locked()
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            for lane, position in positions.items():
                self._ways[lane].position = position
            return False
        return True

    async def _switch_locked(self) -> None:
        # The same order as everybody else: checkpoints first, then tables.
        checkpoints = await self._connection.fetch(statement("lock_versions"), f"{self._projection.name}.v")
        lanes = {row["lane"] for row in checkpoints}
        if not checkpoints or not lanes <= self._ways.keys():
            raise RebuildError(
                f"{self._projection.name} has checkpoints in lanes {sorted(lanes)}, "
                f"this rebuild was given {sorted(self._ways)}"
            )
        await self._fold(await self._heads())
        live = self._projection.schema
        # An older version may have had other tables than the one that takes over.
        tables = ", ".join(f"{live}.{table}" for table in await tables_in(self._connection, live))
        if tables:
            # Without this lock a reader could take rows from the old tables and the checkpoint of the new.
            await self._connection.execute(f"lock table {tables} in access exclusive mode")
        await self._connection.execute(f"drop schema if exists {live} cascade")
        await self._connection.execute(f"alter schema {self._next} rename to {live}")
        for row in checkpoints:
            await self._connection.execute(
                statement("switch_checkpoint"),
                row["lane"],
                row["name"],
                self._projection.subscription,
                self._ways[row["lane"]].position,
            )
