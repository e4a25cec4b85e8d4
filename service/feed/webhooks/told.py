"""Webhooks and their log as they are told, over HTTP and to operators: plain objects for JSON. Pure."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from eventstore.deliveries import LIVE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from eventstore.deliveries import Attempt, Standing
    from service.domain.webhooks import Webhook


def told(webhook: Webhook, standings: Sequence[Standing], head: int) -> dict[str, Any]:
    """A webhook, how far it is, and what is wrong with it. Without secrets."""
    by_replay = {standing.replay: standing for standing in standings}
    live = by_replay.get(LIVE)
    failing = _failing(live)
    return {
        "id": webhook.webhook_id,
        "url": webhook.target.url,
        "types": list(webhook.target.types),
        "clients": list(webhook.target.clients),
        "personal": webhook.target.is_personal,
        "owner": webhook.owner,
        "added_at": webhook.added_at,
        "state": "paused" if webhook.is_paused else "failing" if failing else "active",
        "paused": {
            "at": webhook.paused_at,
            "reason": webhook.pause_reason,
            "by_ledger": webhook.is_paused_by_ledger,
        }
        if webhook.is_paused
        else None,
        "position": None if live is None else live.position,
        "behind": None if live is None else max(0, head - live.position),
        "failing": failing,
        "previous_secret_until": webhook.previous_until or None,
        "replays": [
            {
                "id": replay.replay_id,
                "from": replay.first,
                "to": replay.last,
                "position": None if (at := by_replay.get(replay.replay_id)) is None else at.position,
                "done": at is not None and at.position >= replay.last,
                "failing": _failing(at),
            }
            for replay in webhook.replays
        ],
    }


def told_attempt(attempt: Attempt) -> dict[str, Any]:
    """One attempt; `status` is null where there was no answer."""
    return {
        "at": _text(attempt.at),
        "event": str(attempt.event_id),
        "type": attempt.event_type,
        "subject": attempt.stream,
        "position": attempt.position,
        "replay": attempt.replay or None,
        "attempt": attempt.attempt,
        "delivered": attempt.is_taken,
        "status": attempt.status,
        "latency_ms": attempt.latency_ms,
        "error": attempt.error,
    }


def _failing(standing: Standing | None) -> dict[str, Any] | None:
    if standing is None or standing.failing_since is None:
        return None
    return {
        "position": standing.failing_position,
        "since": _text(standing.failing_since),
        "attempts": standing.attempts,
        "error": standing.last_error,
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
