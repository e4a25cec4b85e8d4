"""Proving read models: the log is folded again, beside them, and every row is compared both ways.

Generic over projections, so there is none without a verifier. The log is read and decoded once for as many of
them as are given; each has tables of its own, temporary ones, in a session of its own. What only changed
accounts are to be compared in is in `verify_changed`, what must hold between read models in `verify_money`.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson

from eventstore.database import reachable
from eventstore.findings import FINDINGS_MAX, Finding
from eventstore.records import POSITION_MAX, Corrupt
from eventstore.statements import statement as log_statement
from eventstore.subscription import read_checkpoints
from eventstore.verify_rows import WHOLE_TABLE_TIMEOUT_S
from projections.errors import NotComparable, describe, lies_in_the_data
from projections.projection import CannotApply, apply
from projections.refold import Refold, read_facts
from projections.statements import statement
from service.domain.events.clients import ERASING
from service.domain.streams import client_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence

    from eventstore.subscription import Connection
    from projections.fact import Decoder, Fact
    from projections.projection import Projection

    Found = Mapping[str, list[Finding] | NotComparable]
    """What is wrong by projection, or why nobody can tell; an empty list means that every row is proven."""

TEMPORARY = "pg_temp"


class NotPrepared(Exception):
    """The projection has no checkpoint in this lane."""


async def differences(
    pool: asyncpg.Pool, projection: Projection, decoder: Decoder, lane: int
) -> list[Finding]:
    """As `differences_of`, of one projection.

    Raises what that finds: NotPrepared, NotComparable, Corrupt, CannotApply.
    """
    with reachable():
        async with _beside(pool, projection, decoder, lane) as beside:
            return await beside.compare()


async def differences_of(
    pool: asyncpg.Pool,
    projections: Sequence[Projection],
    decoder: Decoder,
    lane: int,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    pause: Callable[[], Awaitable[None]] | None = None,
) -> Found:
    """How the live rows differ from what the log says at the live checkpoints; FINDINGS_MAX per table.

    Texts may be personal, so only numbers are quoted. The log is folded in short transactions; only the last
    stretch and the comparison see one snapshot. `pause` is awaited after every batch. The pool needs two
    connections more than there are projections. Raises Unavailable, and InsufficientPrivilegeError.
    """
    with reachable():
        async with AsyncExitStack() as stack:
            pass_ = _Pass(pool, decoder, lane, progress, pause)
            for projection in projections:
                beside = await stack.enter_async_context(_beside(pool, projection, decoder, lane))
                await pass_.add(beside)
            await pass_.run()
            return await pass_.compare()


class _Pass:
    """One reading of the log for several projections."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        decoder: Decoder,
        lane: int,
        progress: Callable[[int, int], None],
        pause: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self._pool = pool
        self._decoder = decoder
        self._lane = lane
        self._progress = progress
        self._pause = pause
        self._members: list[Beside] = []
        self._found: dict[str, list[Finding] | NotComparable] = {}
        self._end = 0

    async def add(self, member: Beside) -> None:
        """Take a projection along, unless it cannot be compared at all."""
        try:
            position = await member.checkpoint()
        except NotPrepared as problem:
            self._found[member.projection.name] = [Finding(str(problem))]
            return
        self._end = max(self._end, position)
        member.end = position
        self._members.append(member)

    async def run(self) -> None:
        """Fold each up to where it stands, reading ahead while PostgreSQL writes."""
        position, types = 0, frozenset[str]().union(*(each.projection.event_types for each in self._members))
        coming = asyncio.create_task(self._read(position, types))
        try:
            while position < self._end:
                facts, position = await coming
                coming = asyncio.create_task(self._read(position, types))
                await asyncio.gather(
                    *(self._apply(member, facts, position) for member in list(self._members))
                )
                self._progress(position, self._end)
                if self._pause is not None:
                    await self._pause()
        except Exception as problem:
            if not lies_in_the_data(problem):
                raise
            for member in list(self._members):
                self._drop(member, problem)
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def compare(self) -> Found:
        """Every projection on its own: their checkpoints may differ."""
        for member in list(self._members):
            name = member.projection.name
            try:
                self._found[name] = await member.compare()
            except NotComparable as problem:
                self._found[name] = problem
            except Exception as problem:
                if not lies_in_the_data(problem):
                    raise
                self._found[name] = [as_finding(problem, name)]
        return self._found

    async def _apply(self, member: Beside, facts: Sequence[Fact], position: int) -> None:
        try:
            await member.apply(facts, position)
        except Exception as problem:
            if not lies_in_the_data(problem):
                raise
            self._drop(member, problem)

    def _drop(self, member: Beside, problem: Exception) -> None:
        self._members.remove(member)
        self._found[member.projection.name] = [as_finding(problem, member.projection.name)]

    def _read(self, position: int, types: frozenset[str]) -> Coroutine[None, None, tuple[list[Fact], int]]:
        return read_facts(self._pool, self._lane, self._decoder, position, self._end, types)


