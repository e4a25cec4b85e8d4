"""Webhooks: added, changed, paused, resumed, repeated and removed, each only when it can be."""

from __future__ import annotations

import pytest

from service.domain.events.activity import ActivityLogged
from service.domain.refusals import Refusal, RefusalCode
from service.domain.webhooks import (
    REPLAYS_KEPT,
    AddWebhook,
    ChangeWebhook,
    PauseWebhook,
    RemoveWebhook,
    Replay,
    ReplayWebhook,
    ResumeWebhook,
    RotateWebhookSecret,
    Target,
    WebhookCommand,
    WebhooksState,
    decide,
    evolve,
)

NOW = "2025-06-25 12:00:00"
TARGET = Target(url="https://a.example/", types=("credit.*",), clients=(7,), is_personal=True)


def _add(owner: str = "", *, webhooks_max: int = 3, each_max: int = 2) -> AddWebhook:
    return AddWebhook(
        target=TARGET, after=5, owner=owner, secret_id="s1", webhooks_max=webhooks_max, each_max=each_max
    )


def _after(*commands: WebhookCommand) -> WebhooksState:
    state = WebhooksState()
    for command in commands:
        events = decide(state, command, NOW)
        assert isinstance(events, tuple), events
        for event in events:
            state = evolve(state, event)
    return state


def test_a_webhook_is_what_it_was_made_and_changed_to() -> None:
    """A change names some fields and keeps the others; numbers are never given again."""
    changed = ChangeWebhook(webhook_id=1, changes={"url": "https://b.example/", "types": ()})
    state = _after(_add("K7"), changed, _add(), RemoveWebhook(webhook_id=2), _add())
    assert list(state.webhooks) == [1, 3]
    webhook = state.webhooks[1]
    assert webhook.target == Target(url="https://b.example/", clients=(7,), is_personal=True)
    assert (webhook.after, webhook.owner, webhook.secret_id) == (5, "K7", "s1")


def test_a_pause_has_a_reason_and_ends() -> None:
    """By the ledger or by somebody; resumed it has none."""
    pause = PauseWebhook(webhook_id=1, reason="410", is_by_ledger=True)
    paused = _after(_add(), pause).webhooks[1]
    assert (paused.is_paused, paused.is_paused_by_ledger, paused.pause_reason) == (True, True, "410")
    resumed = _after(_add(), pause, ResumeWebhook(webhook_id=1)).webhooks[1]
    assert (resumed.is_paused, resumed.is_paused_by_ledger, resumed.pause_reason) == (False, False, "")


def test_of_secrets_two_are_known() -> None:
    """The present one and the one before, with the time until which it counts."""
    rotations = [RotateWebhookSecret(webhook_id=1, secret_id=f"s{n}", previous_until=f"t{n}") for n in (2, 3)]
    webhook = _after(_add(), *rotations).webhooks[1]
    assert (webhook.secret_id, webhook.previous_secret_id, webhook.previous_until) == ("s3", "s2", "t3")


def test_replays_are_numbered_and_the_oldest_forgotten() -> None:
    """So that the state of a webhook that is replayed every night does not grow."""
    asked = [ReplayWebhook(webhook_id=1, first=n, last=n) for n in range(1, REPLAYS_KEPT + 3)]
    replays = _after(_add(), *asked).webhooks[1].replays
    assert len(replays) == REPLAYS_KEPT
    assert replays[-1] == Replay(replay_id=REPLAYS_KEPT + 2, first=REPLAYS_KEPT + 2, last=REPLAYS_KEPT + 2)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (ResumeWebhook(webhook_id=1), RefusalCode.WEBHOOK_NOT_PAUSED),
        (PauseWebhook(webhook_id=2, reason=""), RefusalCode.WEBHOOK_PAUSED),
        (RemoveWebhook(webhook_id=4), RefusalCode.WEBHOOK_NOT_FOUND),
        (ChangeWebhook(webhook_id=4, changes={}), RefusalCode.WEBHOOK_NOT_FOUND),
        (_add(webhooks_max=2), RefusalCode.TOO_MANY_WEBHOOKS),
        (_add("K7", each_max=1), RefusalCode.TOO_MANY_WEBHOOKS),
    ],
)
def test_what_cannot_be_is_refused(command: WebhookCommand, code: RefusalCode) -> None:
    """Unknown numbers, pauses of what is paused, more than there may be."""
    state = _after(_add("K7"), _add(), PauseWebhook(webhook_id=2, reason="x"))
    answer = decide(state, command, NOW)
    assert isinstance(answer, Refusal)
    assert answer.code is code


def test_other_events_are_none_of_theirs() -> None:
    """An event of another stream is an error."""
    with pytest.raises(TypeError, match="cannot apply"):
        evolve(WebhooksState(), ActivityLogged(description="x"))
