"""JSON as WHMCS's own server writes it, and its older habit of writing ids as texts.

Lives here: the way of nearly every answer, so what is not needed is not done.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTENT_TYPE = "application/json"
"""No charset: a client library decodes only what starts with this, and others compare it whole."""

_ESCAPED_QUOTE = re.compile(r'\\["\\]')
_HEX_ESCAPES = str.maketrans({"<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "'": "\\u0027"})

_COUNTS = frozenset({"totalresults", "startnumber", "numreturned", "stats"})
"""What is counted for the answer rather than read from a column: numbers in every version."""


def to_json(body: Mapping[str, Any]) -> bytes:
    r"""Compact JSON with `"`, `<`, `>`, `&` and `'` in texts as `\u00XX`, other than ASCII as `\uXXXX`.

    `/` stays as it is. Recorded from a live WHMCS, whose library (PSR-7 JsonResponse) has these defaults.
    """
    fast = orjson.dumps(body)
    if _is_final(fast):
        return fast
    # Outside texts JSON has none of these characters, so replacing them everywhere is safe. Backslashes
    # are taken in pairs: `\\"` ends a text after a backslash, `\"` is a quote within one.
    text = json.dumps(body, ensure_ascii=True, separators=(",", ":")).translate(_HEX_ESCAPES)
    return _ESCAPED_QUOTE.sub(_hex_quote, text).encode("ascii")


def to_json_with_text_ids(body: Mapping[str, Any]) -> bytes:
    """The same with every integer of a column (ids, 0/1 flags) as a text, as WHMCS 7 answered.

    Counts stay numbers, as a client library adds them up, and true and false stay themselves. Recorded from a
    live WHMCS 7 (GetInvoice); GetTransactions, AddClient and CreateInvoice in the API reference of that time.
    """
    return to_json({name: _with_text_ids(name, value) for name, value in body.items()})


def _is_final(data: bytes) -> bool:
    # One look per character: a pattern for all of them took five times as long, 5 of 110 µs of a long answer.
    return (
        data.isascii()
        and b"\\" not in data
        and b"'" not in data
        and b"&" not in data
        and b"<" not in data
        and b">" not in data
    )


def _hex_quote(match: re.Match[str]) -> str:
    return "\\u0022" if match.group() == '\\"' else match.group()


def _with_text_ids(name: str, value: Any) -> Any:
    if name in _COUNTS or isinstance(value, bool):
        return value
    match value:
        case int():
            return str(value)
        case dict():
            return {inner: _with_text_ids(inner, below) for inner, below in value.items()}
        case list():
            return [_with_text_ids(name, item) for item in value]
        case _:
            return value