class Beside:
    """One projection's temporary tables, beside the live ones."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        connection: Connection,
        projection: Projection,
        decoder: Decoder,
        lane: int,
    ) -> None:
        self.projection = projection
        self._connection = connection
        self._lane = lane
        self._refold = Refold(pool, projection, TEMPORARY, lane, decoder)
        self.end = 0
        """Where the live tables stood at the beginning."""

    async def checkpoint(self) -> int:
        """Where the live tables stand. Raises NotPrepared."""
        return await checkpoint_of(self._connection, self.projection, self._lane)

    async def apply(self, facts: Sequence[Fact], position: int) -> None:
        """Take the facts up to a position, as far as the live tables have them. Raises CannotApply."""
        if position > self.end:
            position, facts = self.end, [fact for fact in facts if fact.position <= self.end]
        if position <= self._refold.position:
            return
        async with self._connection.transaction():
            await self._connection.execute(statement("write_settings"))
            await apply(self._connection, self.projection, TEMPORARY, self._lane, facts)
        self._refold.position = position

    async def compare(self) -> list[Finding]:
        """Fold what is left, and compare every row. Raises NotComparable."""
        await self._refold.up_to(self._connection, await self.checkpoint())
        async with self._connection.transaction(isolation="repeatable_read"):
            await lock_tables(self._connection, self.projection)
            await self._refold.up_to(self._connection, await self.checkpoint())
            position = self._refold.position
            return await compare_tables(
                self._refold.pool, self._connection, self.projection, self._lane, position
            )


@asynccontextmanager
async def _beside(
    pool: asyncpg.Pool, projection: Projection, decoder: Decoder, lane: int
) -> AsyncIterator[Beside]:
    async with pool.acquire() as connection:
        try:
            await connection.execute(projection.sql("tables", TEMPORARY))
            yield Beside(pool, connection, projection, decoder, lane)
        finally:
            if not connection.is_closed():
                await connection.execute("discard temp")


def as_finding(problem: Exception, name: str) -> Finding:
    """What keeps a read model from being compared."""
    if isinstance(problem, (asyncpg.InvalidSchemaNameError, asyncpg.UndefinedTableError)):
        return Finding("its tables are missing; rebuild it", name)
    if isinstance(problem, (NotPrepared, Corrupt, CannotApply)):
        return Finding(str(problem), name)
    return Finding(f"what the log holds cannot be folded: {describe(problem)}", name)


async def checkpoint_of(connection: Connection, projection: Projection, lane: int) -> int:
    """Where the projection's live tables stand. Raises NotPrepared."""
    _, checkpoints = await read_checkpoints(connection, lane, [projection.subscription])
    if projection.subscription not in checkpoints:
        raise NotPrepared(f"{projection.name} has no checkpoint in lane {lane}")
    return checkpoints[projection.subscription].position


