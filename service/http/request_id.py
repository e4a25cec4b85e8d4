"""The id under which a request is logged and its events are kept: the caller's own, or a new one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eventstore.identifiers import uuid7_hex

if TYPE_CHECKING:
    from aiohttp import web

_OWN = re.compile(r"[A-Za-z0-9._:-]{1,64}")
"""What is taken over from a caller: nothing that could forge a line of a log or a header."""


def request_id_of(request: web.BaseRequest) -> str:
    """What `X-Request-Id` says, if that can be taken over."""
    sent = request.headers.get("X-Request-Id")
    return sent if sent and _OWN.fullmatch(sent) else uuid7_hex()
