"""The Merkle tree cut into tiles, as C2SP tlog-tiles lays them out: 256 hashes, 8 levels of the tree, each.

Lives here: which tile holds what, their paths, tiles out of a growing tree, and proofs and roots out of
tiles. Pure; the table of full tiles is read by `eventstore.tree`. A tile of level 0 holds leaf hashes, one of
a level above holds the tops of full tiles of the level below.
"""

from __future__ import annotations

import re
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from eventstore.merkle import (
    HASH_BYTES,
    Frontier,
    Span,
    consistency_spans,
    full_subtrees,
    inclusion_spans,
    join,
    subtree_root,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WIDTH = 256
_LEVELS = 8
LEVEL_MAX = 63
_STATE = Struct(">q")
_PATH = re.compile(r"((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_PATH_GROUPS_MAX = 7
"""Numbers of 21 digits: more than any tree has tiles."""


class Tile(NamedTuple):
    """Where a tile stands; `width` hashes of it, 256 in a full one."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def end(self) -> int:
        """The first leaf behind all that the tile's hashes are over."""
        return (self.number * WIDTH + self.width) << (_LEVELS * self.level)


def number_path(number: int, width: int = WIDTH) -> str:
    """A tile's number as in its path: 1234067 is `x001/x234/067`, with `.p/W` behind where it is not full."""
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == WIDTH else f"{path}.p/{width}"


def parse_number_path(path: str) -> tuple[int, int] | None:
    """Number and width out of a path, None unless it is written as `number_path` does."""
    found = _PATH.fullmatch(path)
    if found is None or found[1].count("/") >= _PATH_GROUPS_MAX:
        return None
    number = int(found[1].replace("x", "").replace("/", "") + found[2])
    width = int(found[3]) if found[3] else WIDTH
    return (number, width) if number_path(number, width) == path else None


def hashes_of(concatenated: bytes) -> list[bytes]:
    """The hashes of a tile, as it is stored and served, one by one."""
    return [concatenated[start : start + HASH_BYTES] for start in range(0, len(concatenated), HASH_BYTES)]


class FullTile(NamedTuple):
    """A tile that will never change, with the top of its subtree."""

    level: int
    number: int
    hashes: bytes
    root: bytes


class TileBuilder:
    """A growing tree that gives out its tiles as they fill."""

    def __init__(self) -> None:
        self._frontier = Frontier()
        self._open: list[list[bytes]] = [[]]

    @property
    def size(self) -> int:
        """Leaves so far."""
        return self._frontier.size

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        return self._frontier.root()

    @classmethod
    def restored(cls, state: bytes) -> TileBuilder:
        """The tree whose `state` was kept. Raises ValueError for what is no state."""
        builder = cls()
        if len(state) < _STATE.size:
            raise ValueError("the state of a tree is too short")
        (size,) = _STATE.unpack_from(state)
        edge = right_edge(size) if size >= 0 else []
        if len(state) != _STATE.size + HASH_BYTES * sum(tile.width for tile in edge):
            raise ValueError("the state of a tree has the wrong length for its size")
        hashes = hashes_of(state[_STATE.size :])
        tops: list[bytes] = []
        for tile in reversed(edge):
            opened, hashes = hashes[: tile.width], hashes[tile.width :]
            builder._open += [[] for _ in range(tile.level + 1 - len(builder._open))]
            builder._open[tile.level] = opened
            parts = full_subtrees(Span(0, tile.width))
            tops += (subtree_root(opened[part.start : part.end]) for part in parts)
        builder._frontier = Frontier(size, tops)
        return builder

    def state(self) -> bytes:
        """All that is needed to go on later: at most 256 hashes a level, 8 KB."""
        hashes = b"".join(b"".join(hashes) for hashes in reversed(self._open))
        return _STATE.pack(self.size) + hashes

    def append(self, digest: bytes) -> list[FullTile]:
        """Add a leaf hash; the tiles that it fills, the lowest first."""
        self._open[0].append(digest)
        completed = self._frontier.append(digest)
        if len(completed) < _LEVELS:
            return []
        filled = []
        for level, root in enumerate(completed[_LEVELS - 1 :: _LEVELS]):
            hashes = b"".join(self._open[level])
            filled.append(FullTile(level, (self.size >> (_LEVELS * (level + 1))) - 1, hashes, root))
            self._open[level] = []
            if level + 1 == len(self._open):
                self._open.append([])
            self._open[level + 1].append(root)
        return filled

    def rest(self) -> dict[Tile, bytes]:
        """The tiles that are not full, those without any hash left out."""
        return {
            Tile(level, self.size >> (_LEVELS * (level + 1)), len(hashes)): b"".join(hashes)
            for level, hashes in enumerate(self._open)
            if hashes
        }


def right_edge(size: int) -> list[Tile]:
    """The tiles of a tree that are not full: what its root is made of, the lowest first."""
    tiles = []
    level = 0
    while size >> (_LEVELS * level):
        number, width = divmod(size >> (_LEVELS * level), WIDTH)
        if width:
            tiles.append(Tile(level, number, width))
        level += 1
    return tiles


def _place(subtree: Span, size: int) -> tuple[Tile, int, int]:
    """The tile of a tree of `size` that a full subtree stands in, and which of its hashes are below it."""
    height = (subtree.end - subtree.start).bit_length() - 1
    level = height // _LEVELS
    first = subtree.start >> (_LEVELS * level)
    number, start = divmod(first, WIDTH)
    width = min(WIDTH, (size >> (_LEVELS * level)) - number * WIDTH)
    return Tile(level, number, width), start, start + (1 << (height % _LEVELS))


def tiles_for(spans: Iterable[Span], size: int) -> list[Tile]:
    """The tiles of a tree of `size` that these spans of a proof are hashed from."""
    return sorted({_place(subtree, size)[0] for span in spans for subtree in full_subtrees(span)})


class Tiles:
    """Some tiles of a tree of `size` leaves, and what can be hashed from them."""

    def __init__(self, size: int, tiles: Mapping[Tile, bytes]) -> None:
        self.size = size
        self._tiles = {tile: hashes_of(concatenated) for tile, concatenated in tiles.items()}

    def root(self) -> bytes:
        """The root of the tree, from the tiles of its right edge."""
        return self._hash(Span(0, self.size))

    def path(self, spans: Iterable[Span]) -> list[bytes]:
        """The hashes of these spans."""
        return [self._hash(span) for span in spans]

    def _hash(self, span: Span) -> bytes:
        return join([self._subtree(subtree) for subtree in full_subtrees(span)])

    def _subtree(self, subtree: Span) -> bytes:
        tile, start, end = _place(subtree, self.size)
        return subtree_root(self._tiles[tile][start:end])


def inclusion_tiles(index: int, size: int) -> tuple[list[Span], list[Tile]]:
    """The spans of an inclusion proof, and the tiles for it and for the tree's root. Raises ValueError."""
    return _with_root(inclusion_spans(index, size), size)


def consistency_tiles(old_size: int, new_size: int) -> tuple[list[Span], list[Tile]]:
    """The spans of a consistency proof, and the tiles for it and for the new root. Raises ValueError."""
    return _with_root(consistency_spans(old_size, new_size), new_size)


def _with_root(spans: Sequence[Span], size: int) -> tuple[list[Span], list[Tile]]:
    return list(spans), sorted({*tiles_for(spans, size), *right_edge(size)})
