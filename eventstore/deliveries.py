"""How far recipients outside were sent the log, who may send at the moment, and what came of every attempt.

Generic: a recipient is a number, what it is and how something reaches it is decided above. Positions move by
compare-and-set under a lease, so that one process sends at a time and another takes over when it dies. Every
call may raise Unavailable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eventstore.database import connection_of, reachable
from eventstore.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    import asyncpg

LIVE = 0
"""The replay that is none: it goes on with the log."""

Key = tuple[int, int]
"""Recipient and replay."""


class Standing(NamedTuple):
    """How far one delivery is: everything up to `position` has arrived, or was not meant for it."""

    recipient: int
    replay: int
    position: int
    until: int | None
    failing_position: int | None
    failing_since: datetime | None
    attempts: int
    last_error: str
    updated_at: datetime

    @property
    def key(self) -> Key:
        """Which one it is."""
        return self.recipient, self.replay


class Move(NamedTuple):
    """A delivery went on from one position to another, or failed, as `Standing` tells."""

    recipient: int
    replay: int
    from_position: int
    to_position: int
    failing_position: int | None
    failing_since: datetime | None
    attempts: int
    last_error: str


class Attempt(NamedTuple):
    """One attempt; `attempt_id` is a UUIDv7, `attempt` counts those of this event from 1."""

    attempt_id: UUID
    at: datetime
    replay: int
    position: int
    event_id: UUID
    event_type: str
    stream: str
    attempt: int
    is_taken: bool
    status: int | None
    latency_ms: int
    error: str


class Deliveries:
    """The deliveries of one lane."""

    def __init__(self, pool: asyncpg.Pool, lane: int) -> None:
        self._pool = pool
        self._lane = lane

    async def begin(self, recipient: int, replay: int, after: int, until: int | None = None) -> None:
        """A delivery starts after a position, unless it is there already."""
        await self._fetch("begin_delivery", recipient, replay, after, until)

    async def place(self, recipient: int, after: int) -> None:
        """The delivery that goes on with the log goes on from there, whoever sends now."""
        await self._fetch("place_delivery", recipient, after)

    async def forgive(self, recipient: int) -> None:
        """Forget since when it fails."""
        await self._fetch("forgive_delivery", recipient)

    async def end(self, recipient: int) -> None:
        """Keep nothing of a recipient."""
        await self._fetch("end_deliveries", recipient)

    async def claim(self, keys: Iterable[Key], holder: UUID, lease_s: float) -> list[Standing]:
        """Take those leases that are free or the holder's own; what is finished is left out."""
        wanted = list(keys)
        recipients, replays = [key[0] for key in wanted], [key[1] for key in wanted]
        rows = await self._fetch("claim_deliveries", recipients, replays, holder, lease_s)
        return [Standing(*row) for row in rows]

    async def release(self, holder: UUID) -> None:
        """Give all leases of a holder back."""
        await self._fetch("release_deliveries", holder)

    async def move(self, holder: UUID, moves: Sequence[Move]) -> set[Key]:
        """Move on what the holder still has a lease on and still stands where it came from; which did."""
        columns = [list(column) for column in zip(*moves, strict=True)]
        return {(row[0], row[1]) for row in await self._fetch("move_deliveries", holder, *columns)}

    async def standing(self, recipients: Iterable[int]) -> list[Standing]:
        """Where these recipients stand, replays after what goes on."""
        return [Standing(*row) for row in await self._fetch("read_deliveries", list(recipients))]

    async def record(self, attempts: Mapping[int, Sequence[Attempt]]) -> None:
        """Keep attempts, by recipient."""
        rows = [(recipient, *each) for recipient, some in attempts.items() for each in some]
        if rows:
            await self._fetch("record_attempts", *[list(column) for column in zip(*rows, strict=True)])

    async def attempts(self, recipient: int, limit: int, *, only_failed: bool = False) -> list[Attempt]:
        """The newest attempts first."""
        return [Attempt(*row) for row in await self._fetch("read_attempts", recipient, only_failed, limit)]

    async def prune(self, recipients: Iterable[int], rows_max: int, age_max_s: float) -> None:
        """Forget of each the oldest attempts beyond a number, and what is too old."""
        await self._fetch("prune_attempts", list(recipients), rows_max, age_max_s)

    async def _fetch(self, name: str, *arguments: object) -> list[asyncpg.Record]:
        with reachable():
            async with connection_of(self._pool) as connection:
                return await connection.fetch(statement(name), self._lane, *arguments)
