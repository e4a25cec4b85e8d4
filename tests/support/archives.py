"""A small log made in memory, as a source of archives: no database is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from eventstore.archive.write import write_archive
from eventstore.chain import GENESIS_HASH, block_hash, content_bytes, content_hash
from eventstore.copying.rows import BESIDE, PERSONAL, BlockEnd, Chunk, Kind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from eventstore.archive.manifest import Manifest
    from eventstore.copying.rows import Row

LANE = 3
HASHED = "email:" + "ab" * 32
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class MemorySource:
    """Blocks of these sizes, with a receipt and a claimed name for each, and keys of two subjects."""

    lane = LANE
    first_position = 1

    def __init__(self, sizes: Sequence[int] = (1, 3, 2), text: str = "é\\u0000\n") -> None:
        self.blocks: list[Row] = []
        self.events: list[Row] = []
        self.beside: dict[Kind, list[Row]] = {kind: [] for kind in (*BESIDE, *PERSONAL)}
        previous = GENESIS_HASH
        for number, size in enumerate(sizes):
            at = START + timedelta(microseconds=number * 1001)
            first = len(self.events) + 1
            events = [self._event(first + offset, at, text) for offset in range(size)]
            digest = block_hash(previous, first, at, [event[9] for event in events])
            last = first + size - 1
            self.blocks.append((first, last, previous, digest, at))
            self.events += events
            self.beside[Kind.RECEIPT].append(
                (UUID(int=number), None, "thing-1", first, last, first, last, at)
            )
            self.beside[Kind.KEY].append((f"thing:{number}", "thing-1", first))
            previous = digest
        self.beside[Kind.KEY].append((HASHED, "thing-1", 1))
        self.beside[Kind.RELEASED_KEY].append(("email:" + "cd" * 32, "thing-1", 1, sizes[0]))
        self.beside[Kind.COUNTER].append(("thing", len(sizes) + 1))
        self.beside[Kind.SUBJECT_KEY] += [
            ("thing-1", b"k" * 32, START, None),
            ("thing-2", None, START, START + timedelta(days=1)),
        ]
        self.beside[Kind.SECRET].append(("name-key", b"s" * 32))

    @property
    def head(self) -> BlockEnd:
        """The last block."""
        first, last, _, digest, at = self.blocks[-1]
        return BlockEnd(first, last, digest, at)

    async def block_of(self, position: int) -> BlockEnd:
        """See `Source`."""
        return next(
            BlockEnd(first, last, digest, at)
            for first, last, _, digest, at in self.blocks
            if first <= position <= last
        )

    async def block_until(self, moment: datetime) -> BlockEnd | None:
        """See `Source`."""
        found = [block for block in self.blocks if block[4] <= moment]
        return await self.block_of(found[-1][1]) if found else None

    async def chunks(
        self, first_position: int, last_position: int, *, personal: bool
    ) -> AsyncIterator[Chunk]:
        """See `Source`. Two stretches, so that blocks and events alternate."""
        blocks = [block for block in self.blocks if first_position <= block[0] <= last_position]
        for part in (blocks[:1], blocks[1:]):
            if part:
                yield Chunk(Kind.BLOCK, part)
                yield Chunk(Kind.EVENT, self.events[part[0][0] - 1 : part[-1][1]])
        for kind in (*BESIDE, *(PERSONAL if personal else ())):
            yield Chunk(kind, self.beside[kind])

    @staticmethod
    def _event(position: int, at: datetime, text: str) -> Row:
        data = f'{{"text":"{position}{text}"}}'
        identifier = UUID(int=position)
        digest = content_hash(
            content_bytes(LANE, "thing-1", position, identifier, "thing.happened", 1, data, "{}")
        )
        return (position, "thing-1", position, identifier, "thing.happened", 1, at, data, "{}", digest)


async def archive_of(
    source: MemorySource, path: Path, *, personal: bool = False, first: int = 1, last: int | None = None
) -> Manifest:
    """Archive the blocks that hold positions `first` to `last` (all) at `path`."""
    begin = await source.block_of(first)
    previous = (await source.block_of(begin.first_position - 1)).hash if begin.first_position > 1 else None
    return await write_archive(
        source,
        path,
        begin,
        await source.block_of(last) if last else source.head,
        previous_hash=previous or GENESIS_HASH,
        personal=personal,
        progress=lambda _position: None,
    )
