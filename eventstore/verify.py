"""Recomputes the hash chain from the stored bytes: every content hash, every block, the times, the head.

Trusts nothing that it can recompute; what it cannot know is whether somebody recomputed all of history: that
is told by a head hash kept elsewhere (`expected`). Reads only, in short statements; what is in the log stays
as it is, so they need no common snapshot. The other tables of the log are checked in `verify_rows`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from eventstore.chain import GENESIS_HASH, block_hash, content_bytes, content_hash
from eventstore.database import reachable
from eventstore.findings import Finding
from eventstore.statements import statement
from eventstore.tree_check import leaf_digest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    import asyncpg

    from eventstore.subscription import Connection

    Observer = Callable[[Sequence[bytes]], Awaitable[None]]
    """Given the leaf hashes of all events that hold, in order."""

_BATCH_EVENTS = 5000
_CONTENTS = ("data", "metadata", "type", "stream_id", "version", "schema_version", "event_id", "content_hash")
_CONTENT_HASH = ("content_hash",)
_CHANGED = "the event does not hash to its content hash: one of its columns was changed"


class Point(NamedTuple):
    """A place in the chain: the position at which a block ends, and that block's hash."""

    position: int
    hash: bytes


GENESIS = Point(0, GENESIS_HASH)


@dataclass(frozen=True, slots=True)
class ChainReport:
    """How far the chain holds: `problem` None means up to the head, at `position`."""

    position: int
    head_hash: bytes
    problem: Finding | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """How a check goes: where it starts, what it must meet, and who is told on the way.

    `start` was verified before. `expected` are head hashes known from elsewhere, by position. `pause` is
    awaited after every batch with the point reached.
    """

    start: Point = GENESIS
    expected: Mapping[int, bytes] = field(default_factory=dict)
    progress: Callable[[int, int], None] = lambda _done, _all: None
    observe: Observer | None = None
    pause: Callable[[Point], Awaitable[None]] | None = None


