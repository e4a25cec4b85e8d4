"""The activity log: what was logged by request, and every other event, read from the log of events itself.

No read model: an event tells what happened, its metadata who did it, and its position is its number. Personal
data stays sealed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from eventstore import canonical
from projections.views import Page
from service.domain.values import value
from service.handling.deciders import (
    ACCESS_STREAM,
    account_stream,
    activity_stream,
    client_of,
    is_account,
)
from service.handling.execution import Order, Taken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from eventstore.records import RecordedEvent
    from eventstore.store import EventStore
    from service.domain.activity import LogActivity
    from service.domain.events import Event
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions
    from service.handling.translation import Translator

SEARCH_MAX = 20_000
"""Entries looked through for a text: they are read for it one by one."""
PAGE_EVENTS = 1000
NO_SNAPSHOT = -1
"""A fold that no snapshot is of."""


class TooMuchToSearch(Exception):
    """More than SEARCH_MAX entries would have to be looked through."""


@value(kw_only=True)
class Entry:
    """An event as an entry of the activity log. `client_id` is 0 for what is of no client's account."""

    position: int
    date: str
    """`YYYY-MM-DD HH:MM:SS` in the ledger's time zone."""
    client_id: int
    admin_id: int
    user: str
    """The admin's name, or else who it was by other names."""
    address: str
    event: Event
    """Sealed fields are None."""


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
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._executor = executor
        self._translator = translator
        self._clock = clock
        self._zone = ZoneInfo(timezone)

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
        source: _Source = (
            await _OfClient.open(self._store, self._sessions, client_id)
            if client_id
            else await _OfLedger.open(self._store)
        )
        first, last = 1, source.total
        if day is not None:
            first = await self._first_from(source, day)
            last = await self._first_from(source, f"{day}~") - 1  # "~" is after every time of the day
        names = {
            number: admin.name
            for number, admin in (await self._sessions.load(ACCESS_STREAM)).state.admins.items()
        }
        total = max(0, last - first + 1)
        if matches is None:
            last -= start
            first = max(first, last - limit + 1)
            found = [entry async for entry in self._entries(source, first, last, names)]
            return Page(tuple(found), total, start)
        if total > SEARCH_MAX:
            raise TooMuchToSearch
        found = [entry async for entry in self._entries(source, first, last, names) if matches(entry)]
        return Page(tuple(found[start : start + limit]), len(found), start)

    async def _entries(
        self, source: _Source, first: int, last: int, names: dict[int, str]
    ) -> AsyncIterator[Entry]:
        """Numbers first..last, the last one first."""
        while last >= first:
            begin = max(first, last - PAGE_EVENTS + 1)
            for record in reversed(await source.read(begin, last)):
                yield self._entry(record, names)
            last = begin - 1

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

    async def _first_from(self, source: _Source, moment: str) -> int:
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


class _Source(Protocol):
    """Events numbered 1..total in the order of the log."""

    total: int

    async def read(self, first: int, last: int) -> Sequence[RecordedEvent]:
        """Those numbered first..last."""
        ...


class _OfLedger:
    def __init__(self, store: EventStore, total: int) -> None:
        self._store = store
        self.total = total

    @classmethod
    async def open(cls, store: EventStore) -> _OfLedger:
        return cls(store, (await store.head()).position)

    async def read(self, first: int, last: int) -> Sequence[RecordedEvent]:
        return await self._store.read_range(first, last)


class _OfClient:
    def __init__(self, store: EventStore, stream: str, total: int) -> None:
        self._store = store
        self._stream = stream
        self.total = total

    @classmethod
    async def open(cls, store: EventStore, sessions: Sessions, client_id: int) -> _OfClient:
        stream = account_stream(client_id)
        return cls(store, stream, (await sessions.load(stream)).committed)

    async def read(self, first: int, last: int) -> Sequence[RecordedEvent]:
        streams = {self._stream: first - 1}
        tails = await self._store.read_streams(streams, NO_SNAPSHOT, last - first + 1)
        return tails[self._stream].events
