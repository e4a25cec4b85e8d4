"""The complete check of a ledger, put together: the log, what is beside it, every read model, and the money.

Each check lives where what it checks lives (`eventstore.verify*`, `projections.verify*`); here is which are
run, from where on each of them goes, and what is kept of it. Opening the ledger, and telling it of the
result, is the caller's.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

import asyncpg

from eventstore import verification
from eventstore.findings import Finding
from eventstore.postgres import PostgresStore
from eventstore.records import Corrupt
from eventstore.statements import statement
from eventstore.verification import Mark
from eventstore.verify_beside import check_numbers, check_subject_keys
from eventstore.verify_guards import check_guards
from eventstore.verify_names import check_names
from eventstore.verify_rows import changed_streams, check_receipts, check_streams
from projections.errors import NotComparable, describe, lies_in_the_data
from projections.registry import PROJECTIONS
from projections.verify import differences_of
from projections.verify_changed import changed_differences
from projections.verify_money import check_double_entry, check_sums
from service.audit.report import Ask, Part, Report, State
from service.audit.verified_chain import ChainAndTree
from service.domain.streams import client_or_nobody
from service.handling.ledger import NAME_KEY
from service.handling.names import NameTeller
from service.handling.numbers import ERASING, NUMBERED, SEALING
from service.handling.snapshots import check_snapshots
from service.handling.translation import Translator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from eventstore.note import TreeHead
    from eventstore.subscription import Connection
    from projections.projection import Projection

CHAIN, TREE, STREAMS, RECEIPTS, NAMES = "chain", "tree", "streams", "receipts", "names"
GUARDS, NUMBERS, SUBJECT_KEYS, SNAPSHOTS = "guards", "numbers", "personal keys", "snapshots"
DOUBLE_ENTRY, BALANCES = "double entry", "credit sums"
LOG_PARTS = (CHAIN, TREE, GUARDS, STREAMS, RECEIPTS, NAMES, NUMBERS, SUBJECT_KEYS, SNAPSHOTS)
PARTS = (*LOG_PARTS, *(projection.name for projection in PROJECTIONS), DOUBLE_ENTRY, BALANCES)
CONNECTIONS_MAX = len(PROJECTIONS) + 4
"""One for each read model that is folded, and for reading meanwhile."""
_PAUSE_MAX_S = 1.0
_LARGE_SHARE = 2
"""Accounts with so large a part of the log, one half, are not worth being looked up one by one."""


async def verify(
    pool: asyncpg.Pool,
    lane: int,
    ask: Ask,
    progress: Callable[[str, int, int], None] = lambda _part, _done, _all: None,
) -> Report:
    """Check a lane as asked. The pool has CONNECTIONS_MAX connections. Raises Unavailable."""
    check = _Check(pool, lane, ask, progress)
    await check.prepare()
    await check.run()
    await check.finish()
    return check.report


class _Check:
    def __init__(
        self, pool: asyncpg.Pool, lane: int, ask: Ask, progress: Callable[[str, int, int], None]
    ) -> None:
        self.report = Report(lane=lane, is_incremental=ask.is_incremental)
        self._pool = pool
        self._lane = lane
        self._ask = ask
        self._progress = progress
        self._store = PostgresStore(pool, lane=lane)
        self._translator = Translator(self._store)
        self._may_keep = False
        self._from: dict[str, Mark] = {}
        """How far each part was checked before, where it was."""
        self._end = Mark()
        """Where the log ended at the beginning."""
        self._pause_from = time.monotonic()
        self._heads: list[TreeHead] = []

    async def prepare(self) -> None:
        """Learn where to begin."""
        async with self._pool.acquire() as connection:
            self._may_keep = await verification.may_keep(connection)
            row = await connection.fetchrow(statement("read_head"), self._lane)
            self._end = Mark(row["head_position"], row["head_hash"]) if row else Mark()
            if self._ask.is_incremental:
                last = (await verification.last_checks(connection, self._lane)).get(verification.VERIFIED)
                mark = last.mark if last else Mark()
                self._from = dict.fromkeys(PARTS, mark)
                self.report.after = mark.position
            elif self._ask.resume:
                self._from = await verification.parts_done(connection, self._lane)
            elif self._may_keep:
                await verification.forget_parts(connection, self._lane)
        self._compare_with()

    def _compare_with(self) -> None:
        """What is known from elsewhere may lie anywhere in the log: then the chain is walked from there."""
        ask, after = self._ask, self._after(CHAIN)
        self._heads = [*ask.tree_heads]
        # What was verified before was compared with what was signed then.
        if ask.kept is not None and not (ask.is_incremental and ask.kept.size <= after):
            self._heads.append(ask.kept)
            self.report.kept_compared = ask.kept.size
        self.report.heads_compared = len(ask.tree_heads) + len(ask.expected)
        if any(position <= after for position in (*ask.expected, *(head.size for head in self._heads))):
            self._from.pop(CHAIN, None)

    async def run(self) -> None:
        """Every part, those that do not need one another at a time."""
        rows = [
            self._part(GUARDS, self._guards),
            self._part(STREAMS, self._streams),
            self._part(RECEIPTS, self._receipts),
            self._part(NUMBERS, self._numbers),
            self._part(SUBJECT_KEYS, self._subject_keys),
        ]
        if self._ask.is_gentle:
            await self._chain()
            for row in rows:
                await row
        else:
            await asyncio.gather(self._chain(), _in_turn(rows))
        await self._part(NAMES, self._names)
        await self._part(SNAPSHOTS, self._snapshots)
        await self._read_models()
        await self._part(DOUBLE_ENTRY, self._double_entry)
        await self._part(BALANCES, self._sums)
        self.report.parts.sort(key=lambda part: PARTS.index(part.name))

    async def finish(self) -> None:
        """Keep what was found, for the next check and for the operator."""
        if not self._may_keep or self.report.unchecked:
            return
        scope = verification.INCREMENTAL if self._ask.is_incremental else verification.FULL
        problems = self.report.problems
        first = problems[0] if problems else ""
        mark = Mark(self.report.position, self.report.head_hash, self._from.get(TREE, Mark()).tree)
        async with self._pool.acquire() as connection:
            await verification.keep_check(connection, self._lane, scope, mark, len(problems), first)
            if not self._ask.is_incremental:
                await verification.forget_parts(connection, self._lane)
        self.report.is_kept = True

    async def _chain(self) -> None:
        part, tree = Part(name=CHAIN, after=self._after(CHAIN)), Part(name=TREE, after=self._after(CHAIN))
        began = time.monotonic()
        check = ChainAndTree(self._pool, self._lane, self._ask, self._from.get(CHAIN, Mark()), self._heads)
        try:
            report = await check.run(
                lambda done, all_: self._progress(CHAIN, done, all_), self._chain_reached
            )
        except asyncpg.InsufficientPrivilegeError as problem:
            part.state = tree.state = State.UNCHECKED
            part.note = tree.note = str(problem)
        except Exception as problem:
            if not lies_in_the_data(problem):
                raise
            part.findings.append(Finding(f"it cannot be checked: {describe(problem)}"))
            tree.state, tree.note = State.UNCHECKED, "the chain cannot be checked, and the tree stands on it"
        else:
            self.report.position, self.report.head_hash = report.position, report.head_hash
            part.findings += [report.problem] if report.problem else []
            tree.findings += check.findings
            tree.note, self.report.root = check.note, check.root
            if report.problem:
                tree.state = State.UNCHECKED
                tree.note = "the chain does not hold, and the tree stands on it"
            self._from[TREE] = Mark(report.position, report.head_hash, check.state)
        part.seconds = time.monotonic() - began
        for each in (part, tree):
            await self._done(each, self._from.get(TREE, Mark()) if not part.findings else Mark())

    async def _chain_reached(self, mark: Mark, *, is_worth_keeping: bool) -> None:
        if is_worth_keeping:
            await self._keep(CHAIN, mark)
        await self._pause()

    async def _guards(self, part: Part) -> list[Finding]:
        part.after = 0
        async with self._pool.acquire() as connection:
            return await check_guards(connection)

    async def _streams(self, part: Part) -> list[Finding]:
        async with self._pool.acquire() as connection:
            return await check_streams(connection, self._lane, await self._changed_since(connection, part))

    async def _changed_since(self, connection: Connection, part: Part) -> list[str] | None:
        """The streams that a part is to look at, None for all."""
        if not part.after:
            return None
        return await changed_streams(connection, self._lane, part.after, self._end.position)

    async def _numbers(self, part: Part) -> list[Finding]:
        async with self._pool.acquire() as connection:
            return await check_numbers(connection, self._lane, NUMBERED, part.after)

    async def _subject_keys(self, part: Part) -> list[Finding]:
        async with self._pool.acquire() as connection:
            streams = await self._changed_since(connection, part)
            found, part.note = await check_subject_keys(connection, self._lane, SEALING, ERASING, streams)
            return found

    async def _snapshots(self, part: Part) -> list[Finding]:
        async with self._pool.acquire() as connection:
            streams = await self._changed_since(connection, part)
            return await check_snapshots(connection, self._store, self._translator, streams, self._pause)

    async def _receipts(self, part: Part) -> list[Finding]:
        async with self._pool.acquire() as connection:
            return await check_receipts(connection, self._lane, part.after)

    async def _names(self, part: Part) -> list[Finding]:
        teller = NameTeller(self._translator, await self._store.secret(NAME_KEY))
        async with self._pool.acquire() as connection:
            return await check_names(
                connection,
                self._lane,
                teller,
                part.after,
                lambda done, all_: self._progress(NAMES, done, all_),
            )

    async def _read_models(self) -> None:
        """All that are to be compared whole share one reading of the log."""
        whole: list[Projection] = []
        changed: list[Projection] = []
        for projection in PROJECTIONS:
            after = self._after(projection.name)
            is_small = after and not await self._is_large(after)
            (changed if is_small else whole).append(projection)
        groups = [[each] for each in whole] if self._ask.is_gentle else [whole] if whole else []
        for group in groups:
            await self._compare_whole(group)
        for projection in changed:
            await self._part(projection.name, partial(self._changed, projection))

    async def _is_large(self, after: int) -> bool:
        """Whether the accounts that changed hold so much of the log that it is read whole instead."""
        async with self._pool.acquire() as connection:
            streams = await changed_streams(connection, self._lane, after, self._end.position)
            events = await connection.fetchval(statement("stream_lengths"), self._lane, streams)
        return bool(events * _LARGE_SHARE > self._end.position)

    async def _compare_whole(self, projections: Sequence[Projection]) -> None:
        began = time.monotonic()
        parts = {projection.name: Part(name=projection.name) for projection in projections}
        label = projections[0].name if len(projections) == 1 else "read models"
        try:
            found = await differences_of(
                self._pool,
                projections,
                self._translator.decode,
                self._lane,
                progress=lambda done, all_: self._progress(label, done, all_),
                pause=self._pause,
            )
        except asyncpg.InsufficientPrivilegeError as problem:
            for part in parts.values():
                part.state, part.note = State.UNCHECKED, str(problem)
        else:
            for name, differences in found.items():
                if isinstance(differences, NotComparable):
                    parts[name].state, parts[name].note = State.UNCHECKED, str(differences)
                else:
                    parts[name].findings += differences
        for part in parts.values():
            part.seconds = (time.monotonic() - began) / len(parts)
            await self._done(part, self._end)

    async def _changed(self, projection: Projection, part: Part) -> list[Finding]:
        return await changed_differences(
            self._pool, projection, self._translator.decode, self._lane, part.after
        )

    async def _double_entry(self, part: Part) -> list[Finding]:
        async with self._pool.acquire() as connection:
            return await check_double_entry(connection, self._lane, part.after)

    async def _sums(self, part: Part) -> list[Finding]:
        async with self._pool.acquire() as connection:
            clients = None
            if part.after:
                streams = await changed_streams(connection, self._lane, part.after, self._end.position)
                clients = [each for stream in streams if (each := client_or_nobody(stream))]
            return await check_sums(connection, self._lane, clients)

    async def _part(self, name: str, work: Callable[[Part], Awaitable[list[Finding]]]) -> None:
        part = Part(name=name, after=self._after(name))
        began = time.monotonic()
        self._progress(name, 0, 1)
        try:
            part.findings += await work(part)
        except (asyncpg.InsufficientPrivilegeError, NotComparable) as problem:
            part.state, part.note = State.UNCHECKED, str(problem)
        except Exception as problem:
            if not lies_in_the_data(problem):
                raise
            what = str(problem) if isinstance(problem, Corrupt) else describe(problem)
            part.findings.append(Finding(f"it cannot be checked: {what}"))
        part.seconds = time.monotonic() - began
        self._progress(name, 1, 1)
        await self._done(part, self._end)
        await self._pause()

    async def _done(self, part: Part, mark: Mark) -> None:
        if part.findings:
            part.state = State.WRONG
        self.report.parts.append(part)
        if part.state is State.HOLDS and part.name != TREE:  # the tree's state is kept with the chain's
            await self._keep(part.name, mark)

    async def _keep(self, name: str, mark: Mark) -> None:
        if not self._may_keep or self._ask.is_incremental:
            return
        async with self._pool.acquire() as connection:
            await verification.keep_part(connection, self._lane, name, mark)

    def _after(self, name: str) -> int:
        return self._from.get(name, Mark()).position

    async def _pause(self) -> None:
        """Gently: as long as was worked, so that it takes half of a core at most."""
        if self._ask.is_gentle:
            worked_s = time.monotonic() - self._pause_from
            await asyncio.sleep(min(worked_s, _PAUSE_MAX_S))
        self._pause_from = time.monotonic()


async def _in_turn(works: Sequence[Awaitable[None]]) -> None:
    for work in works:
        await work
