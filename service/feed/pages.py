"""Pages of the log for followers: what was selected, how far was looked, and where the log ends.

A page is read after its head, so an empty one means that there was nothing up to its position. What follows
the log live asks for the same page as all others do, at the same time, and it is read and written once.
"""

from __future__ import annotations

import asyncio
import zlib
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import orjson

from eventstore.coalesce import Coalescer
from eventstore.database import connection_of, reachable
from eventstore.records import RecordedEvent
from eventstore.statements import statement
from eventstore.subscription import read_after
from service.feed.envelope import envelope
from service.feed.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import asyncpg

    from eventstore.subscription import Connection
    from service.handling.translation import Translator

LIVE_EVENTS_MAX = 500
"""Of one page of the live stream: enough to catch up quickly, and few enough not to hold up other work."""
SCAN_EVENTS_MAX = 20_000
"""Positions looked at for one page of rare types; the page then says how far it looked."""
GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_PACK_LEVEL = 1
_WITHOUT_HEAD = -15
_SCAN_STEP = 2_000
_TURN_EVENTS = 100
"""Written without giving others a turn: half a millisecond."""


class Entry(NamedTuple):
    """An event that goes out; `text` is the CloudEvent, one line of JSON."""

    position: int
    type: str
    stream: str
    text: bytes


class Page:
    """Entries in order, the `position` up to which was looked, and the log's `head` before that."""

    def __init__(self, entries: Sequence[Entry], position: int, head: int) -> None:
        self.entries = entries
        self.position = position
        self.head = head

    @cached_property
    def sse(self) -> bytes:
        """All entries as Server-Sent Events; made once for however many follow."""
        return sse(self.entries)

    @cached_property
    def packed_sse(self) -> bytes:
        """The same as a part of a gzip stream."""
        return packed(self.sse)

    @cached_property
    def chunk(self) -> bytes:
        """`sse` as a chunk of a body (RFC 9112, 7.1)."""
        return _chunk(self.sse)

    @cached_property
    def packed_chunk(self) -> bytes:
        """`packed_sse` as a chunk of a body."""
        return _chunk(self.packed_sse)

    def after(self, position: int) -> Page:
        """What of it is beyond a position; itself, if all is."""
        if not self.entries or self.entries[0].position > position:
            return self
        return Page([entry for entry in self.entries if entry.position > position], self.position, self.head)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def packed(data: bytes) -> bytes:
    """A part of a gzip stream, after GZIP_HEAD, that refers to nothing before it: it fits into any."""
    packer = zlib.compressobj(_PACK_LEVEL, wbits=_WITHOUT_HEAD)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)


def sse(entries: Sequence[Entry]) -> bytes:
    """Entries as Server-Sent Events; the id is the position, to resume after."""
    return b"".join([b"id: %d\ndata: %b\n\n" % (entry.position, entry.text) for entry in entries])


