"""How answers are written: JSON as WHMCS's own server writes it, and the texts of amounts and rates.

Lives here: bytes and number formats. Actions return plain dicts; which encoder writes them is chosen by
`responsetype`. Today JSON is the only one, so it answers every `responsetype`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

Body = dict[str, Any]
"""An answer: texts, integers, booleans, lists and dicts, in the order they are written."""

ZERO_TIME = "0000-00-00 00:00:00"
"""How an absent time is written."""

_NEEDS_ESCAPE = re.compile(rb"[<>&'\\\x80-\xff]")
_ESCAPED_QUOTE = re.compile(r'\\["\\]')
_HEX_ESCAPES = str.maketrans({"<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "'": "\\u0027"})


@dataclass(frozen=True, slots=True)
class Encoder:
    """One `responsetype`: its exact Content-Type, and its way from an answer to bytes."""

    content_type: str
    write: Callable[[Body], bytes]


def to_json(body: Body) -> bytes:
    r"""Compact JSON with `"`, `<`, `>`, `&` and `'` in texts as `\u00XX`, other than ASCII as `\uXXXX`.

    `/` stays as it is. Recorded from a live WHMCS, whose library (PSR-7 JsonResponse) has these defaults.
    """
    fast = orjson.dumps(body)
    if _NEEDS_ESCAPE.search(fast) is None:
        return fast
    # Outside texts JSON has none of these characters, so replacing them everywhere is safe. Backslashes
    # are taken in pairs: `\\"` ends a text after a backslash, `\"` is a quote within one.
    text = json.dumps(body, ensure_ascii=True, separators=(",", ":")).translate(_HEX_ESCAPES)
    return _ESCAPED_QUOTE.sub(_hex_quote, text).encode("ascii")


def _hex_quote(match: re.Match[str]) -> str:
    return "\\u0022" if match.group() == '\\"' else match.group()


# No charset: a client library decodes only what starts with this, and others compare it whole.
JSON = Encoder("application/json", to_json)

_ENCODERS = {"json": JSON}


def encoder_for(response_type: str) -> Encoder:
    """The encoder that the request asked for."""
    return _ENCODERS.get(response_type.lower(), JSON)


def error(message: str) -> Body:
    """The one shape of every refusal."""
    return {"result": "error", "message": message}


def money(amount: int) -> str:
    """Hundredths as WHMCS writes decimals: 1234 is `12.34`, -5 is `-0.05`."""
    if amount < 0:
        return "-" + money(-amount)
    return f"{amount // 100}.{amount % 100:02d}"


def rate3(rate: int) -> str:
    """Thousandths of a percent: 19500 is `19.500`."""
    return f"{rate // 1000}.{rate % 1000:03d}"


def flag(value: bool) -> int:
    """How a yes or no column of the database is written: 1 or 0."""
    return 1 if value else 0
