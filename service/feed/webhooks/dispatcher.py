"""Runs the deliveries of one process: takes leases, starts and stops them, writes down how far they are.

Several processes may run one each; a webhook is sent to by the one that has its lease. All deliveries of a
process are written together, a few times a second, so that many of them do not cost many commits.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import structlog

from eventstore.deliveries import LIVE
from eventstore.identifiers import uuid7
from eventstore.records import QueueFull, StoreError, Unavailable
from service.domain.refusals import Refusal
from service.domain.values import value
from service.feed.webhooks.delivery import Delivery, Tools, defect
from service.feed.webhooks.pace import Pace
from service.feed.webhooks.plans import NO_RIGHT, plan_of, selection_of
from service.handling.answers import Call

if TYPE_CHECKING:
    from eventstore.deliveries import Attempt, Deliveries, Key, Standing
    from service.domain.webhooks import Webhook
    from service.feed.pages import Pages
    from service.feed.pulse import Pulse
    from service.feed.webhooks.delivery import DeliveryLimits
    from service.feed.webhooks.plans import Plan, Rights
    from service.feed.webhooks.sender import Sender
    from service.handling.webhooks import Webhooks

WRITE_S = 0.25
PRUNE_S = 60.0
STOP_S = 5.0
AGAIN_S = 1.0
"""How long everything is left alone after a failure of our own."""
CALL_S = 10.0
NO_CURSOR = "where it stands is not known, as in a copy of a ledger: resume it from a position"
_TRANSIENT = (StoreError, QueueFull, TimeoutError)
_log = structlog.get_logger(__name__)


@value(kw_only=True)
class DispatchLimits:
    """How much is sent, and how leases and the log of deliveries are kept."""

    per_second_max: int
    lease_s: float
    log_rows_max: int
    log_age_max_s: float


class _Running(NamedTuple):
    delivery: Delivery
    task: asyncio.Task[str]


class Dispatcher:
    """`run` it; `wake` it when something about the webhooks changed in this process."""

    def __init__(
        self,
        webhooks: Webhooks,
        deliveries: Deliveries,
        pages: Pages,
        pulse: Pulse,
        sender: Sender,
        rights: Rights,
        delivery_limits: DeliveryLimits,
        limits: DispatchLimits,
    ) -> None:
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._rights = rights
        self._limits = limits
        pace = Pace(limits.per_second_max)
        self._tools = Tools(pages, pulse, sender, self._has_lease, self._is_current, pace, delivery_limits)
        self._holder = uuid7()
        self._running: dict[Key, _Running] = {}
        self._plans: dict[int, Plan] = {}
        self._unplaced: dict[int, float] = {}
        self._leased_until = 0.0
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at the webhooks now."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until cancelled; what arrived is then written, and the leases given back."""
        loop = asyncio.get_running_loop()
        sync_at = prune_at = 0.0
        try:
            while True:
                try:
                    await self._write()
                    if self._woken.is_set() or loop.time() >= sync_at:
                        self._woken.clear()
                        sync_at = loop.time() + self._limits.lease_s / 3
                        await self._sync()
                    if loop.time() >= prune_at:
                        prune_at = loop.time() + PRUNE_S
                        await self._prune()
                except _TRANSIENT as problem:
                    _log.warning("webhooks are held up", error=str(problem) or type(problem).__name__)
                    await asyncio.sleep(AGAIN_S)
                except Exception as problem:  # noqa: BLE001 -- the ledger serves on, whatever is wrong here
                    _log.error("webhooks are held up", exc_info=problem)
                    await asyncio.sleep(AGAIN_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(WRITE_S, self._limits.lease_s / 3)):
                        await self._woken.wait()
        finally:
            await self._stop()

    def _has_lease(self) -> bool:
        return asyncio.get_running_loop().time() < self._leased_until

    async def _is_current(self, plan: Plan) -> bool:
        webhook = await self._webhooks.find(plan.webhook_id)
        try:
            if webhook is not None and selection_of(webhook.target) == plan.asked:
                return True
        except ValueError:
            return True  # nor does `_plan` make anything of it: it tells so, and keeps this one
        self.wake()
        return False

    async def _sync(self) -> None:
        """Deliver what is to be delivered now and nobody else delivers."""
        webhooks = [each for each in await self._webhooks.all() if not each.is_paused]
        plans = [(each, plan) for each in webhooks if (plan := await self._plan(each)) is not None]
        self._plans = {plan.webhook_id: plan for _, plan in plans}
        keys = [
            (each.webhook_id, replay_id)
            for each, _ in plans
            for replay_id in (LIVE, *(replay.replay_id for replay in each.replays))
        ]
        began = asyncio.get_running_loop().time()
        claimed = await self._deliveries.claim(keys, self._holder, self._limits.lease_s) if keys else []
        found = {standing.key for standing in claimed}
        for key in [key for key in self._running if key not in found]:
            await self._end(key)
        # By this clock a lease ends before it does by the server's: it was asked for before it was given.
        self._leased_until = began + self._limits.lease_s
        for standing in claimed:
            await self._keep(standing)
        await self._pause_lost([each for each, _ in plans if (each.webhook_id, LIVE) not in found])

    async def _plan(self, webhook: Webhook) -> Plan | None:
        try:
            plan = await plan_of(webhook, self._webhooks, self._rights)
        except Unavailable:
            raise
        except (StoreError, ValueError) as problem:
            _log.error("a webhook cannot be delivered", webhook=webhook.webhook_id, problem=str(problem))
            return self._plans.get(webhook.webhook_id)
        if plan is None:
            await self._pause(webhook.webhook_id, NO_RIGHT)
        return plan

    async def _keep(self, standing: Standing) -> None:
        """Make sure that this delivery runs by its present plan."""
        plan, running = self._plans[standing.recipient], self._running.get(standing.key)
        if running is not None:
            if running.delivery.plan.selection == plan.selection:
                running.delivery.plan = plan
                return
            # What it has in its hands was selected by another plan.
            await self._end(standing.key)
            self.wake()
            return
        delivery = Delivery(plan, standing, self._tools)
        task = asyncio.create_task(delivery.run(), name=f"webhook-{standing.recipient}-{standing.replay}")
        task.add_done_callback(lambda _: self.wake())
        self._running[standing.key] = _Running(delivery, task)
        _log.info("webhook_delivers", webhook=standing.recipient, replay=standing.replay)

    async def _pause_lost(self, webhooks: list[Webhook]) -> None:
        """Webhooks that nothing says of where they stand; of others somebody else has the lease."""
        if not webhooks:
            return
        known = await self._webhooks.standing([each.webhook_id for each in webhooks])
        lost = [number for number, found in known.items() if all(each.replay != LIVE for each in found)]
        now = asyncio.get_running_loop().time()
        self._unplaced = {number: self._unplaced.get(number, now) for number in lost}
        for number, since in self._unplaced.items():
            # One that was just added may be so for a moment: whoever adds it has not written that yet.
            if now - since >= self._limits.lease_s:
                await self._pause(number, NO_CURSOR)

    async def _write(self) -> None:
        """Write what changed, and see to deliveries that came to their end."""
        ended = {key: running for key, running in self._running.items() if running.task.done()}
        moves = {
            key: move
            for key, running in self._running.items()
            if (move := running.delivery.move()) is not None
        }
        await self._write_attempts()
        moved = await self._deliveries.move(self._holder, list(moves.values())) if moves else set()
        for key, move in moves.items():
            if key in moved:
                self._running[key].delivery.written(move)
            elif key not in ended:
                await self._cancel(key)
                self.wake()
        for key, running in ended.items():
            await self._see_to(key, running)

    async def _write_attempts(self) -> None:
        taken = {key: list(running.delivery.attempts) for key, running in self._running.items()}
        by_webhook: dict[int, list[Attempt]] = {}
        for (webhook_id, _), attempts in taken.items():
            by_webhook.setdefault(webhook_id, []).extend(attempts)
        await self._deliveries.record(by_webhook)
        for key, attempts in taken.items():
            log = self._running[key].delivery.attempts
            for _ in range(min(len(attempts), len(log))):
                log.popleft()

    async def _see_to(self, key: Key, running: _Running) -> None:
        """A delivery came to its end by itself."""
        if running.task.cancelled():
            reason = ""
        elif problem := running.task.exception():
            _log.error("a webhook stopped", webhook=key[0], exc_info=problem)
            is_the_log = isinstance(problem, StoreError)
            reason = f"the log cannot be read: {problem}" if is_the_log else defect(problem)
        else:
            reason = running.task.result()
        if reason:
            await self._pause(key[0], reason)
        self._running.pop(key, None)

    async def _pause(self, webhook_id: int, reason: str) -> None:
        deadline = asyncio.get_running_loop().time() + CALL_S
        call = Call("operator:service", 0, "local", "webhooks", deadline)
        answer = await self._webhooks.pause(webhook_id, reason, call, is_by_ledger=True)
        if not isinstance(answer, Refusal):
            _log.warning("webhook_paused", webhook=webhook_id, reason=reason)

    async def _end(self, key: Key) -> None:
        """Stop one delivery, and write how far it came."""
        running = self._running[key]
        running.task.cancel()
        await asyncio.wait([running.task])
        await self._deliveries.record({key[0]: list(running.delivery.attempts)})
        if (move := running.delivery.move()) is not None:
            await self._deliveries.move(self._holder, [move])
        self._running.pop(key, None)

    async def _cancel(self, key: Key) -> None:
        """Somebody else has the lease, or moved it: what this delivery believes is of no use."""
        running = self._running.pop(key)
        running.task.cancel()
        await asyncio.wait([running.task])

    async def _prune(self) -> None:
        recipients = {key[0] for key in self._running}
        if recipients:
            await self._deliveries.prune(recipients, self._limits.log_rows_max, self._limits.log_age_max_s)

    async def _stop(self) -> None:
        for running in self._running.values():
            running.task.cancel()
        if self._running:
            await asyncio.wait([running.task for running in self._running.values()])
        try:
            async with asyncio.timeout(STOP_S):
                await self._write()
                await self._deliveries.release(self._holder)
        except _TRANSIENT as problem:
            _log.warning("webhooks were not let go cleanly", error=str(problem))
