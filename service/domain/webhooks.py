"""Webhooks, stream `webhooks`: who is sent which events, paused or not, and which stretches are repeated.

State, commands, decider and fold together, as they are this small. Pure; anyone above the domain may import
it. How far each one is, and what came of every attempt, is kept beside the log.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from service.domain.events.webhooks import (
    WebhookAdded,
    WebhookChanged,
    WebhookPaused,
    WebhookRemoved,
    WebhookReplayAsked,
    WebhookResumed,
    WebhookSecretRotated,
)
from service.domain.refusals import Refusal, RefusalCode
from service.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.events import Event

REPLAYS_KEPT = 20
"""Of one webhook: a replay that is older than so many others is not gone on with."""


@value(kw_only=True)
class Target:
    """Where events go, and which. Fields as in `WebhookAdded`."""

    url: str
    types: tuple[str, ...] = ()
    clients: tuple[int, ...] = ()
    is_personal: bool = False


@value(kw_only=True)
class Replay:
    """A stretch of the log that is sent once more; both positions are part of it."""

    replay_id: int
    first: int
    last: int


@value(kw_only=True)
class Webhook:
    """A webhook that was not removed."""

    webhook_id: int
    target: Target
    after: int
    owner: str
    secret_id: str
    added_at: str
    previous_secret_id: str = ""
    previous_until: str = ""
    is_paused: bool = False
    is_paused_by_ledger: bool = False
    pause_reason: str = ""
    paused_at: str = ""
    replays: tuple[Replay, ...] = ()
    last_replay_id: int = 0


@value(kw_only=True)
class AddWebhook:
    """Send events; the secret is kept already under `secret_id`."""

    target: Target
    after: int
    owner: str
    secret_id: str
    webhooks_max: int
    """Of the whole ledger."""
    each_max: int
    """Of one owner who is not the operator."""


@value(kw_only=True)
class ChangeWebhook:
    """Change those fields of the target that are given, by name."""

    webhook_id: int
    changes: dict[str, Any]


@value(kw_only=True)
class PauseWebhook:
    """Send nothing for now."""

    webhook_id: int
    reason: str
    is_by_ledger: bool = False


@value(kw_only=True)
class ResumeWebhook:
    """Go on where it was."""

    webhook_id: int


@value(kw_only=True)
class RotateWebhookSecret:
    """Sign with another secret, which is kept already, and for a while with the present one, too."""

    webhook_id: int
    secret_id: str
    previous_until: str


@value(kw_only=True)
class ReplayWebhook:
    """Send a stretch of the log once more."""

    webhook_id: int
    first: int
    last: int


@value(kw_only=True)
class RemoveWebhook:
    """Send nothing any more."""

    webhook_id: int


WebhookCommand = (
    AddWebhook
    | ChangeWebhook
    | PauseWebhook
    | ResumeWebhook
    | RotateWebhookSecret
    | ReplayWebhook
    | RemoveWebhook
)


@dataclass(slots=True)
class WebhooksState:
    """The webhooks by number, oldest first, and the highest number ever given."""

    webhooks: dict[int, Webhook] = field(default_factory=dict)
    last_id: int = 0


Answer = tuple["Event", ...] | Refusal


def decide(state: WebhooksState, command: WebhookCommand, now: str) -> Answer:
    """One event; WEBHOOK_NOT_FOUND, WEBHOOK_PAUSED, WEBHOOK_NOT_PAUSED, TOO_MANY_WEBHOOKS."""
    if isinstance(command, AddWebhook):
        return _added(state, command, now)
    known = state.webhooks.get(command.webhook_id)
    if known is None:
        return Refusal(RefusalCode.WEBHOOK_NOT_FOUND, str(command.webhook_id))
    return _DECIDERS[type(command)](known, command, now)


def _added(state: WebhooksState, command: AddWebhook, now: str) -> Answer:
    its_owners = sum(known.owner == command.owner for known in state.webhooks.values())
    if len(state.webhooks) >= command.webhooks_max or (command.owner and its_owners >= command.each_max):
        return Refusal(RefusalCode.TOO_MANY_WEBHOOKS)
    return (
        WebhookAdded(
            webhook_id=state.last_id + 1,
            after=command.after,
            owner=command.owner,
            secret_id=command.secret_id,
            added_at=now,
            **_fields(command.target),
        ),
    )


def _changed(known: Webhook, command: ChangeWebhook, now: str) -> Answer:
    target = replace(known.target, **command.changes)
    return (WebhookChanged(webhook_id=known.webhook_id, changed_at=now, **_fields(target)),)


def _paused(known: Webhook, command: PauseWebhook, now: str) -> Answer:
    if known.is_paused:
        return Refusal(RefusalCode.WEBHOOK_PAUSED, str(known.webhook_id))
    return (
        WebhookPaused(
            webhook_id=known.webhook_id,
            reason=command.reason,
            is_by_ledger=command.is_by_ledger,
            paused_at=now,
        ),
    )


def _resumed(known: Webhook, _command: ResumeWebhook, now: str) -> Answer:
    if not known.is_paused:
        return Refusal(RefusalCode.WEBHOOK_NOT_PAUSED, str(known.webhook_id))
    return (WebhookResumed(webhook_id=known.webhook_id, resumed_at=now),)


def _rotated(known: Webhook, command: RotateWebhookSecret, now: str) -> Answer:
    return (
        WebhookSecretRotated(
            webhook_id=known.webhook_id,
            secret_id=command.secret_id,
            previous_until=command.previous_until,
            rotated_at=now,
        ),
    )


def _replay_asked(known: Webhook, command: ReplayWebhook, now: str) -> Answer:
    return (
        WebhookReplayAsked(
            webhook_id=known.webhook_id,
            replay_id=known.last_replay_id + 1,
            first=command.first,
            last=command.last,
            asked_at=now,
        ),
    )


def _removed(known: Webhook, _command: RemoveWebhook, now: str) -> Answer:
    return (WebhookRemoved(webhook_id=known.webhook_id, removed_at=now),)


_DECIDERS: dict[type, Callable[[Webhook, Any, str], Answer]] = {
    ChangeWebhook: _changed,
    PauseWebhook: _paused,
    ResumeWebhook: _resumed,
    RotateWebhookSecret: _rotated,
    ReplayWebhook: _replay_asked,
    RemoveWebhook: _removed,
}


def evolve(state: WebhooksState, event: Event) -> WebhooksState:
    """Apply one event to `state` itself and return it. Raises TypeError for an event of another stream."""
    match event:
        case WebhookAdded():
            state.last_id = event.webhook_id
            state.webhooks[event.webhook_id] = Webhook(
                webhook_id=event.webhook_id,
                target=_target(event),
                after=event.after,
                owner=event.owner,
                secret_id=event.secret_id,
                added_at=event.added_at,
            )
        case WebhookChanged():
            _change(state, event.webhook_id, target=_target(event))
        case WebhookPaused():
            _change(
                state,
                event.webhook_id,
                is_paused=True,
                is_paused_by_ledger=event.is_by_ledger,
                pause_reason=event.reason,
                paused_at=event.paused_at,
            )
        case WebhookResumed():
            _change(
                state,
                event.webhook_id,
                is_paused=False,
                is_paused_by_ledger=False,
                pause_reason="",
                paused_at="",
            )
        case WebhookSecretRotated():
            _change(
                state,
                event.webhook_id,
                secret_id=event.secret_id,
                previous_secret_id=state.webhooks[event.webhook_id].secret_id,
                previous_until=event.previous_until,
            )
        case WebhookReplayAsked():
            replay = Replay(replay_id=event.replay_id, first=event.first, last=event.last)
            replays = (*state.webhooks[event.webhook_id].replays, replay)[-REPLAYS_KEPT:]
            _change(state, event.webhook_id, replays=replays, last_replay_id=event.replay_id)
        case WebhookRemoved():
            del state.webhooks[event.webhook_id]
        case _:
            raise TypeError(f"the webhooks cannot apply the event {event!r}")
    return state


def _target(event: WebhookAdded | WebhookChanged) -> Target:
    return Target(url=event.url, types=event.types, clients=event.clients, is_personal=event.is_personal)


def _fields(target: Target) -> dict[str, Any]:
    return {
        "url": target.url,
        "types": target.types,
        "clients": target.clients,
        "is_personal": target.is_personal,
    }


def _change(state: WebhooksState, webhook_id: int, **changes: Any) -> None:
    state.webhooks[webhook_id] = replace(state.webhooks[webhook_id], **changes)
