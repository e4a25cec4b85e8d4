"""Finds events in the history: of a client or an invoice, of types, by whom, between two places or moments.

Streams them in order of the log, in constant memory. Lives here: what the operator's words mean; how events
are written down is in `formats`.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, tzinfo
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from eventstore.history import events_between, events_of_stream, first_at
from service.audit.client_history import events_of_client
from service.audit.explaining import Unknown
from service.domain.claims import invoice_claim
from service.domain.events import EVENT_TYPES
from service.domain.streams import account_stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from eventstore.records import RecordedEvent
    from eventstore.store import EventStore
    from service.audit.people import People
    from service.domain.events import Event
    from service.handling.translation import Translator

OPEN_PAGE = 500
"""Events whose personal data is opened at a time."""

_POSITION = re.compile(r"[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Conditions(NamedTuple):
    """What is asked for, as the operator wrote it; empty for what was not."""

    client_id: int = 0
    invoice_id: int = 0
    type_pattern: str = ""
    actor: str = ""
    begin: str = ""
    end: str = ""


class Found(NamedTuple):
    """An event as stored, and as it reads."""

    record: RecordedEvent
    event: Event
    """Sealed fields are None, unless they were to be opened and their key still exists."""


class Finder:
    """Finds events of one ledger. Raises Unavailable, and Unknown with a sentence about what is not there."""

    def __init__(self, pool: asyncpg.Pool, store: EventStore, translator: Translator, zone: tzinfo) -> None:
        self._pool = pool
        self._store = store
        self._translator = translator
        self._zone = zone

    async def find(
        self, wanted: Conditions, people: People, *, is_personal: bool = False
    ) -> AsyncIterator[Found]:
        """What matches every condition, in the order of the log."""
        types = types_like(wanted.type_pattern) if wanted.type_pattern else None
        stream = await self._stream(wanted)
        first, last = await self._span(wanted)
        pool, lane = self._pool, self._store.lane
        if wanted.client_id and not wanted.invoice_id:
            records = events_of_client(pool, lane, wanted.client_id, first, last, types)
        elif stream:
            records = events_of_stream(pool, lane, stream, first, last, types)
        else:
            records = events_between(pool, lane, first, last, types)
        matching = (
            record
            async for record in records
            if not wanted.actor or people.is_by(record.metadata, wanted.actor)
        )
        async for found in self._opened(matching) if is_personal else self._sealed(matching):
            if not wanted.invoice_id or _is_about_invoice(found.event, wanted.invoice_id):
                yield found

    async def _sealed(self, records: AsyncIterator[RecordedEvent]) -> AsyncIterator[Found]:
        async for record in records:
            yield Found(record, self._translator.decode_for_decision(record))

    async def _opened(self, records: AsyncIterator[RecordedEvent]) -> AsyncIterator[Found]:
        page: list[RecordedEvent] = []
        async for record in records:
            page.append(record)
            if len(page) == OPEN_PAGE:
                for found in await self._open(page):
                    yield found
                page = []
        for found in await self._open(page):
            yield found

    async def _open(self, page: list[RecordedEvent]) -> list[Found]:
        facts = await self._translator.decode(page)
        return [Found(record, fact.event) for record, fact in zip(page, facts, strict=True)]

    async def _stream(self, wanted: Conditions) -> str:
        """The one stream that all of it is in, "" if it may be in any."""
        stream = ""
        if wanted.client_id:
            stream = account_stream(wanted.client_id)
            tails = await self._store.read_streams({stream: 0}, -1, 1)
            if not tails[stream].events:
                raise Unknown(f"there is no client {wanted.client_id} in this ledger's history")
        if wanted.invoice_id:
            name = invoice_claim(wanted.invoice_id)
            owner = (await self._store.resolve([name])).get(name)
            if owner is None:
                raise Unknown(f"there is no invoice {wanted.invoice_id} in this ledger's history")
            if stream not in {"", owner}:
                raise Unknown(f"invoice {wanted.invoice_id} is not one of client {wanted.client_id}")
            stream = owner
        return stream

    async def _span(self, wanted: Conditions) -> tuple[int, int]:
        """The first and the last position."""
        head = (await self._store.head()).position
        first = await self._place(wanted.begin, head, is_end=False) if wanted.begin else 1
        last = await self._place(wanted.end, head, is_end=True) if wanted.end else head
        if wanted.begin and wanted.end and first > last:
            raise Unknown(f"nothing was recorded from {wanted.begin} to {wanted.end}")
        return first, last

    async def _place(self, text: str, head: int, *, is_end: bool) -> int:
        if _POSITION.fullmatch(text):
            position = int(text)
            if not 1 <= position <= head:
                raise Unknown(f"there is no position {text}: the log has positions 1 to {head}")
            return position
        moment = read_moment(text, self._zone, is_end=is_end)
        if is_end:
            last = await first_at(self._pool, self._store.lane, moment, head, after=True) - 1
            if last == 0:
                raise Unknown(f"nothing was recorded up to {text}: the log begins later")
            return last
        first = await first_at(self._pool, self._store.lane, moment, head)
        if first > head:
            raise Unknown(f"nothing was recorded since {text}: the log ends before")
        return first


def read_moment(text: str, zone: tzinfo, *, is_end: bool) -> datetime:
    """A day (its first or its last moment) or a time as ISO 8601, in `zone` unless it says so itself.

    Raises Unknown.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Unknown(
            f"{text!r} is neither a position nor a time such as 2026-03-31 or 2026-03-31T15:00"
        ) from None
    if is_end and _DAY.fullmatch(text.strip()):
        moment = datetime.combine(moment.date(), time.max)
    if is_end and moment.microsecond == 0:
        moment += timedelta(microseconds=999_999)  # the whole of the second that was named
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def types_like(pattern: str) -> list[str]:
    """The types of events that `credit.*` means. Raises Unknown if it means none."""
    found = [name for name in EVENT_TYPES if fnmatchcase(name, pattern.lower())]
    if not found:
        raise Unknown(f"no type of event is like {pattern!r}; there are {', '.join(sorted(EVENT_TYPES))}")
    return found


def _is_about_invoice(event: Event, invoice_id: int) -> bool:
    return invoice_id in {getattr(event, "invoice_id", 0), getattr(event, "previous_invoice_id", 0)}