class Pages:
    """Reads one lane. Every read may raise Unavailable, and Corrupt where the log has a gap."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        lane: int,
        translator: Translator,
        source: str,
        heard: Callable[[], int] = lambda: 0,
    ) -> None:
        self._pool = pool
        self._lane = lane
        self._translator = translator
        self._source = source
        self._heard = heard
        self._live: Coalescer[tuple[int, bool], Page] = Coalescer(self._read_live)

    async def head(self) -> int:
        """The last position there is."""
        with reachable():
            async with connection_of(self._pool) as connection:
                return await self._head(connection)

    async def next(self, after: int, limit: int, selection: Selection) -> Page:
        """The next page of a selection; where nothing much is passed over, one that all who ask now share."""
        is_shared = selection.is_everything and limit >= LIVE_EVENTS_MAX
        if self._heard() - after > LIVE_EVENTS_MAX and not is_shared:
            return await self.page(after, limit, selection)
        page = await self._live.get((after, selection.is_personal))
        if page is None:
            raise AssertionError("a page was asked for and not read")
        if selection.is_everything and len(page.entries) <= limit:
            return page
        found = [entry for entry in page.entries if selection.takes(entry.type, entry.stream)]
        position = page.position if len(found) <= limit else found[limit - 1].position
        return Page(found[:limit], position, page.head)

    async def page(self, after: int, limit: int, selection: Selection) -> Page:
        """The next `limit` entries of a selection, or fewer where looking for them would take too long."""
        with reachable():
            async with connection_of(self._pool) as connection:
                head = await self._head(connection)
                if selection.streams is not None:
                    records, position = await self._of_streams(connection, after, head, limit, selection)
                elif selection.types is not None:
                    records, position = await self._of_types(connection, after, head, limit, selection.types)
                else:
                    records = await read_after(connection, self._lane, after, limit)
                    position = records[-1].position if records else after
        return Page(
            await self._entries(records, is_personal=selection.is_personal), position, max(head, position)
        )

    async def _head(self, connection: Connection) -> int:
        return int(await connection.fetchval(statement("read_head"), self._lane) or 0)

    async def _read_live(self, keys: Sequence[tuple[int, bool]]) -> Mapping[tuple[int, bool], Page]:
        return {
            (after, is_personal): await self.page(after, LIVE_EVENTS_MAX, Selection(is_personal=is_personal))
            for after, is_personal in keys
        }

    async def _of_types(
        self, connection: Connection, after: int, head: int, limit: int, types: Collection[str]
    ) -> tuple[list[RecordedEvent], int]:
        found: list[RecordedEvent] = []
        position, until = after, min(head, after + SCAN_EVENTS_MAX)
        while position < until and len(found) < limit:
            end = min(position + _SCAN_STEP, until)
            rows = await connection.fetch(
                statement("read_types_between"), self._lane, position + 1, end, list(types)
            )
            found += [RecordedEvent(*row) for row in rows]
            position = end
        return _cut(found, limit, position)

    async def _of_streams(
        self, connection: Connection, after: int, head: int, limit: int, selection: Selection
    ) -> tuple[list[RecordedEvent], int]:
        types = None if selection.types is None else list(selection.types)
        found: list[RecordedEvent] = []
        for stream in sorted(selection.streams or ()):
            rows = await connection.fetch(
                statement("read_stream_between"), self._lane, stream, 0, after + 1, head, types, limit
            )
            found += [RecordedEvent(*row) for row in rows]
        found.sort(key=lambda record: record.position)
        return _cut(found, limit, max(head, after))

    async def _entries(self, records: Sequence[RecordedEvent], *, is_personal: bool) -> list[Entry]:
        entries: list[Entry] = []
        for begin in range(0, len(records), _TURN_EVENTS):
            part = records[begin : begin + _TURN_EVENTS]
            texts = await self._translator.stored_data(part, is_personal=is_personal)
            entries += [
                Entry(record.position, record.type, record.stream, envelope(record, self._source, data))
                for record, data in zip(part, texts, strict=True)
            ]
            await asyncio.sleep(0)
        return entries


def _cut(found: list[RecordedEvent], limit: int, position: int) -> tuple[list[RecordedEvent], int]:
    """No more than `limit`, and how far that looked."""
    if len(found) < limit:
        return found, position
    return found[:limit], found[limit - 1].position


def as_json(page: Page, *, is_complete: bool) -> bytes:
    """A page as one object: `events`, `position` to go on after, `head` of the log.

    `complete` says that no event was passed over, so that the positions must follow one another.
    """
    return orjson.dumps(
        {
            "events": [orjson.Fragment(entry.text) for entry in page.entries],
            "position": page.position,
            "head": page.head,
            "complete": is_complete,
        }
    )


def as_lines(page: Page) -> bytes:
    """A page as NDJSON: an event a line, nothing else."""
    return b"".join([entry.text + b"\n" for entry in page.entries])
