"""Builds the Merkle tree behind the log, and signs checkpoints of it, off the way of those who append.

A follower of the lane in short slices. Tiles are a pure function of the log, so that two processes may store
the same ones; signing is done by one at a time. Whatever was signed once is held against the stored tree
before anything more is signed, so that no two checkpoints ever contradict each other. Knows no billing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Protocol

import structlog

from eventstore.database import connection_of, reachable
from eventstore.merkle import subtree_root
from eventstore.note import TreeHead, sign_head
from eventstore.records import StoreError
from eventstore.statements import statement
from eventstore.subscription import subscribe
from eventstore.tiles import WIDTH, FullTile, Tile, hashes_of
from eventstore.tree import SignedCheckpoint, last_checkpoint, read_root, read_tiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from eventstore.doorbell import Doorbell
    from eventstore.signing_keys import KeyFile
    from eventstore.subscription import Connection

NAME = "sealer"
SLICE_TILES = 16
"""Tiles built in one transaction, of 4,096 events: some milliseconds of hashing here and in the database."""

_log = structlog.get_logger(__name__)


class ForkError(StoreError):
    """The stored tree contradicts a checkpoint that was signed; nothing more is signed until it does not."""


class Anchor(Protocol):
    """Where signed checkpoints are also put, outside the database."""

    async def keep(self, checkpoint: SignedCheckpoint) -> None:
        """Keep a checkpoint; what fails is reported by the anchor itself."""
        ...


class SealLimits(NamedTuple):
    """When a checkpoint is due: so many events, or so many seconds, after the last one."""

    events_max: int
    interval_s: float


class Sealer:
    """One lane's sealer. Without a key file the tree is built all the same."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        lane: int,
        keys: KeyFile | None,
        limits: SealLimits,
        anchors: Sequence[Anchor] = (),
    ) -> None:
        self.problem: str | None = None
        """Why the last attempt came to nothing, None if it did not."""
        self._pool = pool
        self._lane = lane
        self._keys = keys
        self._limits = limits
        self._anchors = anchors

    async def run(self, doorbell: Doorbell) -> None:
        """Follow the lane until cancelled."""
        while True:
            seen = doorbell.head
            try:
                seen = max(seen, await self.seal())
                self.problem = None
            except Exception as problem:  # noqa: BLE001 -- whatever is wrong with the tree, the ledger serves on
                self._report(problem)
            # Counted from what there was when the round began, whatever came of it: no round follows at once.
            await doorbell.wait(seen + self._limits.events_max - 1, self._limits.interval_s)

    def _report(self, problem: Exception) -> None:
        text = str(problem) or type(problem).__name__
        if text != self.problem:
            if isinstance(problem, ForkError):
                _log.critical("the log contradicts what was signed of it", problem=text)
            elif isinstance(problem, (StoreError, OSError)):
                _log.warning("the log is not sealed", problem=text)
            else:
                _log.error("the log is not sealed", exc_info=problem)
        self.problem = text

    async def seal(self) -> int:
        """Build what can be built and sign a checkpoint of it; the last position looked at.

        Raises ForkError, KeyFileError, MissingTile, Unavailable.
        """
        with reachable():
            async with connection_of(self._pool) as connection:
                await subscribe(connection, self._lane, [NAME])
            while await self._build_slice():
                pass
            async with connection_of(self._pool) as connection:
                head, checkpoint = await self._sign(connection)
        if checkpoint is not None:
            _log.info("checkpoint_signed", lane=self._lane, size=checkpoint.size, root=checkpoint.root.hex())
            for anchor in self._anchors:
                await anchor.keep(checkpoint)
        return head

    async def _build_slice(self) -> bool:
        """Store some tiles; whether there are more to store."""
        async with connection_of(self._pool) as connection, connection.transaction():
            head = await _head(connection, self._lane)
            first = await connection.fetchval(statement("next_tile"), self._lane)
            end = min(head // WIDTH, first + SLICE_TILES)
            level = 0
            begin = first
            while begin < end:
                await self._store(connection, [Tile(level, number) for number in range(begin, end)])
                level += 1
                begin, end = begin // WIDTH, end // WIDTH
            return bool(head // WIDTH > first + SLICE_TILES)

    async def _store(self, connection: Connection, tiles: list[Tile]) -> None:
        filled = []
        for tile, hashes in (await read_tiles(connection, self._lane, tiles)).items():
            filled.append(FullTile(tile.level, tile.number, hashes, subtree_root(hashes_of(hashes))))
            await asyncio.sleep(0)  # 255 hashes, 0.2 ms: requests go first
        await connection.execute(statement("store_tiles"), self._lane, *map(list, zip(*filled, strict=True)))

    async def _sign(self, connection: Connection) -> tuple[int, SignedCheckpoint | None]:
        """Sign the tree as far as its tiles are there, unless that was done, or is being done elsewhere."""
        async with connection.transaction():
            head = await _head(connection, self._lane)
            if self._keys is None:
                return head, None
            if await connection.fetchrow(statement("lock_sealer"), self._lane, NAME) is None:
                return head, None
            keys = await asyncio.to_thread(self._keys.read)
            last = await last_checkpoint(connection, self._lane)
            tiles = await connection.fetchval(statement("next_tile"), self._lane)
            size = min(head, tiles * WIDTH + WIDTH - 1)
            await self._assert_grown(connection, size, last)
            if size == 0 or (last is not None and last.size >= size):
                return head, None
            tree_head = TreeHead(keys[0].verifier.name, size, await read_root(connection, self._lane, size))
            note = sign_head(tree_head, keys)
            await asyncio.to_thread(self._keys.keep_last, note)
            await connection.execute(statement("store_checkpoint"), self._lane, size, tree_head.root, note)
            await connection.execute(statement("sealed_to"), self._lane, NAME, size)
            checkpoint = await last_checkpoint(connection, self._lane, size)
        return head, checkpoint

    async def _assert_grown(self, connection: Connection, size: int, last: SignedCheckpoint | None) -> None:
        """Hold the tree against what was signed last, as the database tells it and as the key's file does."""
        assert self._keys is not None  # noqa: S101 -- only called where there is one
        kept = await asyncio.to_thread(self._keys.last_signed)
        signed = {(head.size, head.root) for head in (last, kept) if head is not None}
        for signed_size, root in sorted(signed):
            if signed_size > size:
                raise ForkError(
                    f"a checkpoint of {signed_size} events was signed, but the log ends at position {size}"
                )
            if await read_root(connection, self._lane, signed_size) != root:
                raise ForkError(
                    f"the events up to position {signed_size} are not those of the checkpoint signed then"
                )


async def _head(connection: Connection, lane: int) -> int:
    row = await connection.fetchrow(statement("read_head"), lane)
    return int(row["head_position"]) if row else 0
