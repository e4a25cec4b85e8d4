"""What every answer of the protocol looks like: a body, and the failure that every known client recognises.

Lives here: envelopes and bytes. HOSTKEY's documents show failures as `code` and `message`, its own clients
look for `result` and `error`; both are sent. Any module of this protocol may import it.
"""

from __future__ import annotations

from typing import Any

import orjson

from service.domain.values import value

Body = dict[str, Any]
"""An answer: texts, integers, booleans, null, lists and dicts, in the order they are written."""

REFUSED = -1
"""The code of a business failure."""
NO_SESSION = -2
"""The code of a request without a session, or that cannot be understood: HOSTKEY's panel logs in anew."""


@value(kw_only=True)
class File:
    """An answer that is no JSON. Its name is safe in a header: ASCII without quotes."""

    content: bytes
    content_type: str
    name: str
    is_inline: bool
    """To be shown, not saved."""

    @property
    def headers(self) -> dict[str, str]:
        """What it is, and that nobody keeps a copy."""
        disposition = "inline" if self.is_inline else "attachment"
        return {
            "Content-Type": self.content_type,
            "Content-Disposition": f'{disposition}; filename="{self.name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }


@value()
class Answer:
    """A success before it is encoded, and what the headers say about it."""

    body: Body
    position: int = 0
    """Of the command's last event in the log, 0 if there is none."""
    replayed: bool = False
    file: File | None = None
    """Sent instead of the body."""


class Failure(Exception):
    """The answer no: its text, a stable reason for the log, and keys that only this failure has."""

    def __init__(
        self, message: str, reason: str, *, code: int = REFUSED, status: int = 200, more: Body | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.code = code
        self.status = status
        self.more = more or {}

    @property
    def body(self) -> Body:
        """`code` and `message` as documented; `result` and `error` as HOSTKEY's clients read them."""
        told = {"code": self.code, "message": self.message, "result": self.code, "error": self.message}
        return told | self.more


def ok(body: Body | None = None) -> Answer:
    """A success with these keys beside `result`."""
    return Answer({"result": "OK", **(body or {})})


def written(body: Body) -> bytes:
    """JSON in UTF-8."""
    return orjson.dumps(body)
