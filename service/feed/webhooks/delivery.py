"""One delivery: reads the log after its position and sends what is selected, until it is over or has to stop.

In order per account, several accounts at a time. While the endpoint fails, one attempt at a time, and those
ever further apart; each account's event is tried again after a time of its own, with full jitter.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import orjson
import structlog

from eventstore.deliveries import Attempt, Move
from eventstore.identifiers import uuid7
from eventstore.records import Unavailable
from service.feed.pages import LIVE_EVENTS_MAX
from service.feed.webhooks.signing import signed_fields
from service.feed.webhooks.window import Failing, Window

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from eventstore.deliveries import Standing
    from service.feed.pages import Entry, Pages
    from service.feed.pulse import Pulse
    from service.feed.webhooks.pace import Pace
    from service.feed.webhooks.plans import Plan
    from service.feed.webhooks.sender import Outcome, Sender
    from service.feed.webhooks.window import Account

AGAIN_S = 1.0
"""How long the log is left alone when it could not be read."""
PACE_MAX_S = 30.0
"""Between two attempts while the endpoint fails, whatever they are about: what is new finds out that soon."""
OUTAGE_FAILURES = 5
"""In a row: the endpoint was down. When it is back, all that failed is sent at once."""
_LEASE_LOOK_S = 0.2
_PLAN_LOOK_S = 0.05
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLimits:
    """How deliveries go."""

    parallel_max: int
    """Requests of one delivery at a time."""
    retry_first_s: float
    retry_max_s: float
    retry_window_s: float
    """After failing for so long it is paused."""
    attempts_kept: int
    """Of the attempts not yet written; of more the oldest are forgotten."""


class Tools(NamedTuple):
    """What all deliveries of a process share."""

    pages: Pages
    pulse: Pulse
    sender: Sender
    has_lease: Callable[[], bool]
    is_current: Callable[[Plan], Awaitable[bool]]
    """Whether a plan still selects what its webhook asks for; where not, another one is on its way."""
    pace: Pace
    limits: DeliveryLimits


class Delivery:
    """A webhook's live delivery, or a replay. `run` it; `plan` may be replaced meanwhile."""

    def __init__(self, plan: Plan, standing: Standing, tools: Tools) -> None:
        self.plan = plan
        self.attempts: deque[Attempt] = deque(maxlen=tools.limits.attempts_kept)
        self._standing = standing
        self._tools = tools
        self._window = Window(standing.position, _failed_before(standing))
        self._last_error = standing.last_error
        self._written = standing.position
        self._written_failing = _failed_before(standing)
        self._news = asyncio.Event()
        self._freed = asyncio.Event()
        self._flying: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._rests_until = 0.0
        self._stop_reason = ""

    async def run(self) -> str:
        """Until a replay is finished, "", or sending has to stop: why. Raises Corrupt."""
        reading = asyncio.create_task(self._read())
        reading.add_done_callback(lambda _: self._news.set())
        try:
            while not self._stop_reason:
                self._news.clear()
                if reading.done():
                    reading.result()
                    if self._window.is_empty:
                        return ""
                await self._wait(self._start())
            return self._stop_reason
        finally:
            for task in (reading, *self._flying):
                task.cancel()
            await asyncio.gather(reading, *self._flying, return_exceptions=True)

    def move(self) -> Move | None:
        """What is to be written of how far it is; None if nothing changed."""
        found = self._window.failing()
        failing, error = found if found is not None else (None, "")
        if (self._window.position, failing) == (self._written, self._written_failing):
            return None
        return Move(
            self._standing.recipient,
            self._standing.replay,
            self._written,
            self._window.position,
            failing.position if failing else None,
            failing.since if failing else None,
            failing.attempts if failing else 0,
            error or (self._last_error if failing else ""),
        )

    def written(self, move: Move) -> None:
        """What `move` told is written."""
        self._written = move.to_position
        self._written_failing = (
            Failing(move.failing_position, move.failing_since, move.attempts)
            if move.failing_position is not None and move.failing_since is not None
            else None
        )

    async def _read(self) -> None:
        """Keep the window filled; ends with a replay's last position."""
        until, window, pulse = self._standing.until, self._window, self._tools.pulse
        while until is None or window.looked < until:
            while not window.has_room:
                self._freed.clear()
                await self._freed.wait()
            beats, plan = pulse.beats, self.plan
            try:
                page = await self._tools.pages.next(window.looked, LIVE_EVENTS_MAX, plan.selection)
                # Asked after the page was read: a change that stands in it is known then, whoever made it.
                is_current = await self._tools.is_current(plan)
            except (Unavailable, TimeoutError):
                await asyncio.sleep(AGAIN_S)
                continue
            if not is_current:
                await asyncio.sleep(_PLAN_LOOK_S)
                continue
            entries, position = list(page.entries), page.position
            if until is not None and position > until:
                entries, position = [entry for entry in entries if entry.position <= until], until
            window.take(entries, position)
            if entries:
                self._news.set()
            if position >= page.head:
                await pulse.after(beats)

    def _start(self) -> float | None:
        """Send what may be sent now; after how many seconds there may be more, None if that is not known."""
        now = asyncio.get_running_loop().time()
        limits = self._tools.limits
        while self._window.next_due() is not None:
            if len(self._flying) >= (1 if self._failures else limits.parallel_max):
                return None
            if now < self._rests_until:
                return self._rests_until - now
            if not self._tools.has_lease():
                return _LEASE_LOOK_S
            if pause_s := self._tools.pace.wait_s(now):
                return pause_s
            account = self._window.next(now)
            if account is None:
                break
            self._tools.pace.count(now)
            task = asyncio.create_task(self._attempt(account))
            self._flying.add(task)
            task.add_done_callback(self._landed)
        due = self._window.next_due()
        return None if due is None else max(0.0, due - now)

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            _log.error("a delivery stopped", webhook=self.plan.webhook_id, exc_info=problem)
            self._stop_reason = defect(problem)
        self._news.set()

    async def _attempt(self, account: Account) -> None:
        entry, plan = account.entries[0], self.plan
        event_id = str(orjson.loads(entry.text)["id"])
        began = datetime.now(UTC)
        fields = signed_fields(plan.secrets, event_id, entry.text, began)
        outcome = await self._tools.sender.post(plan.url, fields, entry.text)
        self._record(entry, UUID(event_id), account.attempts + 1, began, outcome)
        if outcome.is_taken:
            self._arrived(account)
        else:
            self._failed(account, outcome)

    def _arrived(self, account: Account) -> None:
        self._window.arrived(account)
        if self._failures >= OUTAGE_FAILURES:
            self._window.hurry()
        self._failures, self._rests_until = 0, 0.0
        self._freed.set()

    def _failed(self, account: Account, outcome: Outcome) -> None:
        limits, now, moment = self._tools.limits, asyncio.get_running_loop().time(), datetime.now(UTC)
        asked_s = min(outcome.retry_after_s, limits.retry_max_s)
        pause_s = max(asked_s, _jittered(limits.retry_first_s, account.attempts, limits.retry_max_s))
        since = self._window.failed(account, now + pause_s, moment, outcome.error)
        self._last_error = outcome.error
        pace_s = _jittered(limits.retry_first_s, self._failures, min(PACE_MAX_S, limits.retry_max_s))
        self._failures += 1
        self._rests_until = now + max(asked_s, pace_s)
        if outcome.status == HTTPStatus.GONE:
            self._stop_reason = "the endpoint answered 410 Gone"
        elif (moment - since).total_seconds() >= limits.retry_window_s:
            self._stop_reason = f"it failed for too long; at last: {outcome.error}"

    def _record(self, entry: Entry, event_id: UUID, number: int, began: datetime, outcome: Outcome) -> None:
        self.attempts.append(
            Attempt(
                uuid7(),
                began,
                self._standing.replay,
                entry.position,
                event_id,
                entry.type,
                entry.stream,
                number,
                outcome.is_taken,
                outcome.status,
                outcome.latency_ms,
                outcome.error,
            )
        )


def defect(problem: BaseException) -> str:
    """Why a webhook is paused that this code cannot deliver."""
    return f"a defect of the ledger: {type(problem).__name__}"


def _failed_before(standing: Standing) -> Failing | None:
    if standing.failing_position is None or standing.failing_since is None:
        return None
    return Failing(standing.failing_position, standing.failing_since, standing.attempts)


def _jittered(first_s: float, failures: int, most_s: float) -> float:
    """Exponential back-off with full jitter: anything up to a time that doubles with every failure."""
    doubled = first_s * 2 ** min(failures, 60)
    return random.uniform(0, min(doubled, most_s))  # noqa: S311 -- no secret
