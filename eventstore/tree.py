"""The Merkle tree of a lane in the database: tiles, roots, proofs, and the checkpoints that were signed.

Reads only, over the connection given. Every size up to the stored tiles can be asked for, whether a
checkpoint of it was signed or not. What the bytes mean is known to `merkle` and `tiles`. The sealer writes;
outward features and the operator's commands read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eventstore.chain import leaf_bytes
from eventstore.merkle import EMPTY_ROOT, HASH_BYTES
from eventstore.records import Corrupt
from eventstore.statements import statement
from eventstore.tiles import WIDTH, Tiles, consistency_tiles, inclusion_tiles, right_edge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from eventstore.subscription import Connection
    from eventstore.tiles import Tile

SIZE_MAX = (1 << 63) - 1


class SignedCheckpoint(NamedTuple):
    """A checkpoint as it is kept: the note is what counts, the rest is read out of it."""

    size: int
    root: bytes
    note: str
    signed_at: datetime


class Proof(NamedTuple):
    """The hashes of a proof, and the root of the (larger) tree that they lead to."""

    path: list[bytes]
    root: bytes


class MissingTile(Corrupt):
    """A part of the tree is not there (any more), or not yet."""


async def read_tiles(connection: Connection, lane: int, tiles: Sequence[Tile]) -> dict[Tile, bytes]:
    """Tiles, full or the beginning of one, with their concatenated hashes. Raises MissingTile."""
    if not tiles:
        return {}
    levels, numbers, widths = zip(*tiles, strict=True)
    rows = await connection.fetch(statement("read_tiles"), lane, levels, numbers, widths)
    found = {tile: row[0] or b"" for tile, row in zip(tiles, rows, strict=True)}
    for tile, hashes in found.items():
        if len(hashes) != tile.width * HASH_BYTES:
            raise MissingTile(
                f"lane {lane}: of the tile at level {tile.level}, index {tile.number} "
                f"only {len(hashes) // HASH_BYTES} of {tile.width} hashes are there"
            )
    return found


async def read_root(connection: Connection, lane: int, size: int) -> bytes:
    """The root of the tree over positions 1 to `size`. Raises MissingTile."""
    if size == 0:
        return EMPTY_ROOT
    return Tiles(size, await read_tiles(connection, lane, right_edge(size))).root()


async def inclusion_proof(connection: Connection, lane: int, position: int, size: int) -> Proof:
    """That the event at `position` is in the tree of `size`. Raises ValueError, MissingTile."""
    spans, needed = inclusion_tiles(position - 1, size)
    tiles = Tiles(size, await read_tiles(connection, lane, needed))
    return Proof(tiles.path(spans), tiles.root())


async def consistency_proof(connection: Connection, lane: int, old_size: int, new_size: int) -> Proof:
    """That the tree of `new_size` begins with that of `old_size`. Raises ValueError, MissingTile."""
    spans, needed = consistency_tiles(old_size, new_size)
    tiles = Tiles(new_size, await read_tiles(connection, lane, needed))
    return Proof(tiles.path(spans), tiles.root())


async def read_entries(connection: Connection, lane: int, number: int, width: int) -> list[bytes]:
    """The canonical leaf bytes below a tile of level 0. Raises MissingTile."""
    first = number * WIDTH + 1
    rows = await connection.fetch(statement("read_leaves"), lane, first, first + width - 1)
    if len(rows) != width:
        raise MissingTile(f"lane {lane}: there are events missing between {first} and {first + width - 1}")
    return [leaf_bytes(lane, *row) for row in rows]


async def last_checkpoint(
    connection: Connection, lane: int, size_max: int = SIZE_MAX
) -> SignedCheckpoint | None:
    """The largest signed checkpoint of at most `size_max` events, if there is one."""
    row = await connection.fetchrow(statement("last_checkpoint"), lane, size_max)
    return None if row is None else SignedCheckpoint(*row)


async def next_checkpoint(connection: Connection, lane: int, size_min: int) -> SignedCheckpoint | None:
    """The smallest signed checkpoint of at least `size_min` events, if there is one."""
    row = await connection.fetchrow(statement("read_signed_checkpoints"), lane, size_min - 1, 1)
    return None if row is None else SignedCheckpoint(*row)
