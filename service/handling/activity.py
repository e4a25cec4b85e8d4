"""The activity log: what was logged by request, every other event, and what was refused, in order of time.

No read model: an event tells what happened, its metadata who did it, and its position is its number. Refusals
come from their record beside the log; their numbers are negative. Personal data stays sealed.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from eventstore import canonical
from eventstore.refusals import Wanted
from projections.views import Page
from service.domain.streams import account_stream, client_of, is_account
from service.domain.values import value
from service.handling.deciders import ACCESS_STREAM, activity_stream
from service.handling.execution import Order, Taken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from eventstore.records import RecordedEvent
    from eventstore.refusals import PastRefusal
    from eventstore.store import EventStore
    from service.domain.activity import LogActivity
    from service.domain.events import Event
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions
    from service.handling.translation import Translator

SEARCH_MAX = 20_000
"""Events, and refusals, looked through for a text: they are read for it one by one."""
PAGE_EVENTS = 1000
NO_SNAPSHOT = -1
"""A fold that no snapshot is of."""


class TooMuchToSearch(Exception):
    """More than SEARCH_MAX entries would have to be looked through."""


@value(kw_only=True)
class Entry:
    """An event or a refusal as an entry of the activity log. `client_id` is 0 for what is of no account."""

    position: int
    """Of a refusal its number, negative: positions never are, and whoever keeps the highest one seen, to ask
    for what is new, is not misled."""
    date: str
    """`YYYY-MM-DD HH:MM:SS` in the ledger's time zone."""
    client_id: int
    admin_id: int
    user: str
    """The admin's name, or else who it was by other names."""
    address: str
    event: Event | PastRefusal
    """Sealed fields are None."""


_Timed = tuple["datetime", Entry]


