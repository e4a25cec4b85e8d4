"""Reading a lane as it stood at a position: which position that was, and what was in its streams by then.

Everything here looks at events only, which never change, so an answer about the past is the same for ever.
The callers' connection is used, one that may have a transaction open. Knows no billing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eventstore.statements import statement
from eventstore.subscription import Body

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from eventstore.subscription import Connection


class Owner(NamedTuple):
    """Who holds a name now, and since which position."""

    stream: str
    position: int


async def position_at(connection: Connection, lane: int, moment: datetime) -> int:
    """The last position recorded by `moment`, which has a time zone; 0 before the first event."""
    return int(await connection.fetchval(statement("position_at"), lane, moment) or 0)


async def read_bodies_between(
    connection: Connection, lane: int, after: int, last: int, types: Collection[str]
) -> list[Body]:
    """Events of `types` at positions after+1..last, in order."""
    rows = await connection.fetch(statement("read_bodies_between"), lane, after, last, list(types))
    return [Body(*row) for row in rows]


async def read_bodies_of(
    connection: Connection,
    lane: int,
    streams: Sequence[str],
    position: int,
    types: Collection[str],
    limit: int,
    after: int = 0,
) -> tuple[list[Body], int]:
    """Events of `types` in `streams` up to `position`, each stream in order, and the last one's version.

    At most `limit` of each stream, which come after the version `after`.
    """
    rows = await connection.fetch(
        statement("read_bodies_of"), lane, list(streams), position, list(types), after, limit
    )
    return [Body(*tuple(row)[:5]) for row in rows], rows[-1]["version"] if rows else after


async def read_stream_sizes(
    connection: Connection, lane: int, after: str, position: int, limit: int
) -> list[tuple[str, int]]:
    """Streams that began by `position`, by name after a name, and how many events they have by now."""
    rows = await connection.fetch(statement("read_stream_sizes"), lane, after, position, limit)
    return [(row[0], row[1]) for row in rows]


async def streams_naming(
    connection: Connection, lane: int, position: int, types: Collection[str], field: str, text: str
) -> list[str]:
    """Streams with an event of `types` up to `position` whose data has `text` in `field`."""
    rows = await connection.fetch(statement("streams_naming"), lane, position, list(types), field, text)
    return [row[0] for row in rows]


async def read_key(connection: Connection, lane: int, name: str) -> Owner | None:
    """Who holds a name now; None if nobody does."""
    row = await connection.fetchrow(statement("read_key"), lane, name)
    return None if row is None else Owner(*row)
