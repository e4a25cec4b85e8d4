"""Writing an archive from a source, in constant memory; the file gets its name only when it is complete."""

from __future__ import annotations

import asyncio
from typing import IO, TYPE_CHECKING

from eventstore.archive.files import complete_file
from eventstore.archive.lines import HEADER, encode_rows
from eventstore.archive.manifest import Extent, Manifest, header_line
from eventstore.archive.members import compressed, described, stored
from eventstore.copying.chain_walk import ChainWalk
from eventstore.copying.rows import Chunk, Cut, Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from eventstore.copying.rows import BlockEnd, Source

MEMBER_BYTES = 4 << 20
"""Text in one member, about; small enough to be held in memory several times."""
_SLICE_ROWS = 200
_LOG = (Kind.BLOCK.value, Kind.EVENT.value)


async def write_archive(
    source: Source,
    path: Path,
    first: BlockEnd,
    last: BlockEnd,
    *,
    previous_hash: bytes,
    personal: bool,
    progress: Callable[[int], None],
) -> Manifest:
    """The blocks `first` to `last` with what stands beside them; `previous_hash` is that of the block before.

    `personal` takes the keys that open personal data along, and all secrets. Raises Corrupt where the chain
    does not hold: nothing is archived that does not verify.
    """
    extent = Extent(
        lane=source.lane,
        first_position=first.first_position,
        last_position=last.position,
        previous_hash=previous_hash,
        head_hash=last.hash,
        head_at=last.recorded_at,
        with_personal_keys=personal,
    )
    walk = ChainWalk(source.lane, first.first_position, previous_hash)
    cut = Cut(first.first_position, last.position)
    with complete_file(path) as file:
        writer = _Writer(file, extent)
        try:
            async for chunk in source.chunks(first.first_position, last.position, personal=personal):
                walk.take(chunk)
                for part in cut.keep(chunk):
                    await writer.add(part)
                progress(walk.position)
            walk.end_at(last.position, last.hash)
            await writer.close()
        finally:
            await writer.settle()
    return writer.manifest


class _Writer:
    """Gathers lines into members. While one is compressed, in a thread, the next is gathered."""

    def __init__(self, file: IO[bytes], extent: Extent) -> None:
        self.manifest = Manifest(extent)
        self._file = file
        self._kinds: tuple[str, ...] = (HEADER,)
        self._texts = [header_line(extent)]
        self._lines = 1
        self._size = 0
        self._under_way: asyncio.Task[None] | None = None

    async def add(self, chunk: Chunk) -> None:
        """The lines of a chunk; those beside the log stand in members of their own kind."""
        kinds = _LOG if chunk.kind.value in _LOG else (chunk.kind.value,)
        counts = self.manifest.counts
        counts[chunk.kind.value] = counts.get(chunk.kind.value, 0) + len(chunk.rows)
        for start in range(0, len(chunk.rows), _SLICE_ROWS):
            rows = chunk.rows[start : start + _SLICE_ROWS]
            if kinds != self._kinds or self._size >= MEMBER_BYTES:
                await self._end_member()
                self._kinds = kinds
            lines = encode_rows(Chunk(chunk.kind, rows))
            self._texts.append(lines)
            self._lines += len(rows)
            self._size += len(lines)

    async def close(self) -> None:
        """Everything is there: write the manifest."""
        await self._end_member()
        await self.settle()
        self._file.write(stored(self.manifest.line()))

    async def settle(self) -> None:
        """Wait until nothing is being written."""
        if self._under_way is not None:
            await self._under_way

    async def _end_member(self) -> None:
        await self.settle()
        self._under_way = asyncio.create_task(self._write(self._kinds, self._lines, b"".join(self._texts)))
        self._texts, self._lines, self._size = [], 0, 0

    async def _write(self, kinds: tuple[str, ...], lines: int, text: bytes) -> None:
        data = await asyncio.to_thread(compressed, text)
        self._file.write(data)
        self.manifest.members.append(described(kinds, lines, data))
