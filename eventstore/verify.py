"""Recomputes the whole hash chain from the stored bytes: every content hash, every block, up to the head.

Trusts nothing that it can recompute; what it cannot know is whether somebody recomputed all of history,
which only a copy of the head hash kept elsewhere tells. Read-only, one snapshot of the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eventstore.chain import GENESIS_HASH, block_hash, content_bytes, content_hash
from eventstore.database import reachable
from eventstore.statements import statement

if TYPE_CHECKING:
    from collections.abc import Callable

    import asyncpg

    from eventstore.subscription import Connection

_BATCH_EVENTS = 5000


@dataclass(frozen=True, slots=True)
class ChainReport:
    """How far the chain holds: `problem` None means up to the head, at `position`."""

    position: int
    head_hash: bytes
    problem: str | None


class _Broken(Exception):
    """What the check found, in a sentence."""


async def verify_chain(
    connection: Connection, lane: int, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> ChainReport:
    """Check a lane from its first event to its head. `progress` gets positions done and to do."""
    with reachable():
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            position, digest, _ = tuple(
                await connection.fetchrow(statement("read_head"), lane) or (0, b"", None)
            )
            walk = _Walk(lane)
            try:
                while walk.position < position:
                    await walk.advance(connection)
                    progress(walk.position, position)
                await walk.finish(connection, position, digest)
            except _Broken as broken:
                return ChainReport(walk.position, walk.hash, str(broken))
            return ChainReport(walk.position, walk.hash, None)


class _Walk:
    """Where the check stands: everything up to `position` holds, and hashes to `hash`."""

    def __init__(self, lane: int) -> None:
        self.lane = lane
        self.position = 0
        self.hash = GENESIS_HASH

    async def advance(self, connection: Connection) -> None:
        blocks = await connection.fetch(statement("read_blocks"), self.lane, self.position, _BATCH_EVENTS)
        if not blocks:
            raise _Broken(f"there is no block after position {self.position}")
        rows = await connection.fetch(
            statement("read_range"), self.lane, self.position + 1, blocks[-1]["last_position"]
        )
        events = iter(rows)
        for block in blocks:
            self._check_block(block, events)

    async def finish(self, connection: Connection, position: int, digest: bytes) -> None:
        if (self.position, self.hash) != (position, digest):
            raise _Broken(
                f"the lane's head says position {position}, hash {digest.hex()}; "
                f"the blocks end at position {self.position}, hash {self.hash.hex()}"
            )
        if await connection.fetchval(statement("events_beyond"), self.lane, position):
            raise _Broken(f"there are events beyond the head at position {position}")

    def _check_block(self, block: asyncpg.Record, events: Any) -> None:
        first, last = block["first_position"], block["last_position"]
        if first != self.position + 1 or block["previous_hash"] != self.hash:
            raise _Broken(
                f"the block of positions {first} to {last} does not follow position {self.position}"
            )
        hashes = [
            self._check_event(next(events, None), position, block) for position in range(first, last + 1)
        ]
        digest = block_hash(self.hash, first, block["recorded_at"], hashes)
        if digest != block["block_hash"]:
            raise _Broken(f"the block of positions {first} to {last} does not hash to what it says")
        self.position, self.hash = last, digest

    def _check_event(self, event: asyncpg.Record | None, position: int, block: asyncpg.Record) -> bytes:
        if event is None or event["position"] != position:
            raise _Broken(f"there is no event at position {position}")
        if event["recorded_at"] != block["recorded_at"]:
            raise _Broken(f"position {position}: recorded_at is not that of its block")
        canonical_bytes = content_bytes(
            self.lane,
            event["stream_id"],
            event["version"],
            event["event_id"],
            event["type"],
            event["schema_version"],
            event["data"],
            event["metadata"],
        )
        digest = content_hash(canonical_bytes)
        if digest != event["content_hash"]:
            raise _Broken(f"position {position}: the event does not hash to its content hash")
        return digest
