"""The hash chain and the Merkle tree in one pass over the log, against what is stored and known elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from eventstore.findings import Finding
from eventstore.merkle import Frontier
from eventstore.tiles import TileBuilder
from eventstore.tree_check import TreeCheck
from eventstore.verification import Mark
from eventstore.verify import ChainReport, Point, Walk, verify_chain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import asyncpg

    from eventstore.note import TreeHead
    from eventstore.subscription import Connection
    from service.audit.report import Ask

KEEP_EVENTS = 200_000
"""So often an interrupted check can be gone on with."""


class Reached(Protocol):
    """Told of how far it came."""

    async def __call__(self, mark: Mark, *, is_worth_keeping: bool) -> None:
        """`is_worth_keeping` every KEEP_EVENTS."""
        ...


class ChainAndTree:
    """One pass from `start` on, behind which the `heads` are.

    Afterwards `findings` are those about the tree, and `root` is its root.
    """

    def __init__(
        self, pool: asyncpg.Pool, lane: int, ask: Ask, start: Mark, heads: Collection[TreeHead]
    ) -> None:
        # Without the tree up to there, the tree can only be grown from the beginning, and so is the chain.
        self._start = start if start.tree is not None else Mark()
        self._pool = pool
        self._lane = lane
        self._ask = ask
        self._kept = self._start.position
        self._frontier: Frontier | TileBuilder | None = None
        if heads:
            begun = self._start.tree
            self._frontier = Frontier() if begun is None else TileBuilder.restored(begun)
        self._wanted = sorted({(head.size, head.root) for head in heads})
        self._next = 0
        self.findings: list[Finding] = []
        self.note = ""
        self.root: bytes | None = None
        self.state: bytes | None = None

    async def run(self, progress: Callable[[int, int], None], reached: Reached) -> ChainReport:
        """What of the chain holds. Raises Unavailable, InsufficientPrivilegeError."""
        async with (
            self._pool.acquire() as reader,
            self._pool.acquire() as connection,
            # Opened before the head is read: the tree as it is seen here is never ahead of the log.
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            report = await self._walk(reader, connection, progress, reached)
        self.findings += [
            Finding(
                f"the checkpoint is of {size} events, and the log ends at position {report.position}: "
                "its tail is gone",
                position=report.position + 1,
            )
            for size, _ in self._wanted
            if size > report.position and report.problem is None
        ]
        return report

    async def _walk(
        self,
        reader: Connection,
        connection: Connection,
        progress: Callable[[int, int], None],
        reached: Reached,
    ) -> ChainReport:
        tree = TreeCheck(connection, self._lane, self._ask.keys, self._start.tree)

        async def observe(digests: Sequence[bytes]) -> None:
            await tree.add(digests)
            self._compare(digests)

        async def pause(point: Point) -> None:
            is_worth_keeping = point.position - self._kept >= KEEP_EVENTS
            if is_worth_keeping:
                self._kept = point.position
            mark = Mark(*point, tree.state() if is_worth_keeping else None)
            await reached(mark, is_worth_keeping=is_worth_keeping)

        walk = Walk(
            start=Point(self._start.position, self._start.head_hash),
            expected=self._ask.expected,
            progress=progress,
            observe=observe,
            pause=pause,
        )
        await tree.add(())  # so that the snapshot is taken now
        report = await verify_chain(reader, self._lane, walk)
        if report.problem is None:
            found = await tree.finish()
            self.root, self.state = found.root, tree.state()
            self.findings += [Finding(problem) for problem in found.problems]
            self.note = f"{found.tiles} tiles, {found.checkpoints} checkpoints"
        return report

    def _compare(self, digests: Sequence[bytes]) -> None:
        """With the roots that are known from elsewhere."""
        if self._frontier is None:
            return
        for digest in digests:
            self._frontier.append(digest)
            size = self._frontier.size
            while self._next < len(self._wanted) and self._wanted[self._next][0] <= size:
                if self._wanted[self._next] != (size, self._frontier.root()):
                    self.findings.append(
                        Finding(
                            f"positions 1 to {size} do not hash to the root of the checkpoint: "
                            "history is not the one that was signed",
                            position=size,
                        )
                    )
                self._next += 1
