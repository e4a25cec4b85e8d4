"""Following a lane: what comes after a position, and checkpoints that move with the effect they stand for.

Positions have no gaps, so every reader asserts `position == previous + 1` and nothing is ever skipped.
Nothing here decodes events or knows who follows. Read models and outward feeds may import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eventstore.database import reachable
from eventstore.records import Corrupt, RecordedEvent
from eventstore.statements import statement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    from eventstore.doorbell import Doorbell

    Connection = asyncpg.Connection | PoolConnectionProxy

RUNNING = "running"
PAUSED = "paused"
HALTED = "halted"


class Checkpoint(NamedTuple):
    """Where a follower stands: everything up to `position` has had its effect. `state` as above."""

    position: int
    state: str


class Body(NamedTuple):
    """What a fold needs of an event; it costs half as much to read as the whole event."""

    position: int
    stream: str
    type: str
    schema_version: int
    data: str


class Stretch(NamedTuple):
    """A part of the log without a gap: the events of the types asked for, of all up to `end`."""

    bodies: list[Body]
    end: int


async def read_after(connection: Connection, lane: int, position: int, limit: int) -> list[RecordedEvent]:
    """Up to `limit` events after `position`, in order. Raises Corrupt if one is missing."""
    rows = await connection.fetch(statement("read_after"), lane, position, limit)
    events = [RecordedEvent(*row) for row in rows]
    _assert_contiguous(lane, position, [event.position for event in events])
    return events


async def read_bodies_after(
    connection: Connection, lane: int, position: int, limit: int, types: Collection[str]
) -> Stretch:
    """Of the next `limit` events after `position` those of `types`. Raises Corrupt if one is missing."""
    rows = await connection.fetch(statement("read_bodies_after"), lane, position, limit, list(types))
    _assert_contiguous(lane, position, [row[0] for row in rows])
    return Stretch([Body(*row) for row in rows if row[4] is not None], position + len(rows))


async def subscribe(connection: Connection, lane: int, names: Sequence[str]) -> None:
    """Let followers of these names start before the first event, unless they stand somewhere already."""
    await connection.execute(statement("subscribe"), lane, names)


async def lock_checkpoints(connection: Connection, lane: int, names: Sequence[str]) -> dict[str, Checkpoint]:
    """The checkpoints of `names`, held until the transaction ends; unknown names are absent."""
    rows = await connection.fetch(statement("lock_checkpoints"), lane, names)
    return {name: Checkpoint(position, state) for name, position, state in rows}


async def read_checkpoints(
    connection: Connection, lane: int, names: Sequence[str]
) -> tuple[int, dict[str, Checkpoint]]:
    """The lane's head position and the checkpoints of `names`, in one snapshot and without locks."""
    rows = await connection.fetch(statement("read_checkpoints"), lane, names)
    head = rows[0]["head_position"] if rows else 0
    return head, {name: Checkpoint(position, state) for _, name, position, state in rows if name is not None}


async def advance(
    connection: Connection, lane: int, names: Sequence[str], from_position: int, to_position: int
) -> bool:
    """Move running followers on; False unless every one of them stood at `from_position`."""
    status = await connection.execute(
        statement("advance_checkpoints"), lane, names, from_position, to_position
    )
    return status == f"UPDATE {len(names)}"


async def halt(connection: Connection, lane: int, name: str, position: int, error: str) -> bool:
    """Stop a follower that cannot go on from `position`; False if it does not stand there any more."""
    status = await connection.execute(statement("halt_subscription"), lane, name, position, error)
    return status == "UPDATE 1"


def _assert_contiguous(lane: int, position: int, found: list[int]) -> None:
    if found and found[-1] - position == len(found):
        return  # in order and no position twice, so there is no room for a gap
    for expected, there in enumerate(found, position + 1):
        if there != expected:
            raise Corrupt(f"lane {lane}: position {expected} is missing, the next is {there}")


async def follow(
    pool: asyncpg.Pool,
    doorbell: Doorbell,
    lane: int,
    after: int,
    *,
    batch_events_max: int,
    poll_interval_s: float,
) -> AsyncIterator[list[RecordedEvent]]:
    """Every event after a position, in batches, without end: first what there is, then what comes.

    The doorbell brings new events at once; without it they are found within `poll_interval_s`. Keeps no
    checkpoint and holds no connection between batches. Raises Corrupt on a gap, and Unavailable.
    """
    while True:
        with reachable():
            async with pool.acquire() as connection:
                events = await read_after(connection, lane, after, batch_events_max)
        if events:
            after = events[-1].position
            yield events
        else:
            await doorbell.wait(after, poll_interval_s)
