"""PHP's serialize format, the part that holds data: arrays, integers, texts, floats, booleans and null.

Lives here: reading. Objects, custom classes and references are refused by name: reading them is how PHP
programs get taken over. Used for WHMCS custom fields. Source: the PHP manual, `serialize`, and the WHMCS
API reference, AddClient (`customfields`: "Base64 encoded serialized array of custom field values").
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TypeAlias, Union

PhpValue: TypeAlias = Union[str, int, bool, dict[str, "PhpValue"], None]  # noqa: UP007 - forward name
"""A float stays the text it was written as: nobody here calculates with it."""

DEPTH_MAX = 8
CUSTOM_FIELD_BYTES_MAX = 65_535
"""Of the base64 text."""

_SCALAR = re.compile(rb"i:(-?[0-9]{1,19});|d:([-+.0-9EINFa-f]{1,40});|b:([01]);|(N);")
_STRING = re.compile(rb's:([0-9]{1,9}):"')
_ARRAY = re.compile(rb"a:([0-9]{1,6}):\{")
_REFUSED = {b"O": "objects", b"C": "objects", b"R": "references", b"r": "references", b"E": "enums"}


class SerializeError(ValueError):
    """The bytes are not a serialized value of the accepted kinds."""


def unserialize(data: bytes) -> PhpValue:
    """The value in `data`, all of it. Raises SerializeError."""
    value, end = _value(data, 0, 0)
    if end != len(data):
        raise SerializeError(f"unexpected bytes after the value at {end}")
    return value


_FIELD_ID_DIGITS_MAX = 18
"""What a 64-bit number surely holds."""
_TO_ONE_LINE = str.maketrans({" ": "+", "\r": None, "\n": None, "\t": None})


def custom_fields(text: str) -> dict[str, str]:
    """{field id: value} of base64 text over a serialized array. Raises SerializeError."""
    if len(text) > CUSTOM_FIELD_BYTES_MAX:
        raise SerializeError(f"more than {CUSTOM_FIELD_BYTES_MAX} bytes")
    # Ruby and Perl break the text into lines. A `+` that a client forgot to escape arrives as a space;
    # padding is often left out.
    encoded = text.strip().translate(_TO_ONE_LINE).rstrip("=")
    try:
        data = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise SerializeError("not base64") from None
    fields = unserialize(data)
    if not isinstance(fields, dict):
        raise SerializeError("not an array")
    return {_field_id(key): _field_text(value) for key, value in fields.items()}


def _field_id(key: str) -> str:
    if not (key.isascii() and key.isdecimal() and len(key) <= _FIELD_ID_DIGITS_MAX):
        raise SerializeError("a field id is not a number")
    return key


def _field_text(value: PhpValue) -> str:
    if isinstance(value, dict):
        raise SerializeError("a field value is an array")
    if value is None or value is False:
        return ""
    return "1" if value is True else str(value)


def _value(data: bytes, at: int, depth: int) -> tuple[PhpValue, int]:
    if (match := _SCALAR.match(data, at)) is not None:
        integer, real, boolean, _ = match.groups()
        if integer is not None:
            return int(integer), match.end()
        if real is not None:
            return real.decode(), match.end()
        return (boolean == b"1" if boolean is not None else None), match.end()
    if (match := _STRING.match(data, at)) is not None:
        return _string(data, match.end(), int(match.group(1)))
    if (match := _ARRAY.match(data, at)) is not None:
        return _array(data, match.end(), int(match.group(1)), depth + 1)
    kind = _REFUSED.get(data[at : at + 1])
    raise SerializeError(f"{kind} are not accepted" if kind else f"malformed at byte {at}")


def _string(data: bytes, start: int, size: int) -> tuple[str, int]:
    end = start + size
    if data[end : end + 2] != b'";':
        raise SerializeError(f"a text's length is wrong at byte {start}")
    try:
        text = data[start:end].decode()
    except UnicodeDecodeError:
        raise SerializeError("a text is not valid UTF-8") from None
    if "\0" in text:
        raise SerializeError("a text has a NUL character in it")
    return text, end + 2


def _array(data: bytes, at: int, count: int, depth: int) -> tuple[dict[str, PhpValue], int]:
    if depth > DEPTH_MAX:
        raise SerializeError(f"nested deeper than {DEPTH_MAX} levels")
    array: dict[str, PhpValue] = {}
    for _ in range(count):
        key, at = _value(data, at, depth)
        if isinstance(key, bool) or not isinstance(key, int | str):
            raise SerializeError("an array key is neither a number nor a text")
        array[str(key)], at = _value(data, at, depth)
    if data[at : at + 1] != b"}":
        raise SerializeError(f"an array's end is missing at byte {at}")
    return array, at + 1
