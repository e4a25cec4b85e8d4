"""The hash chain, checked while it passes by: blocks and events of a copy, in order, from a known hash on.

Unlike `eventstore.verify` it reads nothing itself. Copies and archives are checked with it on their way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstore.chain import block_hash, content_bytes, content_hash
from eventstore.copying.rows import Kind
from eventstore.records import Corrupt

if TYPE_CHECKING:
    from eventstore.copying.rows import Chunk, Row


class ChainWalk:
    """Where the check stands: everything up to `position` holds, and hashes to `hash`."""

    def __init__(self, lane: int, first_position: int, previous_hash: bytes) -> None:
        self.position = first_position - 1
        self.hash = previous_hash
        self._lane = lane
        self._blocks: list[Row] = []

    def take(self, chunk: Chunk) -> None:
        """Check a chunk; what is not in the chain is passed over. Raises Corrupt, which says where."""
        if chunk.kind is Kind.BLOCK:
            if self._blocks:
                raise Corrupt(f"the events after position {self.position} are missing")
            self._blocks = chunk.rows
        elif chunk.kind is Kind.EVENT:
            self._check(chunk.rows)
        elif self._blocks:
            raise Corrupt(f"the events after position {self.position} are missing")

    def end_at(self, position: int, digest: bytes) -> None:
        """Raises Corrupt unless everything was there, up to this position and hash."""
        if self._blocks or (self.position, self.hash) != (position, digest):
            raise Corrupt(
                f"the chain should end at position {position} with hash {digest.hex()}; "
                f"it ends at position {self.position} with hash {self.hash.hex()}"
            )

    def _check(self, events: list[Row]) -> None:
        start = 0
        for first, last, previous, digest, recorded_at in self._blocks:
            if first != self.position + 1 or last < first or previous != self.hash:
                raise Corrupt(
                    f"the block of positions {first} to {last} does not follow position {self.position}"
                )
            of_block = events[start : start + last - first + 1]
            start += len(of_block)
            hashes = [self._checked(event, first + number) for number, event in enumerate(of_block)]
            if len(of_block) <= last - first:
                raise Corrupt(f"there is no event at position {first + len(of_block)}")
            if any(event[6] != recorded_at for event in of_block):
                raise Corrupt(
                    f"in the block of positions {first} to {last} recorded_at is not that of the block"
                )
            if block_hash(self.hash, first, recorded_at, hashes) != digest:
                raise Corrupt(f"the block of positions {first} to {last} does not hash to what it says")
            self.position, self.hash = last, digest
        if start != len(events):
            raise Corrupt(f"there are events beyond the block that ends at position {self.position}")
        self._blocks = []

    def _checked(self, event: Row, position: int) -> bytes:
        there, stream, version, event_id, kind, schema_version, _, data, metadata, digest = event
        if there != position:
            raise Corrupt(f"there is no event at position {position}")
        canonical = content_bytes(self._lane, stream, version, event_id, kind, schema_version, data, metadata)
        if content_hash(canonical) != digest:
            raise Corrupt(f"position {position}: the event does not hash to its content hash")
        return bytes(digest)