class Activity:
    """See `service.whmcs.system_ports.Activity`."""

    def __init__(
        self,
        store: EventStore,
        sessions: Sessions,
        executor: Executor,
        translator: Translator,
        clock: Callable[[], str],
        timezone: str,
        refusals: PastRefusals,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._executor = executor
        self._translator = translator
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._refusals = refusals

    async def log(self, client_id: int, command: LogActivity, call: Call) -> Done | Refusal:
        """Keep a text of a client, or with 0 of the ledger as such."""
        stream = account_stream(client_id) if client_id else activity_stream(self._clock()[:10])
        answer = await self._executor.execute(Order(stream=stream, command=command, numbers={}), call)
        if isinstance(answer, Taken):
            raise AssertionError("what is logged claims no names")
        return answer

    async def page(
        self,
        *,
        client_id: int,
        day: str | None,
        matches: Callable[[Entry], bool] | None,
        start: int,
        limit: int,
    ) -> Page[Entry]:
        """Entries, the newest first, of a client (0: all), of a day, and that match.

        Raises TooMuchToSearch if `matches` would have to look at too many.
        """
        source = await self._source(client_id)
        first, last = 1, source.total
        if day is not None:
            first = await self._first_from(source, day)
            last = await self._first_from(source, f"{day}~") - 1  # "~" is after every time of the day
        names = await self._names()
        span = _Span(source, first, last)
        wanted = self._wanted(client_id, day)
        refused = await self._refusals.count(wanted)
        if matches is None:
            skipped = await self._refused_among(span, wanted, refused, start)
            happened = [each async for each in self._entries(span, start - skipped, limit, names)]
            told = self._refused(await self._refusals.read(wanted, skipped, limit) if refused else [], names)
            rows = islice(merge(told, happened, key=_time, reverse=True), limit)
            return Page(tuple(entry for _, entry in rows), span.size + refused, start)
        if span.size > SEARCH_MAX or refused > SEARCH_MAX:
            raise TooMuchToSearch
        happened = [each async for each in self._entries(span, 0, span.size, names) if matches(each[1])]
        told = []
        for begin in range(0, refused, PAGE_EVENTS):
            page = self._refused(await self._refusals.read(wanted, begin, PAGE_EVENTS), names)
            told += [each for each in page if matches(each[1])]
        rows = islice(merge(told, happened, key=_time, reverse=True), start, start + limit)
        return Page(tuple(entry for _, entry in rows), len(happened) + len(told), start)

    async def _source(self, client_id: int) -> Source:
        if client_id:
            return await OfClient.open(self._store, self._sessions, client_id)
        return await OfLedger.open(self._store)

    async def _names(self) -> dict[int, str]:
        """The admins' names by number."""
        state = (await self._sessions.load(ACCESS_STREAM)).state
        return {number: admin.name for number, admin in state.admins.items()}

    async def _entries(
        self, span: _Span, skip: int, limit: int, names: dict[int, str]
    ) -> AsyncIterator[_Timed]:
        """The last one first, without the last `skip`."""
        last = span.last - skip
        first = max(span.first, last - limit + 1)
        while last >= first:
            begin = max(first, last - PAGE_EVENTS + 1)
            for record in reversed(await span.source.read(begin, last)):
                yield record.recorded_at, self._entry(record, names)
            last = begin - 1

    async def _refused_among(self, span: _Span, wanted: Wanted, refused: int, start: int) -> int:
        """How many of the newest `start` entries are refusals: a search in two sorted lists at once."""
        low, high = max(0, start - span.size), min(start, refused)
        times = await self._refusals.read_times(wanted, high) if low < high else []
        while low < high:
            middle = (low + high) // 2
            number = span.last - (start - middle - 1)
            (record,) = await span.source.read(number, number)
            if middle < len(times) and times[middle] >= record.recorded_at:
                low = middle + 1
            else:
                high = middle
        return low

    def _wanted(self, client_id: int, day: str | None) -> Wanted:
        wanted = Wanted(stream=account_stream(client_id) if client_id else None)
        if day is None:
            return wanted
        begin = date.fromisoformat(day)
        since = datetime.combine(begin, time.min, self._zone)
        if begin == date.max:
            return wanted._replace(since=since)
        return wanted._replace(
            since=since, until=datetime.combine(begin + timedelta(days=1), time.min, self._zone)
        )

    def _refused(self, past: list[PastRefusal], names: dict[int, str]) -> list[_Timed]:
        return [
            (
                each.last_at,
                Entry(
                    position=-each.refusal_id,
                    date=self._local(each.last_at),
                    client_id=client_of(each.stream) if is_account(each.stream) else 0,
                    admin_id=each.admin_id,
                    user=names.get(each.admin_id) or each.credential.removeprefix("operator:"),
                    address=each.address,
                    event=each,
                ),
            )
            for each in past
        ]

    def _entry(self, record: RecordedEvent, names: dict[int, str]) -> Entry:
        about = canonical.loads(record.metadata)
        admin_id = about.get("admin_id", 0)
        return Entry(
            position=record.position,
            date=self._local(record.recorded_at),
            client_id=client_of(record.stream) if is_account(record.stream) else 0,
            admin_id=admin_id,
            user=names.get(admin_id) or about.get("credential", "").removeprefix("operator:"),
            address=about.get("address", ""),
            event=self._translator.decode_for_decision(record),
        )

    async def _first_from(self, source: Source, moment: str) -> int:
        """The first number whose time is not before `moment`: times never run backwards in the log."""
        low, high = 1, source.total + 1
        while low < high:
            middle = (low + high) // 2
            (record,) = await source.read(middle, middle)
            if self._local(record.recorded_at) < moment:
                low = middle + 1
            else:
                high = middle
        return low

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")


def _time(timed: _Timed) -> datetime:
    return timed[0]


class PastRefusals(Protocol):
    """The record of refusals."""

    async def count(self, wanted: Wanted) -> int:
        """How many rows there are, this process's newest included."""
        ...

    async def read(self, wanted: Wanted, start: int, limit: int) -> list[PastRefusal]:
        """The newest first, without the first `start`."""
        ...

    async def read_times(self, wanted: Wanted, limit: int) -> list[datetime]:
        """When the newest were."""
        ...


@value()
class _Span:
    """The numbers first..last of a source, none if last is before first."""

    source: Source
    first: int
    last: int

    @property
    def size(self) -> int:
        return max(0, self.last - self.first + 1)


class Source(Protocol):
    """Events numbered 1..total in the order of the log."""

    total: int

    async def read(self, first: int, last: int) -> Sequence[RecordedEvent]:
        """Those numbered first..last."""
        ...


class OfLedger:
    """Every event of the lane."""

    def __init__(self, store: EventStore, total: int) -> None:
        self._store = store
        self.total = total

    @classmethod
    async def open(cls, store: EventStore) -> OfLedger:
        """All that there are now."""
        return cls(store, (await store.head()).position)

    async def read(self, first: int, last: int) -> Sequence[RecordedEvent]:
        """Those numbered first..last."""
        return await self._store.read_range(first, last)


class OfClient:
    """The events of one account."""

    def __init__(self, store: EventStore, stream: str, total: int) -> None:
        self._store = store
        self._stream = stream
        self.total = total

    @classmethod
    async def open(cls, store: EventStore, sessions: Sessions, client_id: int) -> OfClient:
        """All that there are now."""
        stream = account_stream(client_id)
        return cls(store, stream, (await sessions.load(stream)).committed)

    async def read(self, first: int, last: int) -> Sequence[RecordedEvent]:
        """Those numbered first..last."""
        streams = {self._stream: first - 1}
        tails = await self._store.read_streams(streams, NO_SNAPSHOT, last - first + 1)
        return tails[self._stream].events
