"""Webhooks: commands on the stream `webhooks`, secrets sealed beside the log, and where deliveries begin.

A secret is kept before the event that names it, and destroyed with the event that makes it obsolete. Where a
delivery begins is written after the event: a copy of a ledger has the events only, and sends nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventstore.deliveries import LIVE
from eventstore.identifiers import uuid7_hex
from eventstore.records import Corrupt
from service.domain.events.webhooks import WebhookAdded, WebhookReplayAsked
from service.domain.refusals import Refusal
from service.domain.values import value
from service.domain.webhooks import (
    AddWebhook,
    ChangeWebhook,
    PauseWebhook,
    RemoveWebhook,
    ReplayWebhook,
    ResumeWebhook,
    RotateWebhookSecret,
)
from service.handling import kept_secrets
from service.handling.deciders import WEBHOOKS_STREAM
from service.handling.execution import Order, Taken

if TYPE_CHECKING:
    from eventstore.deliveries import Attempt, Deliveries, Standing
    from eventstore.store import EventStore
    from service.domain.webhooks import Target, Webhook, WebhookCommand, WebhooksState
    from service.handling.answers import Call, Done
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions


@value(kw_only=True)
class WebhookLimits:
    """How many there may be."""

    webhooks_max: int
    each_max: int


@value()
class NewWebhook:
    """A webhook that was just added, or its new secret; it is told this once."""

    webhook_id: int
    secret: str


class Webhooks:
    """Every method may raise Unavailable; those that change something also QueueFull and OutcomeUnknown."""

    def __init__(
        self,
        store: EventStore,
        sessions: Sessions,
        executor: Executor,
        deliveries: Deliveries,
        limits: WebhookLimits,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._executor = executor
        self._deliveries = deliveries
        self._limits = limits

    async def all(self) -> tuple[Webhook, ...]:
        """The webhooks, oldest first, as of now."""
        state: WebhooksState = (await self._sessions.load(WEBHOOKS_STREAM)).state
        return tuple(state.webhooks.values())

    async def find(self, webhook_id: int) -> Webhook | None:
        """The webhook of this number, as of now."""
        state: WebhooksState = (await self._sessions.load(WEBHOOKS_STREAM)).state
        return state.webhooks.get(webhook_id)

    async def secret(self, secret_id: str) -> str:
        """The secret of this name. Raises Corrupt where there is none."""
        kept = await kept_secrets.read(self._store, _name(secret_id))
        if not kept:
            raise Corrupt(f"the secret {secret_id} of a webhook is not there")
        return kept

    async def add(
        self, target: Target, after: int, owner: str, secret: str, call: Call
    ) -> NewWebhook | Refusal:
        """Send what comes after a position; `owner` is a credential, or "" for an operator."""
        command = AddWebhook(
            target=target,
            after=after,
            owner=owner,
            secret_id=await self._keep(secret),
            webhooks_max=self._limits.webhooks_max,
            each_max=self._limits.each_max,
        )
        answer = await self._execute(command, call)
        if isinstance(answer, Refusal):
            return answer
        (event,) = answer.events
        if not isinstance(event, WebhookAdded):
            raise AssertionError("adding a webhook gives one event")
        await self._deliveries.begin(event.webhook_id, LIVE, after)
        return NewWebhook(event.webhook_id, secret)

    async def change(self, webhook_id: int, changes: dict[str, Any], call: Call) -> Done | Refusal:
        """Change fields of its target by name; what failed before is forgotten."""
        answer = await self._execute(ChangeWebhook(webhook_id=webhook_id, changes=changes), call)
        await self._deliveries.forgive(webhook_id)
        return answer

    async def pause(
        self, webhook_id: int, reason: str, call: Call, *, is_by_ledger: bool = False
    ) -> Done | Refusal:
        """Send nothing for now."""
        return await self._execute(
            PauseWebhook(webhook_id=webhook_id, reason=reason, is_by_ledger=is_by_ledger), call
        )

    async def resume(self, webhook_id: int, call: Call, after: int | None = None) -> Done | Refusal:
        """Go on where it was, or after another position."""
        known = await self.find(webhook_id)
        if known is not None and known.is_paused:
            await self._deliveries.forgive(webhook_id)
            if after is None:
                await self._deliveries.begin(webhook_id, LIVE, known.after)
            else:
                await self._deliveries.place(webhook_id, after)
        return await self._execute(ResumeWebhook(webhook_id=webhook_id), call)

    async def rotate(
        self, webhook_id: int, secret: str, previous_until: str, call: Call
    ) -> NewWebhook | Refusal:
        """Sign with another secret, and until a time (UTC) with the present one, too."""
        command = RotateWebhookSecret(
            webhook_id=webhook_id, secret_id=await self._keep(secret), previous_until=previous_until
        )
        answer = await self._execute(command, call)
        return answer if isinstance(answer, Refusal) else NewWebhook(webhook_id, secret)

    async def replay(self, webhook_id: int, first: int, last: int, call: Call) -> int | Refusal:
        """Send a stretch of the log once more, both positions included; the number of the replay."""
        answer = await self._execute(ReplayWebhook(webhook_id=webhook_id, first=first, last=last), call)
        if isinstance(answer, Refusal):
            return answer
        (event,) = answer.events
        if not isinstance(event, WebhookReplayAsked):
            raise AssertionError("asking for a replay gives one event")
        await self._deliveries.begin(webhook_id, event.replay_id, first - 1, last)
        return event.replay_id

    async def remove(self, webhook_id: int, call: Call) -> Done | Refusal:
        """Send nothing any more, and keep nothing but the events."""
        answer = await self._execute(RemoveWebhook(webhook_id=webhook_id), call)
        if not isinstance(answer, Refusal):
            await self._deliveries.end(webhook_id)
        return answer

    async def standing(self, webhook_ids: list[int]) -> dict[int, list[Standing]]:
        """How far the deliveries of these webhooks are, by webhook."""
        found: dict[int, list[Standing]] = {webhook_id: [] for webhook_id in webhook_ids}
        for standing in await self._deliveries.standing(webhook_ids):
            found[standing.recipient].append(standing)
        return found

    async def attempts(self, webhook_id: int, limit: int, *, only_failed: bool = False) -> list[Attempt]:
        """The log of deliveries, the newest first."""
        return await self._deliveries.attempts(webhook_id, limit, only_failed=only_failed)

    async def _keep(self, secret: str) -> str:
        secret_id = uuid7_hex()
        await kept_secrets.keep(self._store, _name(secret_id), secret)
        return secret_id

    async def _execute(self, command: WebhookCommand, call: Call) -> Done | Refusal:
        order = Order(
            stream=WEBHOOKS_STREAM,
            command=command,
            numbers={},
            replaces=lambda state: _obsolete(state, command),
        )
        answer = await self._executor.execute(order, call)
        if isinstance(answer, Taken):
            raise AssertionError("webhooks claim no names")
        return answer


def _obsolete(state: WebhooksState, command: WebhookCommand) -> tuple[str, ...]:
    """The subjects of the secrets that are of no use any more once the command is recorded."""
    if not isinstance(command, RotateWebhookSecret | RemoveWebhook):
        return ()
    known = state.webhooks.get(command.webhook_id)
    if known is None:
        return ()
    secret_ids = [known.previous_secret_id]
    if isinstance(command, RemoveWebhook):
        secret_ids.append(known.secret_id)
    return tuple(kept_secrets.subject_of(_name(secret_id)) for secret_id in secret_ids if secret_id)


def _name(secret_id: str) -> str:
    return f"webhook:{secret_id}"
