"""What a lane consists of, as rows: the tables that are copied, their columns, and the order they come in.

A copy is a sequence of chunks: stretches of whole blocks, each followed by its events, then the tables that
stand beside them. `lane` is in no row: a copy is of one lane. Everything in `eventstore/` may import this.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

Row = tuple[Any, ...]


class Kind(StrEnum):
    """The kinds of row, named as their tables, in the order of a copy (blocks and events alternate)."""

    BLOCK = "block"
    EVENT = "event"
    RECEIPT = "receipt"
    KEY = "key"
    RELEASED_KEY = "released_key"
    COUNTER = "counter"
    SUBJECT_KEY = "subject_key"
    SECRET = "secret"  # noqa: S105 -- the name of a table


COLUMNS: dict[Kind, tuple[str, ...]] = {
    Kind.BLOCK: ("first_position", "last_position", "previous_hash", "block_hash", "recorded_at"),
    Kind.EVENT: (
        *("position", "stream_id", "version", "event_id", "type", "schema_version", "recorded_at"),
        *("data", "metadata", "content_hash"),
    ),
    Kind.RECEIPT: (
        *("command_id", "request_hash", "stream_id", "first_version", "last_version"),
        *("first_position", "last_position", "recorded_at"),
    ),
    Kind.KEY: ("name", "stream_id", "position"),
    Kind.RELEASED_KEY: ("name", "stream_id", "position", "released_after"),
    Kind.COUNTER: ("name", "next"),
    Kind.SUBJECT_KEY: ("subject", "key", "created_at", "destroyed_at"),
    Kind.SECRET: ("name", "value"),
}
BESIDE = (Kind.RECEIPT, Kind.KEY, Kind.RELEASED_KEY, Kind.COUNTER)
"""What comes after the events."""
PERSONAL = (Kind.SUBJECT_KEY, Kind.SECRET)
"""What opens personal data and proves credentials; copied only if that is asked for."""


class Chunk(NamedTuple):
    """Rows of one kind, in the order of `COLUMNS`."""

    kind: Kind
    rows: list[Row]


class BlockEnd(NamedTuple):
    """The end of a block: a place at which a ledger can be cut so that its chain still holds."""

    first_position: int
    position: int
    hash: bytes
    recorded_at: datetime


class Source(Protocol):
    """A lane that can be copied, as it was at one moment."""

    lane: int
    first_position: int
    """The first event there is: 1, unless it is an archive of a later part."""

    @property
    def head(self) -> BlockEnd:
        """The last block there is."""
        ...

    async def block_of(self, position: int) -> BlockEnd:
        """The block that holds a position of it."""
        ...

    async def block_until(self, moment: datetime) -> BlockEnd | None:
        """The last block recorded at `moment` or before; None if there is none."""
        ...

    def chunks(self, first_position: int, last_position: int, *, personal: bool) -> AsyncIterator[Chunk]:
        """The rows from the block that begins at `first_position` to the one that ends at `last_position`.

        What stands beside the log comes as of now: see `Cut`.
        """
        ...


class Cut:
    """What stood beside the log when it ended at `position`, told from what stands there later."""

    def __init__(self, first_position: int, position: int) -> None:
        self._first = first_position
        self._last = position

    def keep(self, chunk: Chunk) -> list[Chunk]:
        """The chunk as of the cut. A name given back later was still held then."""
        match chunk.kind:
            case Kind.RECEIPT:
                return [Chunk(chunk.kind, [row for row in chunk.rows if self._first <= row[5] <= self._last])]
            case Kind.KEY:
                return [Chunk(chunk.kind, self._claimed(chunk.rows))]
            case Kind.RELEASED_KEY:
                claimed = self._claimed(chunk.rows)
                return [
                    Chunk(Kind.KEY, [row[:3] for row in claimed if row[3] >= self._last]),
                    Chunk(chunk.kind, [row for row in claimed if row[3] < self._last]),
                ]
            case _:
                return [chunk]

    def _claimed(self, rows: list[Row]) -> list[Row]:
        return [row for row in rows if self._first <= row[2] <= self._last]
