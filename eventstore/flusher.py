"""Group commit: whatever queued while the last flush was in the air goes next, as one append.

One flusher per lane per process, no linger. Only one flush is ever in the air, and its verdicts are
dealt out before the next is collected; two rules lean on that:

- Commands on one stream may be decided against each other's events before any is committed. They share
  a `Chain`; when one of them is not appended the chain is broken, and what is still queued on it is
  answered CONFLICT here, because its expected version was counted on a history that did not happen.
  (It could match by accident: another process may have appended as many events.)
- A connection cut during the commit leaves the outcome unknown. The same batch is then sent again, with
  the same command ids: what was committed comes back as DUPLICATE. Nothing is guessed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eventstore.records import Outcome, OutcomeUnknown, QueueFull, StoreError, Unavailable, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from eventstore.records import Proposal
    from eventstore.store import EventStore


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushLimits:
    """What one flush and the queue before it may hold, and how long a lost answer is asked after again."""

    flush_events_max: int = 500
    flush_bytes_max: int = 1 << 20
    queue_commands_max: int = 4000
    resend_s: float = 30.0
    resend_pause_s: float = 0.05


class Chain:
    """Decisions made one on top of the other in this process; broken as soon as one of them fell."""

    __slots__ = ("broken",)

    def __init__(self) -> None:
        self.broken = False


@dataclass(slots=True, eq=False)
class _Waiting:
    proposal: Proposal
    chain: Chain
    answer: asyncio.Future[Verdict]


@dataclass(slots=True)
class _Batch:
    """A flush being put together: what fits, and the names that may not stand in it twice."""

    waiting: list[_Waiting] = field(default_factory=list)
    events: int = 0
    bytes: int = 0
    names: set[str | UUID] = field(default_factory=set)
    held_streams: set[str] = field(default_factory=set)


class Flusher:
    """The only writer of its lane in this process. `run` must be running for `submit` to be answered."""

    def __init__(
        self, store: EventStore, limits: FlushLimits, on_flushed: Callable[[int], None] = lambda _: None
    ) -> None:
        self._store = store
        self._limits = limits
        self._on_flushed = on_flushed
        self._loop = asyncio.get_running_loop()  # asked once: before Python 3.12 each asking is a system call
        self._queue: deque[_Waiting] = deque()
        self._in_flight: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._closing = False
        self.flushes = 0
        """Flushes sent so far; a figure for metrics."""

    @property
    def depth(self) -> int:
        """Commands waiting for the next flush."""
        return len(self._queue)

    def submit(self, proposal: Proposal, chain: Chain) -> asyncio.Future[Verdict]:
        """Queue a proposal; the future brings its verdict. Raises QueueFull, also once closing.

        The future may raise Unavailable (nothing was recorded) or OutcomeUnknown. Cancelling it withdraws
        a proposal that is not yet in the air; one that is in the air will be answered to nobody.
        """
        if self._closing or len(self._queue) >= self._limits.queue_commands_max:
            raise QueueFull("the ledger is stopping" if self._closing else "too many commands are waiting")
        answer: asyncio.Future[Verdict] = self._loop.create_future()
        self._queue.append(_Waiting(proposal, chain, answer))
        self._wake.set()
        return answer

    def is_in_flight(self, answer: asyncio.Future[Verdict]) -> bool:
        """Whether the proposal behind this future was sent and not answered yet."""
        return any(waiting.answer is answer for waiting in self._in_flight)

    async def run(self) -> None:
        """Flush until `close`; then flush what is left and return."""
        while True:
            if not self._queue:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
            if batch := self._collect():
                await self._flush(batch)

    def close(self) -> None:
        """Take nothing more in; `run` returns when what is queued has been answered."""
        self._closing = True
        self._wake.set()

    def _collect(self) -> list[_Waiting]:
        batch = _Batch()
        held: list[_Waiting] = []
        while self._queue and batch.events < self._limits.flush_events_max:
            waiting = self._queue.popleft()
            if waiting.answer.done():  # withdrawn: whatever was decided on top of it is void
                waiting.chain.broken = True
            elif waiting.chain.broken:
                waiting.answer.set_result(Verdict(Outcome.CONFLICT, waiting.proposal.stream))
            elif not self._add(batch, waiting):
                held.append(waiting)
                if batch.bytes >= self._limits.flush_bytes_max:
                    break
        self._queue.extendleft(reversed(held))
        return batch.waiting

    def _add(self, batch: _Batch, waiting: _Waiting) -> bool:
        """Put it into the batch unless it has to wait for the next: order within a stream is kept."""
        proposal = waiting.proposal
        size = 0
        for event in proposal.events:
            size += len(event.data) + len(event.metadata)
        fits = not batch.waiting or (
            batch.bytes + size <= self._limits.flush_bytes_max
            and batch.events + len(proposal.events) <= self._limits.flush_events_max
        )
        # The same command id, or the same claimed name, is judged against the log, so not in one batch.
        # A name that is given back must be in the log for that, or out of it for whoever takes it next.
        repeats = (
            proposal.command_id in batch.names
            or not batch.names.isdisjoint(proposal.claims)
            or not batch.names.isdisjoint(proposal.releases)
        )
        if not fits or repeats or proposal.stream in batch.held_streams:
            batch.held_streams.add(proposal.stream)
            if not fits:
                batch.bytes = self._limits.flush_bytes_max
            return False
        batch.waiting.append(waiting)
        batch.events += max(1, len(proposal.events))
        batch.bytes += size
        batch.names.add(proposal.command_id)
        batch.names.update(proposal.claims)
        batch.names.update(proposal.releases)
        return True

    async def _flush(self, batch: list[_Waiting]) -> None:
        self._in_flight = batch
        try:
            verdicts = await self._append([waiting.proposal for waiting in batch])
        except StoreError as error:
            self._fail(batch, error)
        except Exception as error:  # noqa: BLE001 -- one command that the database cannot take must not fail the rest
            await self._flush_one_by_one(batch, error)
        else:
            self._settle(batch, verdicts)
        finally:
            self._in_flight = []

    async def _flush_one_by_one(self, batch: list[_Waiting], error: Exception) -> None:
        if len(batch) == 1:
            self._fail(batch, error)
            return
        for waiting in batch:
            if waiting.answer.done():  # withdrawn while its neighbours were sent
                waiting.chain.broken = True
            elif waiting.chain.broken:
                _answer(waiting, Verdict(Outcome.CONFLICT, waiting.proposal.stream))
            else:
                await self._flush([waiting])

    def _settle(self, batch: list[_Waiting], verdicts: list[Verdict]) -> None:
        self.flushes += 1
        last = 0
        for waiting, verdict in zip(batch, verdicts, strict=True):
            if verdict.outcome is Outcome.APPENDED:
                last = max(last, verdict.last_position)
            else:
                waiting.chain.broken = True
            _answer(waiting, verdict)
        if last:
            self._on_flushed(last)

    def _fail(self, batch: list[_Waiting], error: Exception) -> None:
        for waiting in batch:
            waiting.chain.broken = True
            if not waiting.answer.done():
                waiting.answer.set_exception(error)

    async def _append(self, proposals: Sequence[Proposal]) -> list[Verdict]:
        """Send a batch until its fate is known. Raises OutcomeUnknown only when that stays unknown."""
        deadline = self._loop.time() + self._limits.resend_s
        unknown: OutcomeUnknown | None = None
        while True:
            try:
                return await self._store.append(proposals)
            except OutcomeUnknown as error:
                unknown = error
            except Unavailable as error:
                if unknown is None:
                    raise
                unknown.add_note(f"asked again: {error}")
            if self._loop.time() > deadline:
                raise unknown
            await asyncio.sleep(self._limits.resend_pause_s)


def _answer(waiting: _Waiting, verdict: Verdict) -> None:
    if not waiting.answer.done():
        waiting.answer.set_result(verdict)
