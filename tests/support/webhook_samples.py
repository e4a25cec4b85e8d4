"""One sample of every event about webhooks, beside those in `samples`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events.webhooks import (
    WebhookAdded,
    WebhookChanged,
    WebhookPaused,
    WebhookRemoved,
    WebhookReplayAsked,
    WebhookResumed,
    WebhookSecretRotated,
)

if TYPE_CHECKING:
    from service.domain.events import Event

WEBHOOK_ADDED = WebhookAdded(
    webhook_id=3,
    url="https://shop.example.com/ledger",
    types=("credit.*", "invoice.settled"),
    clients=(7, 12),
    is_personal=True,
    after=41,
    owner="K7",
    secret_id="0196f3b4",
    added_at="2025-06-30 12:00:00",
)
WEBHOOK_SAMPLES: tuple[Event, ...] = (
    WEBHOOK_ADDED,
    WebhookChanged(
        webhook_id=3,
        url="https://shop.example.com/events",
        types=(),
        clients=(7,),
        is_personal=False,
        changed_at="2025-06-30 13:00:00",
    ),
    WebhookPaused(
        webhook_id=3,
        reason="the endpoint answers 410 Gone",
        is_by_ledger=True,
        paused_at="2025-06-30 14:00:00",
    ),
    WebhookResumed(webhook_id=3, resumed_at="2025-06-30 15:00:00"),
    WebhookSecretRotated(
        webhook_id=3,
        secret_id="0196f3c5",
        previous_until="2025-07-01T16:00:00Z",
        rotated_at="2025-06-30 16:00:00",
    ),
    WebhookReplayAsked(webhook_id=3, replay_id=1, first=42, last=99, asked_at="2025-06-30 17:00:00"),
    WebhookRemoved(webhook_id=3, removed_at="2025-06-30 18:00:00"),
)
