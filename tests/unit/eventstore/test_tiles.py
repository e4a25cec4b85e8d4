"""Tiles hold the tree and nothing else: what is built and proven from them is the tree of the model."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstore.merkle import consistency_spans, inclusion_spans, verify_consistency, verify_inclusion
from eventstore.tiles import (
    WIDTH,
    Tile,
    TileBuilder,
    Tiles,
    consistency_tiles,
    inclusion_tiles,
    number_path,
    parse_number_path,
    right_edge,
)
from tests.support.merkle_model import leaves_of, model_root

DIGESTS = leaves_of(70_000)


class Stored:
    """All tiles of a tree, full and partial, as a log would serve them."""

    def __init__(self, size: int) -> None:
        self.builder = TileBuilder()
        self.full = {}
        for digest in DIGESTS[:size]:
            for tile in self.builder.append(digest):
                self.full[Tile(tile.level, tile.number)] = tile

    def get(self, tile: Tile) -> bytes:
        """A tile; where it is full by now, what stands there."""
        stored = self.full.get(Tile(tile.level, tile.number))
        if stored is not None:
            return stored.hashes[: tile.width * 32]
        open_tiles = {(rest.level, rest.number): hashes for rest, hashes in self.builder.rest().items()}
        return open_tiles[tile.level, tile.number][: tile.width * 32]


BIG = Stored(len(DIGESTS))


def test_the_example_of_the_specification() -> None:
    """A tree of 70,000 has the tiles that C2SP tlog-tiles counts."""
    assert right_edge(70_000) == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert right_edge(256) == [Tile(1, 0, 1)]
    assert list(BIG.builder.rest()) == right_edge(70_000)
    assert sum(tile.level == 0 for tile in BIG.full) == 273
    assert sum(tile.level == 1 for tile in BIG.full) == 1


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, 70_000])
def test_roots_come_out_of_the_right_edge(size: int) -> None:
    """The root of any size is hashed from the tiles that are not full there."""
    tiles = Tiles(size, {tile: BIG.get(tile) for tile in right_edge(size)})
    assert tiles.root() == model_root(DIGESTS[:size])


@settings(max_examples=40)
@given(st.integers(1, len(DIGESTS)), st.data())
def test_proofs_come_out_of_tiles(size: int, data: st.DataObject) -> None:
    """Inclusion and consistency proofs at any size need few tiles and verify."""
    index = data.draw(st.integers(0, size - 1))
    spans, needed = inclusion_tiles(index, size)
    tiles = Tiles(size, {tile: BIG.get(tile) for tile in needed})
    assert len(needed) <= 6
    assert spans == inclusion_spans(index, size)
    assert verify_inclusion(index, size, DIGESTS[index], tiles.path(spans), tiles.root())

    old = data.draw(st.integers(1, size))
    spans, needed = consistency_tiles(old, size)
    tiles = Tiles(size, {tile: BIG.get(tile) for tile in needed})
    old_root = Tiles(old, {tile: BIG.get(tile) for tile in right_edge(old)}).root()
    assert spans == consistency_spans(old, size)
    assert verify_consistency(old, size, old_root, tiles.root(), tiles.path(spans))


@settings(max_examples=20)
@given(st.integers(0, 2000), st.integers(0, 600))
def test_a_kept_state_goes_on(size: int, more: int) -> None:
    """A tree that is put away and taken up again gives the same tiles and root as one that was not."""
    straight, first = TileBuilder(), TileBuilder()
    for digest in DIGESTS[:size]:
        straight.append(digest)
        first.append(digest)
    second = TileBuilder.restored(first.state())
    for digest in DIGESTS[size : size + more]:
        assert second.append(digest) == straight.append(digest)
    assert (second.size, second.root(), second.rest()) == (straight.size, straight.root(), straight.rest())


@pytest.mark.parametrize("state", [b"", bytes(7), bytes(8) + bytes(32), (300).to_bytes(8, "big") + bytes(64)])
def test_a_damaged_state_is_refused(state: bytes) -> None:
    """What cannot be a tree is not taken for one."""
    with pytest.raises(ValueError, match="state of a tree"):
        TileBuilder.restored(state)


@pytest.mark.parametrize(
    ("number", "width", "path"),
    [
        (0, WIDTH, "000"),
        (5, 7, "005.p/7"),
        (999, WIDTH, "999"),
        (1000, WIDTH, "x001/000"),
        (1_234_067, WIDTH, "x001/x234/067"),
        (1_234_067, 255, "x001/x234/067.p/255"),
    ],
)
def test_paths_are_those_of_the_specification(number: int, width: int, path: str) -> None:
    """A tile's path is written, and read back, as C2SP tlog-tiles says."""
    assert number_path(number, width) == path
    assert parse_number_path(path) == (number, width)


OTHER_PATHS = (
    *("", "0", "00", "1000", "x000/000", "001/000", "x001/x000", "000/", "-01", "x001/" * 7 + "000"),
    *("000.p/0", "000.p/256", "000.p/007", "\u0660\u0660\u0660"),
)


@pytest.mark.parametrize("path", OTHER_PATHS)
def test_other_paths_are_not_read(path: str) -> None:
    """There is one way to write each tile."""
    assert parse_number_path(path) is None
