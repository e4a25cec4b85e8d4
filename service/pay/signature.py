"""Whether a callback is new and signed as Standard Webhooks 1.0 has it (standardwebhooks.com), version `v1`.

The signature is compared as text: what base64 decodes to has several spellings, and only one is signed here.
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from standardwebhooks.webhooks import Webhook as Signer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TOLERANCE_S = 300
"""How far the time of a callback may be from ours, either way; as in the specification's libraries."""
SIGNATURES_MAX = 10
"""In one header: one for each secret that the sender has."""

_ID = re.compile(r"[!-~]{1,256}")
_TIME = re.compile(r"[0-9]{1,11}")


def is_signed(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], moment: datetime) -> bool:
    """Whether one of the secrets signed the body, not long before or after `moment`."""
    message_id, time = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if _ID.fullmatch(message_id) is None or _TIME.fullmatch(time) is None:
        return False
    if abs(int(time) - moment.timestamp()) > TOLERANCE_S:
        return False
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    at = datetime.fromtimestamp(int(time), UTC)
    sent = headers.get("webhook-signature", "").encode(errors="replace").split(b" ")[:SIGNATURES_MAX]
    expected = [Signer(secret).sign(message_id, at, text).encode() for secret in secrets]
    return any(hmac.compare_digest(one, other) for one in sent for other in expected)
