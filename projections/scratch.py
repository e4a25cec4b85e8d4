"""The past as rows: facts folded by the projections into temporary tables of one connection.

The tables are those of the read models, made once per connection and emptied by each commit, so an answer
about the past takes no lock, writes no WAL, leaves nothing behind, and meets nobody else. What is folded is
the account that is asked about; for what all accounts are needed for, there is a bound.
"""

from __future__ import annotations

import asyncio
import re
from functools import cache
from typing import TYPE_CHECKING

from eventstore.past import read_bodies_between, read_bodies_of, read_key, read_stream_sizes, streams_naming
from projections.effective import in_effect
from projections.projection import apply
from projections.registry import BY_NAME
from projections.statements import statement
from service.domain.events import AccountOpened
from service.domain.events.clients import AccountDeleted
from service.domain.streams import HOUSE_STREAM, is_account
from service.domain.values import value

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence

    import asyncpg

    from eventstore.past import Owner
    from eventstore.subscription import Body, Connection
    from projections.fact import Decoder, Fact
    from projections.projection import Projection

SLICE_EVENTS = 500
"""Decoded or projected in one go, about 5 ms of the event loop."""
BESIDE_EVENTS = 5000
"""More than these are put in order by a thread: it takes 20 ms."""
BATCH_EVENTS = 10_000
"""Looked at in one statement where the whole log is folded, about 5 MB if all are of use."""
STREAMS_MAX = 1000
"""Names of streams read in one statement."""

FOLDED = {
    name: BY_NAME[name]
    for name in (
        *("balances", "billables", "cancellations", "clients", "contacts", "credits", "invoices"),
        "transactions",
    )
}
"""The read models that the readers read; others have no tables here."""

_TEMPORARY = "pg_temp"
_LIVE = re.compile(r"\bprojection_\w+\.")
_TYPES = frozenset[str]().union(*(projection.event_types for projection in FOLDED.values()))


class TooMuchHistory(Exception):
    """More events would have to be folded than one answer may cost: its argument, at most."""


@value()
class Moment:
    """What is known: the events up to `position`; and of those only what is dated up to `until`.

    `until` is `YYYY-MM-DD HH:MM:SS` in the ledger's time zone, None for no matter which dates.
    """

    position: int
    until: str | None = None


async def make_tables(connection: asyncpg.Connection) -> None:
    """Empty tables of the read models: they last as the connection does, rows as a transaction."""
    async with connection.transaction():
        for projection in FOLDED.values():
            await connection.execute(projection.sql("tables", _TEMPORARY))
            for table in projection.tables:
                await connection.execute(f"alter table pg_temp.{table} rename to {table}_shape")
                await connection.execute(
                    f"create temporary table {table} (like pg_temp.{table}_shape including all) "
                    f"on commit delete rows; drop table pg_temp.{table}_shape"
                )


@cache
def of_the_past(text: str) -> str:
    """A statement about the live tables, about the temporary ones."""
    return _LIVE.sub(f"{_TEMPORARY}.", text)


