"""Reading an archive: checked from the first byte to the last, and as a source to copy from.

What is checked: that it is whole (its last member is the manifest, and nothing stands behind it), the SHA-256
of every member, the counts, that lines have the fields of their kind and come in order, the hash chain, and
that what stands beside the log lies within it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from eventstore.archive.lines import HEADER, MANIFEST, ArchiveError, decode, row_of
from eventstore.archive.manifest import Extent, Manifest, read_extent, read_manifest
from eventstore.archive.members import Member, MemberText, read_members, stored
from eventstore.copying.chain_walk import ChainWalk
from eventstore.copying.rows import PERSONAL, BlockEnd, Chunk, Kind
from eventstore.records import Corrupt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from datetime import datetime
    from pathlib import Path

_ORDER = {kind: place for place, kind in enumerate(Kind)} | {
    Kind.EVENT: list(Kind).index(Kind.BLOCK),
    Kind.RELEASED_KEY: list(Kind).index(Kind.KEY),
}
"""Blocks and events alternate, and so share a place; so do names that are held and that were given back."""
_KINDS = {kind.value: kind for kind in Kind}
_CLAIMS = (Kind.KEY, Kind.RELEASED_KEY)


def check_archive(path: Path, progress: Callable[[int, int], None] = lambda _done, _all: None) -> Manifest:
    """The manifest of an archive that is whole. `progress` gets positions done and to do.

    Raises ArchiveError, or OSError where the file cannot be read.
    """
    with _open(path) as reading:
        before = reading.extent.first_position - 1
        walk = ChainWalk(reading.extent.lane, reading.extent.first_position, reading.extent.previous_hash)
        try:
            for chunk in reading.chunks():
                walk.take(chunk)
                _check_place(chunk, reading.extent)
                progress(walk.position - before, reading.extent.last_position - before)
            walk.end_at(reading.extent.last_position, reading.extent.head_hash)
        except Corrupt as problem:
            raise ArchiveError(f"the archive does not verify: {problem}") from None
        return reading.checked_manifest()


def _check_place(chunk: Chunk, extent: Extent) -> None:
    """What stands beside the log must lie in it. Raises Corrupt."""
    positions: list[int] = []
    if chunk.kind is Kind.RECEIPT:
        positions = [position for row in chunk.rows for position in row[5:7]]
    elif chunk.kind in _CLAIMS:
        positions = [position for row in chunk.rows for position in row[2:]]
    if positions and not (extent.first_position <= min(positions) and max(positions) <= extent.last_position):
        raise Corrupt(f"a {chunk.kind.value} is of a position that is not in the archive")


class ArchiveSource:
    """See `eventstore.copying.rows.Source`. Make it of an archive that `check_archive` found whole."""

    def __init__(self, path: Path, extent: Extent) -> None:
        self._path = path
        self.extent = extent
        self.lane = extent.lane
        self.first_position = extent.first_position
        self.head = self._last_block(lambda _block: True) or self._missing()

    async def block_of(self, position: int) -> BlockEnd:
        """See `Source`."""
        return self._last_block(lambda block: block.first_position <= position) or self._missing()

    async def block_until(self, moment: datetime) -> BlockEnd | None:
        """See `Source`."""
        return self._last_block(lambda block: block.recorded_at <= moment)

    async def chunks(
        self, first_position: int, last_position: int, *, personal: bool
    ) -> AsyncIterator[Chunk]:
        """See `Source`. Raises ArchiveError if the file is another one by now."""
        with _open(self._path) as reading:
            for kind, rows in reading.chunks():
                if kind is Kind.BLOCK:
                    kept = [row for row in rows if row[0] >= first_position and row[1] <= last_position]
                elif kind is Kind.EVENT:
                    kept = [row for row in rows if first_position <= row[0] <= last_position]
                else:
                    kept = rows
                if kept and (personal or kind not in PERSONAL):
                    yield Chunk(kind, kept)
            reading.checked_manifest()

    def _last_block(self, is_wanted: Callable[[BlockEnd], bool]) -> BlockEnd | None:
        found = None
        with _open(self._path) as reading:
            for chunk in reading.chunks(only=Kind.BLOCK):
                for first, last, _, digest, recorded_at in chunk.rows:
                    block = BlockEnd(first, last, digest, recorded_at)
                    if not is_wanted(block):
                        return found
                    found = block
        return found

    def _missing(self) -> BlockEnd:
        raise ArchiveError("the archive has no blocks")


@contextmanager
def _open(path: Path) -> Iterator[_Reading]:
    with path.open("rb") as file:
        yield _Reading(read_members(file))


class _Reading:
    """One pass over an archive."""

    def __init__(self, members: Iterator[MemberText]) -> None:
        self._members = members
        self._number = 0
        self._seen: list[Member] = []
        self._counts: dict[str, int] = {}
        self._manifest: Manifest | None = None
        first = next(members, None)
        if first is None:
            raise ArchiveError("the file is empty")
        found = decode(first.lines[0], 1)
        if found["kind"] != HEADER or len(first.lines) != 1:
            raise ArchiveError("this is not an archive of a ledger: it does not begin as one")
        self._number = 1
        self.extent = read_extent(found, 1)
        self._seen.append(Member((HEADER,), 1, first.size, first.sha256))

    def chunks(self, only: Kind | None = None) -> Iterator[Chunk]:
        """Rows of one kind as they follow each other, blocks with all of their events; or one kind alone."""
        place = 0
        held: dict[Kind, list[Any]] = {Kind.BLOCK: [], Kind.EVENT: []}
        for member in self._members:
            if self._manifest is not None:
                raise ArchiveError("something stands behind the manifest of the archive")
            for kind, rows in self._groups(member, only):
                if _ORDER[kind] < place:
                    raise ArchiveError(f"lines of kind {kind.value} stand too late in the archive")
                place = _ORDER[kind]
                if kind not in held:
                    yield from _stretch(held)
                    yield Chunk(kind, rows)
                    continue
                if kind is Kind.BLOCK and held[Kind.EVENT]:
                    yield from _stretch(held)
                held[kind] += rows
            if only is not None:
                yield from _stretch(held)
        yield from _stretch(held)

    def _groups(self, member: MemberText, only: Kind | None) -> Iterator[tuple[Kind, list[Any]]]:
        """What a member holds, by kind; what the manifest says of it is checked at the end."""
        kinds: dict[str, None] = {}
        group: Kind | None = None
        rows: list[Any] = []
        for line in member.lines:
            self._number += 1
            if only is not None and not line.startswith(_beginning(only)) and not _is_manifest(line):
                continue
            fields = decode(line, self._number)
            kind = _KINDS.get(fields["kind"])
            if fields["kind"] == MANIFEST:
                self._end(member, fields)
                return
            if kind is None:
                raise ArchiveError(f"line {self._number} is of a kind that is not known")
            if kind is not group:
                if group is not None:
                    yield group, rows
                group, rows = kind, []
            kinds[kind.value] = None
            self._counts[kind.value] = self._counts.get(kind.value, 0) + 1
            rows.append(row_of(kind, fields, self._number))
        if group is not None:
            yield group, rows
        self._seen.append(Member(tuple(kinds), len(member.lines), member.size, member.sha256))

    def _end(self, member: MemberText, fields: dict[str, Any]) -> None:
        if len(member.lines) != 1 or stored(member.lines[0] + b"\n") != member.stored:
            raise ArchiveError("the manifest of the archive is damaged")
        self._manifest = read_manifest(fields, self._number)

    def checked_manifest(self) -> Manifest:
        """The manifest, when everything was read and adds up to it. Raises ArchiveError."""
        manifest = self._manifest
        if manifest is None:
            raise ArchiveError("the archive has no manifest at its end: it was cut off, or never finished")
        if manifest.extent != self.extent:
            raise ArchiveError("the first line of the archive and its manifest contradict each other")
        for number, (said, seen) in enumerate(zip(manifest.members, self._seen, strict=False), 1):
            if said[1:] != seen[1:] or not set(seen.kinds) <= set(said.kinds):
                raise ArchiveError(f"part {number} of the archive is not the one that its manifest names")
        if len(manifest.members) != len(self._seen):
            raise ArchiveError(
                f"the manifest names {len(manifest.members)} parts of the archive, it has {len(self._seen)}"
            )
        if {kind: count for kind, count in manifest.counts.items() if count} != self._counts:
            raise ArchiveError("the counts in the manifest of the archive are not those of its lines")
        return manifest


def _stretch(held: dict[Kind, list[Any]]) -> Iterator[Chunk]:
    """The blocks gathered with their events; nothing is held afterwards."""
    for kind, rows in held.items():
        if rows:
            yield Chunk(kind, list(rows))
            rows.clear()


def _beginning(kind: Kind) -> bytes:
    return b'{"kind":"' + kind.value.encode() + b'"'


def _is_manifest(line: bytes) -> bool:
    return line.startswith(b'{"kind":"' + MANIFEST.encode() + b'"')
