"""Form variables as PHP would fill them from a query string and an urlencoded body; the body wins.

Lives here: decoding, and the limits of it. How PHP reads variable names is in `php_arrays`, taking a body
off the wire in `request_form`; what a variable means is the protocols' business. Most requests are a dozen
flat variables, so those take one pass without any work per name.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from urllib.parse import unquote_to_bytes

from service.http.php_arrays import Form, merge, path_of, put

_URLENCODED = "application/x-www-form-urlencoded"
_FALSE = frozenset({"", "0", "false", "no", "off", "null", "undefined"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FormLimits:
    """What a request may cost before anybody is known to have sent it."""

    body_bytes_max: int = 262_144
    """After decompression. An invoice of 500 lines is about 60 kB."""
    fields_max: int = 2_000
    """Variables in the query or in the body; PHP's own default is 1,000."""
    depth_max: int = 8
    """Brackets in a name; the protocols use one."""
    key_bytes_max: int = 256
    body_timeout_s: float = 10.0
    """How long a body may take to arrive."""


class FormError(Exception):
    """The request cannot be read; `status` is the HTTP status to answer with."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def is_true(text: str) -> bool:
    """What the caller meant: clients write false as `0`, `false`, `False`, `off`, or nothing at all."""
    return text.strip().lower() not in _FALSE


def text_of(form: Form, name: str) -> str:
    """The variable's text; "" if it is absent or an array."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def is_type(content_type: str, expected: str) -> bool:
    """Whether a Content-Type header names the media type `expected`, whatever its parameters."""
    return content_type.partition(";")[0].strip().lower() == expected


def is_urlencoded(content_type: str) -> bool:
    """Whether a body of this type fills form variables."""
    return content_type == _URLENCODED or is_type(content_type, _URLENCODED)


def parse(
    query: bytes | str,
    body: bytes,
    content_type: str,
    limits: FormLimits,
    lists: frozenset[str] = frozenset(),
) -> Form:
    """The variables of a raw query string and a body; a body of any other type is ignored, as PHP does.

    Those named in `lists` are arrays also where `name=1&name=2` leaves the brackets out. Raises FormError:
    413 for what is too big, 400 for what is not UTF-8 or has NUL in it.
    """
    form = _variables(query, limits, lists) if query else {}
    if not body or not is_urlencoded(content_type):
        return form
    if len(body) > limits.body_bytes_max:
        raise body_too_large(limits)
    variables = _variables(body, limits, lists)
    return merge(form, variables) if form else variables


def body_too_large(limits: FormLimits) -> FormError:
    """The refusal of a body above the limit."""
    return FormError(f"The request is larger than {limits.body_bytes_max} bytes", 413)


def too_many_fields(limits: FormLimits) -> FormError:
    """The refusal of a form above the limit."""
    return FormError(f"The request has more than {limits.fields_max} parameters", 413)


def decode(raw: bytes) -> str:
    """UTF-8 text without NUL, which no database text can hold. Raises FormError."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise FormError("The request is not valid UTF-8") from None
    if "\0" in text:
        raise FormError("The request has a NUL character in it")
    return text


def set_variable(form: Form, name: str, value: str, limits: FormLimits) -> None:
    """Set one decoded variable whose name may have brackets. Raises FormError."""
    if len(name) > limits.key_bytes_max or len(name.encode()) > limits.key_bytes_max:
        raise FormError(f"A parameter name is longer than {limits.key_bytes_max} bytes")
    variable, keys = path_of(name)
    if len(keys) > limits.depth_max:
        raise FormError(f"A parameter is nested deeper than {limits.depth_max} levels")
    if variable:
        put(form, variable, keys, value)


def _variables(raw: bytes | str, limits: FormLimits, lists: frozenset[str]) -> Form:
    if isinstance(raw, str):
        # aiohttp hands over bytes that are not UTF-8 as surrogates.
        raw = raw.encode("utf-8", "surrogateescape")
    text = decode(raw)
    if text.count("&") >= limits.fields_max:
        raise too_many_fields(limits)
    if "+" in text:  # before any decoding: a `+` that is meant stands there as %2B
        text = text.replace("+", " ")
    if lists:
        text = "&".join(map(_bracketed, text.split("&"), repeat(lists)))
    form: Form = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        form[name] = _unquote(value) if "%" in value else value
    form.pop("", None)
    names = "".join(form)
    if names.isalnum() and names.isascii() and len(names) <= limits.key_bytes_max:
        return form
    return _variables_by_name(text, limits)


def _bracketed(pair: str, lists: frozenset[str]) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}[]{equals}{value}" if name in lists else pair


def _variables_by_name(text: str, limits: FormLimits) -> Form:
    form: Form = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        set_variable(form, _unquote(name), _unquote(value), limits)
    return form


def _unquote(text: str) -> str:
    return decode(unquote_to_bytes(text)) if "%" in text else text