class Scratch:
    """One moment of one lane, on a connection with `make_tables` whose transaction is open.

    Every method may raise TooMuchHistory, Corrupt, CannotApply, and what the driver raises.
    """

    def __init__(
        self, connection: Connection, lane: int, decoder: Decoder, moment: Moment, *, events_max: int
    ) -> None:
        self.connection = connection
        self.lane = lane
        self.moment = moment
        self._decoder = decoder
        self._events_max = events_max
        self._facts: dict[str, list[Fact]] = {}
        self._ordered: dict[tuple[str, bool], list[Fact]] = {}
        self._folded: set[tuple[str, str]] = set()
        self._whole: set[str] = set()

    async def prepare(self) -> None:
        """First of all."""
        await self.connection.execute(statement("write_settings"))

    async def exists(self, stream: str) -> bool:
        """Whether the account was open then: also if it was closed, but not if it was deleted."""
        facts = await self._in_effect(stream, of_invoices=False)
        return any(isinstance(fact.event, AccountOpened) for fact in facts) and not any(
            isinstance(fact.event, AccountDeleted) for fact in facts
        )

    async def owner(self, name: str) -> Owner | None:
        """Who holds a name now, and since when."""
        return await read_key(self.connection, self.lane, name)

    async def fold(self, streams: Iterable[str], names: Collection[str]) -> None:
        """Have the rows that these projections make of these streams."""
        for stream in streams:
            for name in names:
                if name not in self._whole and (stream, name) not in self._folded:
                    self._folded.add((stream, name))
                    facts = await self._in_effect(stream, of_invoices=name == "invoices")
                    await self._apply(FOLDED[name], facts)

    async def fold_naming(
        self, types: Collection[str], field: str, text: str, names: Collection[str]
    ) -> None:
        """Have the rows of the accounts in whose events of `types` a text stands in a field."""
        position = self.moment.position
        await self.fold(await streams_naming(self.connection, self.lane, position, types, field, text), names)

    async def fold_all(self, names: Collection[str]) -> None:
        """Have all rows of these projections."""
        missing = [name for name in names if name not in self._whole]
        types = frozenset[str]().union(*(FOLDED[name].event_types for name in missing))
        async for facts in self.everything(types):
            for name in missing:
                fresh = [fact for fact in facts if (fact.stream, name) not in self._folded]
                if self.moment.until is not None:
                    is_invoices = name == "invoices"
                    fresh = await _beside(_by_stream, fresh, self.moment.until, of_invoices=is_invoices)
                await self._apply(FOLDED[name], fresh)
        self._whole.update(missing)

    async def everything(self, types: Collection[str]) -> AsyncIterator[list[Fact]]:
        """The facts of these types of all accounts as recorded; where dates count, account by account."""
        count = 0
        facts = self._in_order(types) if self.moment.until is None else self._by_account(types)
        async for batch in facts:
            count += len(batch)
            if count > self._events_max:
                raise TooMuchHistory(self._events_max)
            yield batch

    async def everything_in_effect(self, types: Collection[str]) -> AsyncIterator[list[Fact]]:
        """As `everything`, each account's facts in their order of the moment."""
        async for facts in self.everything(types):
            until = self.moment.until
            yield facts if until is None else await _beside(_by_stream, facts, until, of_invoices=False)

    async def _in_order(self, types: Collection[str]) -> AsyncIterator[list[Fact]]:
        for after in range(0, self.moment.position, BATCH_EVENTS):
            last = min(after + BATCH_EVENTS, self.moment.position)
            yield await self._decode(
                await read_bodies_between(self.connection, self.lane, after, last, types)
            )

    async def _by_account(self, types: Collection[str]) -> AsyncIterator[list[Fact]]:
        after = ""
        while sizes := await read_stream_sizes(
            self.connection, self.lane, after, self.moment.position, STREAMS_MAX
        ):
            after = sizes[-1][0]
            streams: list[str] = []
            events = 0
            for stream, size in sizes:
                if not is_account(stream) and stream != HOUSE_STREAM:
                    continue
                if streams and events + size > BATCH_EVENTS:
                    yield await self._read(streams, types)
                    streams, events = [], 0
                streams.append(stream)
                events += size
            if streams:
                yield await self._read(streams, types)

    async def _in_effect(self, stream: str, *, of_invoices: bool) -> list[Fact]:
        facts = self._facts.get(stream)
        if facts is None:
            self._facts[stream] = facts = await self._read([stream], _TYPES)
        if self.moment.until is None:
            return facts
        ordered = self._ordered.get((stream, of_invoices))
        if ordered is None:
            until = self.moment.until
            ordered = await _beside(in_effect, facts, until, of_invoices=of_invoices)
            self._ordered[stream, of_invoices] = ordered
        return ordered

    async def _read(self, streams: Sequence[str], types: Collection[str]) -> list[Fact]:
        """Streams that are short together, or one that may be long."""
        facts: list[Fact] = []
        version = 0
        while True:
            bodies, version = await read_bodies_of(
                self.connection, self.lane, streams, self.moment.position, types, BATCH_EVENTS, version
            )
            if len(facts) + len(bodies) > self._events_max:
                raise TooMuchHistory(self._events_max)
            facts += await self._decode(bodies)
            if len(bodies) < BATCH_EVENTS or len(streams) > 1:
                return facts

    async def _decode(self, bodies: Sequence[Body]) -> list[Fact]:
        facts: list[Fact] = []
        for start in range(0, len(bodies), SLICE_EVENTS):
            facts += await self._decoder(bodies[start : start + SLICE_EVENTS])
            await asyncio.sleep(0)  # whoever else has something to do
        return facts

    async def _apply(self, projection: Projection, facts: Sequence[Fact]) -> None:
        handled = [fact for fact in facts if type(fact.event) in projection.handles]
        for start in range(0, len(handled), SLICE_EVENTS):
            part = handled[start : start + SLICE_EVENTS]
            await apply(self.connection, projection, _TEMPORARY, self.lane, part)


async def _beside(
    order: Callable[..., list[Fact]], facts: list[Fact], until: str, *, of_invoices: bool
) -> list[Fact]:
    """`order` in a thread if it takes long, so that others are answered meanwhile."""
    if len(facts) <= BESIDE_EVENTS:
        return order(facts, until, of_invoices=of_invoices)
    return await asyncio.to_thread(order, facts, until, of_invoices=of_invoices)


def _by_stream(facts: Iterable[Fact], until: str, *, of_invoices: bool) -> list[Fact]:
    streams: dict[str, list[Fact]] = {}
    for fact in facts:
        streams.setdefault(fact.stream, []).append(fact)
    return [fact for one in streams.values() for fact in in_effect(one, until, of_invoices=of_invoices)]
