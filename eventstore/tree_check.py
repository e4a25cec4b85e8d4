"""Holds the stored tiles and the signed checkpoints against leaves that are given in order.

One pass over the log feeds it: whoever recomputes the content hashes anyway gives each leaf hash here and
asks at the end. Nothing of the stored tree is trusted. It reads through the connection given, so in that
snapshot, and writes nothing. Used by what verifies a ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstore.chain import leaf_bytes
from eventstore.merkle import leaf_hash
from eventstore.note import NoteError, parse_checkpoint, verify_checkpoint
from eventstore.statements import statement
from eventstore.tiles import WIDTH, TileBuilder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    import asyncpg

    from eventstore.note import TreeHead, VerifierKey
    from eventstore.subscription import Connection
    from eventstore.tiles import FullTile

_TILES_AT_ONCE = 64
_CHECKPOINTS_AT_ONCE = 500
_TILE_COLUMNS = ("hashes", "root")


def leaf_digest(lane: int, position: int, recorded_at: datetime, digest: bytes) -> bytes:
    """The hash of an event's leaf, as `TreeCheck.add` takes it; `digest` is the event's content hash."""
    return leaf_hash(leaf_bytes(lane, position, recorded_at, digest))


@dataclass(frozen=True, slots=True)
class TreeReport:
    """What the check found: the tree over the leaves given, what was compared, and what is wrong.

    `problems` are sentences that name table, row and column, the lowest position first, none if all holds.
    """

    size: int
    root: bytes
    tiles: int
    checkpoints: int
    last_checkpoint: int
    problems: tuple[str, ...]


class TreeCheck:
    """Compares while it is fed. `state` is that of an earlier check to go on from, behind its leaves.

    `keys` are those the checkpoints must be signed by; without any only their roots are compared.
    """

    def __init__(
        self,
        connection: Connection,
        lane: int,
        keys: Collection[VerifierKey] = (),
        state: bytes | None = None,
        problems_max: int = 20,
    ) -> None:
        self._connection = connection
        self._lane = lane
        self._keys = keys
        self._builder = TileBuilder() if state is None else TileBuilder.restored(state)
        self._problems_max = problems_max
        self._problems: list[str] = []
        self._tile_count = 0
        self._levels: list[_StoredTiles] = []
        self._heads = _StoredCheckpoints(connection, lane, self._builder.size)
        self._checkpoint_count = 0
        self._last_checkpoint = 0
        self._origin: str | None = None
        self._next_size: int | None = None
        self._is_begun = False

    async def add(self, digests: Iterable[bytes]) -> None:
        """The hashes of the leaves that follow, see `leaf_digest`."""
        if not self._is_begun:
            await self._begin()
        builder = self._builder
        append = builder.append
        for digest in digests:
            for tile in append(digest):
                await self._check_tile(tile)
            if builder.size == self._next_size:
                await self._check_checkpoint()

    def state(self) -> bytes:
        """What a later check needs to go on behind the leaves given so far, a few KB."""
        return self._builder.state()

    async def finish(self) -> TreeReport:
        """What was found, once every leaf of the log was given."""
        if not self._is_begun:
            await self._begin()
        size = self._builder.size
        if self._next_size is not None:
            self._problem(
                f"es.signed_checkpoint, size {self._next_size}: a checkpoint of {self._next_size} events was "
                f"signed, but the log ends at position {size}"
            )
        await self._check_rest_of_tiles()
        return TreeReport(
            size,
            self._builder.root(),
            self._tile_count,
            self._checkpoint_count,
            self._last_checkpoint,
            tuple(self._problems),
        )

    async def _begin(self) -> None:
        self._is_begun = True
        level = 0
        while level == 0 or self._builder.size >> (8 * level):
            self._levels.append(self._stored(level))
            level += 1
        await self._next_checkpoint()

    def _stored(self, level: int) -> _StoredTiles:
        return _StoredTiles(self._connection, self._lane, level, self._builder.size >> (8 * (level + 1)))

    async def _check_tile(self, tile: FullTile) -> None:
        if tile.level == len(self._levels):
            self._levels.append(_StoredTiles(self._connection, self._lane, tile.level, 0))
        stored = await self._levels[tile.level].next()
        if stored is None:
            return  # not built yet; what is missing below others is found at the end
        where = f"es.merkle_tile, level {tile.level}, index"
        if stored["index"] != tile.number:
            self._levels[tile.level].back()
            self._problem(f"{where} {tile.number}: the tile is missing")
            return
        self._tile_count += 1
        for column in _TILE_COLUMNS:
            if stored[column] != getattr(tile, column):
                span = WIDTH ** (tile.level + 1)
                self._problem(
                    f"{where} {tile.number}, column {column}: not what positions {tile.number * span + 1} to "
                    f"{(tile.number + 1) * span} hash to"
                )

    async def _check_checkpoint(self) -> None:
        row = self._heads.current
        self._checkpoint_count += 1
        self._last_checkpoint = self._builder.size
        where = f"es.signed_checkpoint, size {self._builder.size}"
        try:
            head = self._read(row["note"])
        except NoteError as problem:
            self._problem(f"{where}, column note: {problem}")
        else:
            self._origin = self._origin or head.origin
            if head.size != row["size"] or head.root != row["root"]:
                self._problem(
                    f"{where}, column note: it is about size {head.size} and another root than the row"
                )
        if row["root"] != self._builder.root():
            self._problem(
                f"{where}, column root: what was signed is not what positions 1 to {self._builder.size} "
                "hash to"
            )
        await self._next_checkpoint()

    def _read(self, note: str) -> TreeHead:
        return verify_checkpoint(note, self._keys) if self._keys else parse_checkpoint(note).head

    async def _next_checkpoint(self) -> None:
        row = await self._heads.next()
        self._next_size = None if row is None else row["size"]

    async def _check_rest_of_tiles(self) -> None:
        """Tiles that stand where the log does not reach, and levels that end before what needs them does.

        A level needs the one below it, and a signed checkpoint all tiles that were full then.
        """
        below: int | None = None
        signed = self._last_checkpoint // WIDTH
        for level, stored in enumerate(self._levels):
            row = await stored.next()
            if row is not None:
                self._problem(
                    f"es.merkle_tile, level {level}, index {row['index']}: the log does not reach that far"
                )
            if below is not None and row is None and stored.index < below // WIDTH:
                self._problem(f"es.merkle_tile, level {level}, index {stored.index}: the tile is missing")
            elif level == 0 and row is None and stored.index < signed:
                self._problem(
                    f"es.merkle_tile, level 0, index {stored.index}: the tile is missing, "
                    f"and a checkpoint of {self._last_checkpoint} events was signed"
                )
            below = stored.index
        above = _StoredTiles(self._connection, self._lane, len(self._levels), 0)
        if await above.next() is not None:
            self._problem(f"es.merkle_tile, level {len(self._levels)}: the log does not reach that far")

    def _problem(self, sentence: str) -> None:
        if len(self._problems) < self._problems_max:
            self._problems.append(sentence)


class _StoredTiles:
    """The stored tiles of a level one by one, read some at a time. `index`: the one expected next."""

    def __init__(self, connection: Connection, lane: int, level: int, index: int) -> None:
        self.index = index
        self._connection = connection
        self._arguments = (lane, level)
        self._rows: list[asyncpg.Record] = []
        self._is_end = False
        self._read_to = index

    async def next(self) -> asyncpg.Record | None:
        if not self._rows and not self._is_end:
            rows = await self._connection.fetch(
                statement("read_tile_rows"), *self._arguments, self._read_to, _TILES_AT_ONCE
            )
            self._rows = rows[::-1]
            self._is_end = len(rows) < _TILES_AT_ONCE
            if rows:
                self._read_to = rows[-1]["index"] + 1
        if not self._rows:
            return None
        self.index += 1
        self._last = self._rows.pop()
        return self._last

    def back(self) -> None:
        """The one just given belongs to a later place."""
        self._rows.append(self._last)


class _StoredCheckpoints:
    """The signed checkpoints one by one, the smallest first."""

    def __init__(self, connection: Connection, lane: int, size: int) -> None:
        self.current: asyncpg.Record
        self._connection = connection
        self._lane = lane
        self._size = size
        self._rows: list[asyncpg.Record] = []

    async def next(self) -> asyncpg.Record | None:
        if not self._rows:
            rows = await self._connection.fetch(
                statement("read_signed_checkpoints"), self._lane, self._size, _CHECKPOINTS_AT_ONCE
            )
            if not rows:
                return None
            self._rows = rows[::-1]
            self._size = rows[-1]["size"]
        self.current = self._rows.pop()
        return self.current
