"""Facts about webhooks: who is sent which events, and when that was changed, paused or repeated.

Secrets are sealed beside the log under the name `secret_id`. How far each webhook is stands beside the log
too, as it moves all the time.
"""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class WebhookAdded(Event):
    """Events after a position are sent to a URL from now on; no types or clients named is all of them."""

    TYPE = "webhook.added"
    LISTS = ("types", "clients")
    webhook_id: int
    url: str
    types: tuple[str, ...]
    """Names such as `credit.added`, or patterns such as `invoice.*`."""
    clients: tuple[int, ...]
    is_personal: bool
    """With personal data, as far as the owner may read it."""
    after: int
    owner: str
    """The credential that made it, whose limits bind it; "" for an operator."""
    secret_id: str
    added_at: str


@value(kw_only=True)
class WebhookChanged(Event):
    """The webhook is described by these fields from now on."""

    TYPE = "webhook.changed"
    LISTS = ("types", "clients")
    webhook_id: int
    url: str
    types: tuple[str, ...]
    clients: tuple[int, ...]
    is_personal: bool
    changed_at: str


@value(kw_only=True)
class WebhookPaused(Event):
    """Nothing is sent until it is resumed; what happens meanwhile is sent then."""

    TYPE = "webhook.paused"
    webhook_id: int
    reason: str
    is_by_ledger: bool
    """Nobody asked for it: the endpoint failed for too long, or its owner lost the right."""
    paused_at: str


@value(kw_only=True)
class WebhookResumed(Event):
    """The webhook goes on where it was."""

    TYPE = "webhook.resumed"
    webhook_id: int
    resumed_at: str


@value(kw_only=True)
class WebhookSecretRotated(Event):
    """Deliveries are signed with a new secret, and until a time with the one before as well."""

    TYPE = "webhook.secret_rotated"
    webhook_id: int
    secret_id: str
    previous_until: str
    """UTC, `YYYY-MM-DDTHH:MM:SSZ`."""
    rotated_at: str


@value(kw_only=True)
class WebhookReplayAsked(Event):
    """A stretch of the log is sent once more, beside what is new. Both positions are part of it."""

    TYPE = "webhook.replay_asked"
    webhook_id: int
    replay_id: int
    first: int
    last: int
    asked_at: str


@value(kw_only=True)
class WebhookRemoved(Event):
    """The webhook is gone; its number is never given again."""

    TYPE = "webhook.removed"
    webhook_id: int
    removed_at: str


WEBHOOK_EVENTS: tuple[type[Event], ...] = (
    WebhookAdded,
    WebhookChanged,
    WebhookPaused,
    WebhookResumed,
    WebhookSecretRotated,
    WebhookReplayAsked,
    WebhookRemoved,
)