class _Broken(Exception):
    """What the check found."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


async def verify_chain(connection: Connection, lane: int, walk: Walk | None = None) -> ChainReport:
    """Check a lane up to its head; by default from its first event. Raises Unavailable."""
    walk = walk or Walk()
    way = _Way(lane, walk)
    with reachable():
        try:
            head = await _head(connection, lane)
            await way.begin(connection)
            while way.position < head["head_position"]:
                await way.advance(connection, head["head_position"])
                walk.progress(way.position, head["head_position"])
                if walk.pause is not None:
                    await walk.pause(Point(way.position, way.hash))
            await way.finish(connection, head)
        except _Broken as broken:
            return ChainReport(way.position, way.hash, broken.finding)
    return ChainReport(way.position, way.hash, None)


async def _head(connection: Connection, lane: int) -> asyncpg.Record:
    head = await connection.fetchrow(statement("read_head"), lane)
    if head is None:
        raise _Broken(Finding("the lane is missing", "es.lane", f"lane={lane}"))
    return head


class _Way:
    """Where the check stands: everything up to `position` holds, and hashes to `hash`."""

    def __init__(self, lane: int, walk: Walk) -> None:
        self.lane = lane
        self.position, self.hash = walk.start
        self._walk = walk
        self._at: datetime | None = None
        """When the last block was recorded."""

    async def begin(self, connection: Connection) -> None:
        """Meet the point where an earlier check ended."""
        if not self.position:
            return
        block = await connection.fetchrow(statement("verify_start"), self.lane, self.position)
        if block is None or block["block_hash"] != self.hash:
            there = "there is no block that ends here" if block is None else "it is another one"
            raise _Broken(
                Finding(f"the block that was verified before: {there}", "es.block", position=self.position)
            )
        self._at = block["recorded_at"]

    async def advance(self, connection: Connection, head: int) -> None:
        blocks = await connection.fetch(
            statement("verify_blocks"), self.lane, self.position, _BATCH_EVENTS, head
        )
        if not blocks:
            raise _Broken(Finding("there is no block for this event", "es.block", position=self.position + 1))
        rows = await connection.fetch(
            statement("read_range"), self.lane, self.position + 1, blocks[-1]["last_position"]
        )
        events = iter(rows)
        leaves: list[bytes] = []
        for block in blocks:
            hashes = self._check_block(block, events)
            if self._walk.observe is not None:
                at, first = block["recorded_at"], block["first_position"]
                leaves += [leaf_digest(self.lane, first + n, at, digest) for n, digest in enumerate(hashes)]
        if self._walk.observe is not None:
            await self._walk.observe(leaves)

    async def finish(self, connection: Connection, head: asyncpg.Record) -> None:
        """The head is where the blocks end, nothing lies beyond it, and it is as far as was expected."""
        position, digest, at = head
        row = f"lane={self.lane}"
        if (self.position, self.hash) != (position, digest):
            raise _Broken(
                Finding(
                    f"the head says position {position}, hash {digest.hex()}; "
                    f"the blocks end at position {self.position}, hash {self.hash.hex()}",
                    *("es.lane", row, self.position),
                    ("head_hash",) if self.position == position else ("head_position",),
                )
            )
        beyond = await connection.fetchrow(statement("verify_beyond"), self.lane)
        for kind in ("event", "block"):
            if beyond is not None and beyond[kind] is not None:
                text = f"lies beyond the head, which is at position {beyond['head_position']}"
                raise _Broken(Finding(text, f"es.{kind}", position=beyond[kind]))
        if position and at != self._at:
            raise _Broken(Finding("not the time of the last block", "es.lane", row, position, ("head_at",)))
        for expected in sorted(self._walk.expected):
            if expected > position:
                raise _Broken(
                    Finding(
                        f"the log was expected to reach position {expected} and ends at {position}: "
                        "its tail is gone",
                        *("es.event", "", position + 1),
                    )
                )

    def _check_block(self, block: asyncpg.Record, events: Any) -> list[bytes]:
        """The content hashes of its events."""
        first, last = block["first_position"], block["last_position"]
        if first != self.position + 1 or block["previous_hash"] != self.hash:
            columns = ("first_position",) if first != self.position + 1 else ("previous_hash",)
            raise _broken_block(first, last, f"does not follow position {self.position}", columns)
        if self._at is not None and block["recorded_at"] < self._at:
            raise _broken_block(
                first,
                last,
                f"was recorded at {block['recorded_at'].isoformat()}, the one before it at "
                f"{self._at.isoformat()}: the time runs backwards",
                ("recorded_at",),
            )
        rows = [self._event(next(events, None), position, block) for position in range(first, last + 1)]
        hashes = [self._content_hash(row) for row in rows]
        digest = block_hash(self.hash, first, block["recorded_at"], hashes)
        self._check_contents(rows, hashes, is_sealed=digest == block["block_hash"])
        if digest != block["block_hash"]:
            raise _broken_block(first, last, "does not hash to what it says", ("block_hash",))
        self._check_expected(first, last, digest)
        self.position, self.hash, self._at = last, digest, block["recorded_at"]
        return hashes

    def _event(self, event: asyncpg.Record | None, position: int, block: asyncpg.Record) -> asyncpg.Record:
        if event is None or event["position"] != position:
            raise _Broken(Finding("the event is missing", "es.event", position=position))
        if event["recorded_at"] != block["recorded_at"]:
            raise _Broken(Finding("not the time of its block", "es.event", "", position, ("recorded_at",)))
        return event

    def _content_hash(self, event: asyncpg.Record) -> bytes:
        return content_hash(
            content_bytes(
                self.lane,
                event["stream_id"],
                event["version"],
                event["event_id"],
                event["type"],
                event["schema_version"],
                event["data"],
                event["metadata"],
            )
        )

    def _check_contents(
        self, rows: Sequence[asyncpg.Record], hashes: Sequence[bytes], *, is_sealed: bool
    ) -> None:
        """`is_sealed`: the block confirms what was recomputed, so the stored hash is what is wrong."""
        for row, digest in zip(rows, hashes, strict=True):
            if digest != row["content_hash"]:
                what = "its content hash is not that of its contents" if is_sealed else _CHANGED
                columns = _CONTENT_HASH if is_sealed else _CONTENTS
                raise _Broken(Finding(what, "es.event", "", row["position"], columns))

    def _check_expected(self, first: int, last: int, digest: bytes) -> None:
        for position, expected in self._walk.expected.items():
            if first <= position <= last and (position, expected) != (last, digest):
                what = (
                    f"the head was expected to be {expected.hex()} here and is {digest.hex()}: "
                    "history is not the one that was known"
                    if position == last
                    else f"no block ends at position {position}, where a head was expected"
                )
                raise _Broken(Finding(what, "es.block", "", position, ("block_hash",)))


def _broken_block(first: int, last: int, text: str, columns: tuple[str, ...]) -> _Broken:
    return _Broken(
        Finding(f"the block of positions {first} to {last} {text}", "es.block", "", first, columns)
    )
