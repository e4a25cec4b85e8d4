"""Signatures as Standard Webhooks 1.0 has them (standardwebhooks.com), version `v1`: HMAC-SHA256.

A secret is `whsec_` and base64. While one is being replaced there are two, and a signature for each.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from standardwebhooks.webhooks import Webhook as Signer

from service.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
_PREFIX = "whsec_"
_SECRET_BYTES = 32


@value()
class SigningSecret:
    """A secret, and until when it signs; None for as long as it is not replaced."""

    text: str
    until: datetime | None = None


def new_secret() -> str:
    """A random secret: 32 bytes, of the 24 to 64 that the specification asks for."""
    return _PREFIX + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_fields(
    known: Sequence[SigningSecret], event_id: str, body: bytes, moment: datetime | None = None
) -> dict[str, str]:
    """The header fields of a delivery at `moment` (by default now), signed by every secret that counts."""
    at = moment or datetime.now(UTC)
    text = body.decode()
    signatures = [
        Signer(secret.text).sign(event_id, at, text)
        for secret in known
        if secret.until is None or at < secret.until
    ]
    return {
        "Content-Type": CONTENT_TYPE,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
