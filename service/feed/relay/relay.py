"""Passes a lane's events on to a broker: every position once and in order, whatever breaks between.

The stream itself says how far it is. It is asked whenever a connection is new, and the checkpoint follows
it: what was published without the checkpoint moving is not published again, and what a broker lost of
its stream's end is. Holds one page of events at most; while the broker is away nothing is read.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import structlog

from eventstore.database import reachable
from eventstore.records import StoreError
from eventstore.statements import statement
from eventstore.subscription import RUNNING, advance, read_checkpoints, subscribe
from service.domain.values import value
from service.feed.relay.broker import BrokerError, Known, checkpoint_name
from service.feed.relay.lease import ANSWER_S, lease
from service.feed.selection import Selection

if TYPE_CHECKING:
    import asyncpg

    from eventstore.doorbell import Doorbell
    from service.feed.pages import Pages
    from service.feed.relay.broker import Broker, End, Stream

PAUSE_FIRST_S = 0.2
PAUSE_MAX_S = 30.0
LINGER_S = 0.03
"""How long events are gathered: a batch costs a query, a confirmation and an update, however small."""

_log = structlog.get_logger(__name__)


@value(kw_only=True)
class RelayLimits:
    """How much at a time, and how often the log is looked at without a doorbell."""

    batch_events: int
    poll_s: float


class Relay:
    """Relays one lane, while no other process does."""

    def __init__(
        self,
        pages: Pages,
        broker: Broker,
        dsn: str,
        lane: int,
        limits: RelayLimits,
        *,
        is_personal: bool = False,
        after: int = 0,
    ) -> None:
        self._problems: set[str] = set()  # all there were since it last went well
        self._pages = pages
        self._broker = broker
        self._dsn = dsn
        self._lane = lane
        self._limits = limits
        self._selection = Selection(is_personal=is_personal)
        self._after = after
        self._name = checkpoint_name(broker.stream_name)
        self._pause_s = PAUSE_FIRST_S

    async def run(self, doorbell: Doorbell) -> None:
        """Relay until cancelled."""
        while True:
            try:
                async with lease(self._dsn, self._lane) as connection, self._broker.connected() as stream:
                    await self._relay(connection, stream, doorbell)
            except Exception as problem:  # noqa: BLE001 -- whatever is wrong with the broker, the ledger serves on
                self._report(problem)
            await asyncio.sleep(self._pause_s * random.uniform(0.5, 1.0))  # noqa: S311 -- not a secret
            self._pause_s = min(2 * self._pause_s, PAUSE_MAX_S)

    def _report(self, problem: Exception) -> None:
        """Once for each problem, not for each attempt."""
        text = str(problem) or type(problem).__name__
        if text not in self._problems:
            self._problems.add(text)
            stream = self._broker.stream_name
            if isinstance(problem, (BrokerError, StoreError, OSError, TimeoutError)):
                _log.warning("events are not relayed", stream=stream, problem=text)
            else:
                _log.error("events are not relayed", stream=stream, exc_info=problem)

    async def _relay(self, connection: asyncpg.Connection, stream: Stream, doorbell: Doorbell) -> None:
        """Without end. Raises what breaks."""
        position, sequence = await self._begin(connection, stream)
        while True:
            page = await self._pages.page(position, self._limits.batch_events, self._selection)
            if page.entries:
                ahead = position - sequence
                sequence = await stream.publish(page.entries, sequence)
                await self._move(connection, position, page.position)
                position = page.position
                if position - sequence != ahead:
                    await self._keep(connection, position - sequence)
            self._went_well(position, page.head)
            if position >= page.head:
                await doorbell.wait(position, self._limits.poll_s)
                await asyncio.sleep(LINGER_S)
                stream.check()

    async def _begin(self, connection: asyncpg.Connection, stream: Stream) -> tuple[int, int]:
        """From which position to go on, which the checkpoint is moved to, and the stream's count."""
        async with asyncio.timeout(ANSWER_S):
            with reachable():
                await subscribe(connection, self._lane, [self._name])
                head, checkpoints = await read_checkpoints(connection, self._lane, [self._name])
                kept = await connection.fetchval(statement("read_relayed_stream"), self._lane, self._name)
        checkpoint = checkpoints[self._name]
        if checkpoint.state != RUNNING:
            raise BrokerError(f"the relay is {checkpoint.state}")
        end = await stream.end(Known(checkpoint.position, kept, self._after))
        position = self._position_at(end, kept)
        newest = max(position, end.newest)
        if newest > head:
            raise BrokerError(
                f"the stream {self._broker.stream_name} is at position {newest}, beyond the end of the log,"
                f" {head}: the log is an older copy, or the stream another ledger's"
            )
        if position - end.sequence != kept:
            await self._keep(connection, position - end.sequence)
        if checkpoint.position != position:
            await self._move(connection, checkpoint.position, position)
        _log.info(
            "relaying",
            stream=self._broker.stream_name,
            position=position,
            checkpoint=checkpoint.position,
            behind=head - position,
        )
        return position, end.sequence

    def _position_at(self, end: End, kept: int | None) -> int:
        """Up to where a stream has everything."""
        if end.position is not None:
            return end.position
        if end.sequence == 0:
            return self._after
        if kept is not None:
            return end.sequence + kept
        raise BrokerError(
            f"the stream {self._broker.stream_name} was emptied, and nothing says up to where it was"
            " filled: remove it, or choose another prefix"
        )

    async def _keep(self, connection: asyncpg.Connection, ahead: int) -> None:
        async with asyncio.timeout(ANSWER_S):
            with reachable():
                await connection.execute(statement("keep_relayed_stream"), self._lane, self._name, ahead)

    async def _move(self, connection: asyncpg.Connection, before: int, after: int) -> None:
        async with asyncio.timeout(ANSWER_S):
            with reachable():
                if not await advance(connection, self._lane, [self._name], before, after):
                    raise BrokerError("another process moved the checkpoint of the relay")

    def _went_well(self, position: int, head: int) -> None:
        self._pause_s = PAUSE_FIRST_S
        if self._problems:
            _log.warning("events are relayed again", position=position, behind=head - position)
            self._problems.clear()