async def lock_tables(connection: Connection, projection: Projection) -> None:
    """Before the snapshot is taken, so that no rebuild can switch the tables under it."""
    for table in projection.tables:
        await connection.execute(f"lock table {projection.schema}.{table} in access share mode")


async def compare_tables(
    pool: asyncpg.Pool,
    connection: Connection,
    projection: Projection,
    lane: int,
    position: int,
    clients: Sequence[int] | None = None,
) -> list[Finding]:
    """How live tables at `position` differ from those in `pg_temp`, with `clients` only in their rows.

    Once somebody is erased the log cannot tell what a read model showed before, and one that has not come to
    that shows it still. Raises NotComparable where nothing else differs.
    """
    findings = await _compare_all(connection, projection, lane, clients)
    if findings and (untold := await _untold(pool, projection, lane, position)):
        findings = await _compare_all(connection, projection, lane, clients, untold)
        if not findings:
            raise NotComparable(
                f"it stands at position {position}, before somebody was erased, and shows what the log "
                "cannot tell any more; check again once a service runs"
            )
    return findings


async def _untold(pool: asyncpg.Pool, projection: Projection, lane: int, position: int) -> list[int]:
    """The clients erased since. Not asked in the snapshot of the comparison: keys are read outside of it."""
    if not any(event.SEALED for event in projection.handles - ERASING):
        return []
    types = [event.TYPE for event in ERASING]
    text = log_statement("read_types_between")
    rows = await pool.fetch(text, lane, position + 1, POSITION_MAX, types, timeout=WHOLE_TABLE_TIMEOUT_S)
    return [client_of(row["stream_id"]) for row in rows]


async def _compare_all(
    connection: Connection,
    projection: Projection,
    lane: int,
    clients: Sequence[int] | None,
    without: Sequence[int] = (),
) -> list[Finding]:
    return [
        finding
        for table in projection.tables
        for finding in await _compare_table(connection, projection, table, lane, clients, without)
    ]


async def _compare_table(
    connection: Connection,
    projection: Projection,
    table: str,
    lane: int,
    clients: Sequence[int] | None,
    without: Sequence[int],
) -> list[Finding]:
    key = projection.tables[table]
    text = statement("compare").replace("{schema}", projection.schema)
    text = text.replace("{table}", table).replace("{key}", ", ".join(key))
    narrowed = "" if clients is None else f"and {projection.belonging(table)}"
    arguments = [] if clients is None else [list(clients)]
    left_out = ""
    if without:
        arguments.append(list(without))
        left_out = (
            f"and coalesce(live.client_id, refolded.client_id) <> all (${len(arguments) + 2}::bigint[])"
        )
    text = text.replace("{left_out}", left_out)
    await connection.execute(
        "set local enable_seqscan = on; set local statement_timeout = 0; set local work_mem = '64MB'"
    )
    rows = await connection.fetch(
        text.replace("{narrowed}", narrowed), lane, FINDINGS_MAX, *arguments, timeout=WHOLE_TABLE_TIMEOUT_S
    )
    return [_difference(f"{projection.name}.{table}", key, *map(_row, row)) for row in rows]


def _row(text: str | None) -> dict[str, Any] | None:
    return None if text is None else orjson.loads(text)


def _difference(
    table: str, key: tuple[str, ...], live: dict[str, Any] | None, log: dict[str, Any] | None
) -> Finding:
    row = live or log or {}
    place = ", ".join(f"{name}={row[name]}" for name in key)
    if live is None or log is None:
        return Finding("is missing" if live is None else "is not in the log", table, place)
    changed = tuple(name for name in live if live[name] != log[name])
    text = ", ".join(_values(name, live[name], log[name]) for name in changed)
    return Finding(text, table, place, columns=changed)


def _values(name: str, live: object, log: object) -> str:
    if isinstance(live, int) and isinstance(log, int):
        return f"{name} is {live}, from the log {log}"
    return f"{name} differs"
