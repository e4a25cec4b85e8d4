"""The one task that feeds all read models of a lane: read a batch, decode it once, apply it everywhere.

Rows and checkpoints commit together, and the checkpoints are locked first, so any number of processes may
run this on one database: one projects, the others wait and then find nothing to do. Lazy for the sake of
throughput, unless a reader waits. A projection that meets a fact it cannot apply is halted, loudly, exactly
before that fact; the others go on.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from eventstore.database import is_busy, is_lost
from eventstore.records import Corrupt, Unavailable
from eventstore.subscription import (
    HALTED,
    RUNNING,
    Checkpoint,
    advance,
    halt,
    lock_checkpoints,
    read_bodies_after,
    read_checkpoints,
)
from projections.errors import describe
from projections.projection import apply
from projections.registry import PROJECTIONS
from projections.standing import Standing
from projections.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import asyncpg

    from eventstore.doorbell import Doorbell
    from eventstore.subscription import Connection
    from projections.fact import Decoder
    from projections.projection import Projection

BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 5.0
_log = structlog.get_logger(__name__)


class Runner:
    """Runs in every process that reads; `run` must be running for `wait_until` to end well.

    `linger_s` is how long a batch waits for more events when nobody waits for it; `poll_interval_s` how
    soon events are found that the doorbell did not ring for.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        doorbell: Doorbell,
        decoder: Decoder,
        lane: int,
        *,
        projections: Sequence[Projection] = PROJECTIONS,
        batch_events_max: int = 2000,
        linger_s: float = 0.03,
        poll_interval_s: float = 0.25,
    ) -> None:
        self._pool = pool
        self._doorbell = doorbell
        self._decoder = decoder
        self._lane = lane
        self._projections = {projection.subscription: projection for projection in projections}
        self._batch_events_max = batch_events_max
        self._linger_s = linger_s
        self._poll_interval_s = poll_interval_s
        self._look_again_at = 0.0
        self._loop = asyncio.get_running_loop()  # asked once: before Python 3.12 each asking is a system call
        self.standing = Standing({projection.name: projection.subscription for projection in projections})

    async def wait_until(
        self, position: int, deadline: float, projections: Iterable[str] | None = None
    ) -> None:
        """Return once the named projections (None: all that run) have seen the event at `position`.

        `position` must be in the log. Raises BehindError at `deadline` (`loop.time()`), HaltedError when one
        of the named has stopped before `position`.
        """
        self._doorbell.ring(position)
        await self.standing.wait_until(position, deadline, projections)

    async def run(self) -> None:
        """Project until cancelled, across lost connections."""
        backoff_s = BACKOFF_FIRST_S
        while True:
            try:
                async with self._pool.acquire() as connection:
                    await self._look(connection)
                    while True:
                        await self._step(connection)
                        if backoff_s > BACKOFF_FIRST_S:
                            _log.info("projections_resumed", lane=self._lane)
                        backoff_s = BACKOFF_FIRST_S
            except Exception as error:
                if not _will_pass(error):
                    raise
                if backoff_s == BACKOFF_FIRST_S:
                    _log.warning("projections_interrupted", lane=self._lane, error=describe(error))
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, BACKOFF_MAX_S)

    async def _step(self, connection: Connection) -> None:
        """Wait for events, and let every group of projections take one batch of them."""
        if self.standing.lowest() >= self._doorbell.head:
            await self._doorbell.wait(self.standing.lowest(), self._poll_interval_s)
        if self._loop.time() >= self._look_again_at:
            await self._look(connection)
        heard = self._doorbell.head
        if self.standing.lowest() >= heard:
            return
        moved = [await self._pass(connection, group) for group in self.standing.groups()]
        if not any(moved) and self.standing.lowest() < heard:
            await asyncio.sleep(self._poll_interval_s)  # rung for what is not in the log
        elif max(moved) < self._batch_events_max:
            await self.standing.linger(self._linger_s)

    async def _look(self, connection: Connection) -> None:
        """Learn where lane and checkpoints stand without locking anything: an idle service writes nothing."""
        self._look_again_at = self._loop.time() + self._poll_interval_s
        question = self.standing.asked()
        head, checkpoints = await read_checkpoints(connection, self._lane, list(self._projections))
        self._learn(self._projections, checkpoints)
        self.standing.answer(question)
        self._doorbell.ring(head)

    def _learn(self, names: Iterable[str], checkpoints: Mapping[str, Checkpoint]) -> None:
        for name in self.standing.learn({name: checkpoints.get(name) for name in names}):
            state = self.standing.checkpoint(name).state
            _log.warning("projection_state", lane=self._lane, projection=name, state=state)

    async def _pass(self, connection: Connection, names: Sequence[str]) -> int:
        """One batch for followers that stand together; returns how many events they moved on."""
        try:
            return await self._batch(connection, names, self.standing.room(names, self._batch_events_max))
        except Exception as error:
            if _will_pass(error):
                raise
            _log.warning("projection_batch_failed", lane=self._lane, names=names, error=describe(error))
        await self._look(connection)
        return sum([await self._alone(connection, name) for name in names])

    async def _batch(self, connection: Connection, names: Sequence[str], limit: int) -> int:
        async with connection.transaction():
            await connection.execute(statement("write_settings"))
            checkpoints = await lock_checkpoints(connection, self._lane, names)
            self._learn(names, checkpoints)
            running = {name: at for name, (at, state) in checkpoints.items() if state == RUNNING}
            start = min(running.values(), default=0)
            group = [name for name, at in running.items() if at == start]
            if not group:
                return 0
            projections = [self._projections[name] for name in group]
            types = frozenset[str]().union(*(projection.event_types for projection in projections))
            bodies, end = await read_bodies_after(connection, self._lane, start, limit, types)
            if end == start:
                return 0
            facts = await self._decoder(bodies)
            for projection in projections:
                await apply(connection, projection, projection.schema, self._lane, facts)
            if not await advance(connection, self._lane, group, start, end):
                raise Corrupt(f"lane {self._lane}: locked checkpoints moved from {start}")
        self.standing.learn({name: Checkpoint(end, RUNNING) for name in group})
        return end - start

    async def _alone(self, connection: Connection, name: str) -> int:
        """Bring one follower over a batch that failed; halt it if it is the one that cannot.

        Smaller and smaller batches end at the very event, so that the follower halts right before it.
        """
        limit = self._batch_events_max
        moved = 0
        while moved < self._batch_events_max:
            try:
                count = await self._batch(connection, [name], limit)
            except Exception as error:
                if _will_pass(error):
                    raise
                if limit == 1:
                    await self._halt(connection, name, error)
                    break
                limit //= 2
            else:
                if not count:
                    break
                moved += count
        return moved

    async def _halt(self, connection: Connection, name: str, error: Exception) -> None:
        position, _ = self.standing.checkpoint(name)
        text = f"position {position + 1}: {describe(error)}"
        if await halt(connection, self._lane, name, position, text):
            _log.error("projection_halted", lane=self._lane, projection=name, error=text)
            self.standing.learn({name: Checkpoint(position, HALTED)})


def _will_pass(error: Exception) -> bool:
    """Whether trouble lies with the database, not with an event: worth trying again, no reason to halt."""
    return is_lost(error) or is_busy(error) or isinstance(error, (Unavailable, TimeoutError))
