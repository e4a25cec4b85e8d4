"""How answers are made and in which format they leave; the formats themselves are in `encoding`.

Lives here: the texts of amounts and rates, and the choice by `responsetype`. Actions return plain dicts and
know nothing of formats. The JSON that nearly every client asks for is found first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from service.http.form import text_of
from service.whmcs.encoding import json, nvp, xml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.http.php_arrays import Form

Body = dict[str, Any]
"""An answer: texts, integers, booleans, lists and dicts, in the order they are written."""

ZERO_TIME = "0000-00-00 00:00:00"
"""How an absent time is written."""


class Encoder(Protocol):
    """A way from an answer to bytes. `content_type` holds for what was written last."""

    @property
    def content_type(self) -> str:
        """The exact header."""
        ...

    def write(self, body: Body) -> bytes:
        """The answer's bytes."""
        ...


@dataclass(frozen=True, slots=True)
class _Format:
    content_type: str
    write: Callable[[Body], bytes]


JSON: Encoder = _Format(json.CONTENT_TYPE, json.to_json)
_JSON_WITH_TEXT_IDS: Encoder = _Format(json.CONTENT_TYPE, json.to_json_with_text_ids)
_NVP: Encoder = _Format(nvp.CONTENT_TYPE, nvp.to_nvp)


class _Unasked:
    """No format was asked for: NVP, or XML for what has lists in it, as WHMCS's oldest clients expect."""

    __slots__ = ("_action", "content_type")

    def __init__(self, action: str) -> None:
        self._action = action
        self.content_type = nvp.CONTENT_TYPE

    def write(self, body: Body) -> bytes:
        is_flat = not any(isinstance(value, dict | list) for value in body.values())
        encoder = _NVP if is_flat else _xml(self._action)
        self.content_type = encoder.content_type
        return encoder.write(body)


def encoder_for(form: Form, headers: Mapping[str, str], *, ids_as_text: bool = False) -> Encoder:
    """The encoder that a request asks for by `responsetype`, in any case; an unknown one is XML.

    Without any it is JSON if JSON is all that the caller accepts. Only JSON tells ids from texts, so
    `ids_as_text` changes nothing else.
    """
    asked = text_of(form, "responsetype").strip().lower()
    if asked == "json" or (not asked and headers.get("Accept", "").lower() == json.CONTENT_TYPE):
        return _JSON_WITH_TEXT_IDS if ids_as_text else JSON
    if asked == "nvp":
        return _NVP
    action = text_of(form, "action").strip().lower()
    return _xml(action) if asked else _Unasked(action)


def _xml(action: str) -> Encoder:
    return _Format(xml.CONTENT_TYPE, partial(xml.to_xml, action))


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


def rate5(rate: int) -> str:
    """Hundred-thousandths: 90000 is `0.90000`."""
    return f"{rate // 100_000}.{rate % 100_000:05d}"


def flag(value: bool) -> int:
    """How a yes or no column of the database is written: 1 or 0."""
    return 1 if value else 0
