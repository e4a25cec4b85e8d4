"""What is to be sent where, at this moment: a webhook, what its owner may still see, and its secrets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from service.domain.values import value
from service.feed.access import SUBSCRIBE
from service.feed.selection import Selection, streams_of, types_named
from service.feed.webhooks.signing import SigningSecret

if TYPE_CHECKING:
    from service.domain.access import FeedLimits
    from service.domain.webhooks import Target, Webhook
    from service.handling.webhooks import Webhooks

NO_RIGHT = "the credential that made it may not follow the events any more"
UNTIL_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


class Rights(Protocol):
    """What credentials may do now."""

    async def feed_rights(self, credential: str, right: str) -> FeedLimits | None:
        """What this credential may follow of the events; None if it is gone, or lacks the right."""
        ...


@value(kw_only=True)
class Plan:
    """What a delivery goes by; it may change while it runs."""

    webhook_id: int
    url: str
    asked: Selection
    """What the webhook asks for."""
    selection: Selection
    """As much of it as its owner may see."""
    secrets: tuple[SigningSecret, ...]


def selection_of(target: Target) -> Selection:
    """What is asked for. Raises ValueError for a name that fits no type."""
    return Selection(
        types=types_named(target.types),
        streams=streams_of(target.clients),
        is_personal=target.is_personal,
    )


def limits_of(granted: FeedLimits) -> Selection:
    """What may be seen at most."""
    return Selection(
        types=types_named(granted.types),
        streams=streams_of(granted.clients),
        is_personal=granted.is_personal,
    )


async def plan_of(webhook: Webhook, webhooks: Webhooks, rights: Rights) -> Plan | None:
    """The plan; None if the owner has lost the right. Raises Unavailable."""
    selection = asked = selection_of(webhook.target)
    if webhook.owner:
        granted = await rights.feed_rights(webhook.owner, SUBSCRIBE)
        if granted is None:
            return None
        selection = selection.within(limits_of(granted))
    secrets = [SigningSecret(await webhooks.secret(webhook.secret_id))]
    if webhook.previous_secret_id:
        until = datetime.strptime(webhook.previous_until, UNTIL_FORMAT).replace(tzinfo=UTC)
        if until > datetime.now(UTC):
            secrets.append(SigningSecret(await webhooks.secret(webhook.previous_secret_id), until))
    return Plan(
        webhook_id=webhook.webhook_id,
        url=webhook.target.url,
        asked=asked,
        selection=selection,
        secrets=tuple(secrets),
    )
