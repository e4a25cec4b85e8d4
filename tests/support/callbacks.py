"""Callbacks of a payment provider, signed as Standard Webhooks says, with nothing of the product's own."""

from __future__ import annotations

import hmac
import json
import time
from base64 import b64decode, b64encode
from typing import Any


def signed(secret: str, body: bytes, *, at: float | None = None, message_id: str = "msg_1") -> dict[str, str]:
    """The header fields of a callback at a time (seconds since 1970), by default now."""
    moment = int(time.time() if at is None else at)
    key = b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{moment}.".encode() + body, "sha256")
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{b64encode(digest).decode()}",
    }


def payment(invoice: int | str, transaction: str, amount: str, **more: Any) -> bytes:
    """The body that tells of a payment in dollars."""
    told = {"invoice": int(invoice), "transaction": transaction, "amount": amount, "currency": "USD", **more}
    return json.dumps(told).encode()
