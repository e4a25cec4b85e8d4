"""The log as history: parts of it read page by page, in constant memory, and the place of a moment in it.

What belongs to one stream is found by the index of streams, so it costs what the stream is long. Events
never change and positions have no gaps, so pages read one after the other need no snapshot. Nothing is
decoded here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstore.database import reachable
from eventstore.records import RecordedEvent
from eventstore.statements import statement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from datetime import datetime

    import asyncpg

PAGE_EVENTS = 1000


async def events_of_stream(
    pool: asyncpg.Pool, lane: int, stream: str, first: int, last: int, types: Collection[str] | None = None
) -> AsyncIterator[RecordedEvent]:
    """Events of a stream at positions first..last, in order, of all types or of these. Raises Unavailable."""
    version, wanted = 0, None if types is None else list(types)
    while True:
        with reachable():
            rows = await pool.fetch(
                statement("read_stream_between"), lane, stream, version, first, last, wanted, PAGE_EVENTS
            )
        for row in rows:
            yield RecordedEvent(*row)
        if len(rows) < PAGE_EVENTS:
            return
        version = rows[-1]["version"]


async def events_between(
    pool: asyncpg.Pool, lane: int, first: int, last: int, types: Collection[str] | None = None
) -> AsyncIterator[RecordedEvent]:
    """Events at positions first..last, in order; of all types, or of these. Raises Unavailable."""
    wanted = None if types is None else list(types)
    for begin in range(first, last + 1, PAGE_EVENTS):
        end = min(begin + PAGE_EVENTS - 1, last)
        with reachable():
            rows = await pool.fetch(statement("read_types_between"), lane, begin, end, wanted)
        for row in rows:
            yield RecordedEvent(*row)


async def first_at(pool: asyncpg.Pool, lane: int, moment: datetime, head: int, *, after: bool = False) -> int:
    """The first position recorded at `moment` or later (`after`: later); `head` + 1 if there is none.

    Times never run backwards in a lane, so this is a search of some twenty steps.
    """
    low, high = 1, head + 1
    while low < high:
        middle = (low + high) // 2
        with reachable():
            rows = await pool.fetch(statement("read_range"), lane, middle, middle)
        recorded_at = rows[0]["recorded_at"]
        if recorded_at < moment or (after and recorded_at == moment):
            low = middle + 1
        else:
            high = middle
    return low
