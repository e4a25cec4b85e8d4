"""Finds an event by its id without an index over ids: they are UUIDv7, and the log is in order of time.

An index would cost every append; this costs whoever asks. Used by what proves events.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from eventstore.database import reachable
from eventstore.history import first_at
from eventstore.statements import statement

if TYPE_CHECKING:
    from uuid import UUID

    import asyncpg

EARLIER = timedelta(seconds=5)
"""How far the clock that stamps events may be behind the one that made their ids."""
LOOKED_AT_MAX = 50_000
"""Events looked at from there on: more than are recorded while a flush is sent again."""
_TIME_AT_BIT = 80
_UUID7 = 7


async def find_event(pool: asyncpg.Pool, lane: int, event_id: UUID, head: int) -> int | None:
    """The position of the event with this id; None if there is none where its time puts it."""
    if event_id.version != _UUID7:
        return None
    made_at = datetime.fromtimestamp((event_id.int >> _TIME_AT_BIT) / 1000, UTC)
    first = await first_at(pool, lane, made_at - EARLIER, head)
    with reachable():
        rows = await pool.fetch(
            statement("event_by_id"), lane, first, min(head, first + LOOKED_AT_MAX), event_id
        )
    return rows[0]["position"] if rows else None
