"""Where a copy ends: a position or a time asked for, turned into the end of a block.

The events of one block were recorded together, in one moment, and only at its end does the chain hold; so a
position inside a block means the whole block.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from eventstore.records import StoreError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from eventstore.copying.rows import BlockEnd, Source


class NoSuchPlace(StoreError):
    """The place asked for is not in the log; the message says what is."""


def read_place(text: str, zone: ZoneInfo) -> int | datetime:
    """A position, or a time in UTC: ISO 8601, in `zone` where it does not say; a date is the end of that day.

    Raises ValueError, whose text is for the person who wrote it.
    """
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a position nor a time such as 2025-12-31T23:59:59") from None
    if len(text) <= len("2025-12-31"):
        moment = datetime.combine(moment.date(), time.max)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


async def end_at(source: Source, place: int | datetime | None) -> BlockEnd:
    """The last block of a copy up to `place`; None means everything. Raises NoSuchPlace."""
    if place is None:
        return source.head
    if isinstance(place, datetime):
        return await _until(source, place)
    _check(source, place)
    return await source.block_of(place)


async def begin_at(source: Source, position: int | None) -> BlockEnd:
    """The first block of a copy from `position` on; None means the first there is. Raises NoSuchPlace."""
    if position is None:
        return await source.block_of(source.first_position)
    _check(source, position)
    return await source.block_of(position)


def _check(source: Source, position: int) -> None:
    if position < source.first_position:
        raise NoSuchPlace(f"there is no position {position}: the first one is {source.first_position}")
    if position > source.head.position:
        raise NoSuchPlace(f"there is no position {position} yet: the last one is {source.head.position}")


async def _until(source: Source, moment: datetime) -> BlockEnd:
    if moment > max(datetime.now(UTC), source.head.recorded_at):
        raise NoSuchPlace(f"{moment.isoformat()} is in the future: what will be in the log then is not known")
    found = await source.block_until(moment)
    if found is None:
        first = await source.block_of(source.first_position)
        raise NoSuchPlace(
            f"{moment.isoformat()} is before the first event, "
            f"which was recorded at {first.recorded_at.isoformat()}"
        )
    return found
