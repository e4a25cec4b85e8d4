"""Reads one parameter's text: numbers of things, texts, days and times; `amounts` reads money.

Lives here: what is accepted, and the documented text for what is not. Pure functions from whatever a form
holds to a value; the kinds of fields made of them are in `fields`. Sources: the WHMCS API reference, Error
Responses of each action.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from service.http.values import read_id, text_in

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENT_NOT_FOUND = ("client_not_found", "Client ID Not Found")
INVOICE_NOT_FOUND = ("invoice_not_found", "Invoice ID Not Found")
CONTACT_NOT_FOUND = ("contact_not_found", "Contact ID Not Found")
ADMIN_NOT_FOUND = ("admin_not_found", "Admin ID Not Found")
DATE_NOT_VALID = ("date_not_valid", "Date Format is not Valid")
"""A code for the log, and the text for the caller."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_LOCAL_DATE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?")


def id_or(code: str, message: str) -> Callable[[object], int]:
    """Reads a number of something that may exist, or raises `message`."""

    def check(value: object) -> int:
        number = read_id(value)
        if number is None:
            raise PydanticCustomError(code, message)
        return number

    return check


def optional(check: Callable[[object], object]) -> PlainValidator:
    """As `check`, but None if the parameter is empty.

    An array is not empty: `amount[]=5` must not mean "all of it", nor an odd condition "everything".
    """

    def read(value: object) -> object:
        return check(value) if not isinstance(value, str) or value.strip() else None

    return PlainValidator(read)


def check_text(value: object, limit_bytes: int, name: str) -> str:
    """A text as it was sent, "" if it was not. Raises a clear text if it is longer than that."""
    text = text_in(value)
    if len(text) * 4 > limit_bytes and len(text.encode()) > limit_bytes:
        raise PydanticCustomError("text_too_long", f"The {name} must not be longer than {limit_bytes} bytes")
    return text


def text_up_to(limit_bytes: int, name: str) -> PlainValidator:
    """`check_text` as a kind of field."""
    return PlainValidator(lambda value: check_text(value, limit_bytes, name))


def read_date(value: object) -> str:
    """An existing day, `YYYY-MM-DD`. Raises the documented text."""
    text = text_in(value).strip()
    try:
        if _DATE.fullmatch(text) is not None:
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise PydanticCustomError(*DATE_NOT_VALID)


def read_invoice_date(value: object) -> str:
    """As `read_date`, and also `YYYYMMDD`, which old clients send to CreateInvoice."""
    return read_date(_COMPACT_DATE.sub(r"\1-\2-\3", text_in(value).strip()))


def read_time(value: object) -> str:
    """An existing time as `YYYY-MM-DD HH:MM:SS`; seconds and the whole time of day may be left out."""
    text = text_in(value).strip()
    try:
        if _TIME.fullmatch(text) is not None:
            return datetime.fromisoformat(text).isoformat(" ")
    except ValueError:
        pass
    return f"{read_date(text)} 00:00:00"


def read_invoice_time(value: object) -> str:
    """As `read_time`, and also `YYYYMMDD`."""
    return read_time(_COMPACT_DATE.sub(r"\1-\2-\3", text_in(value).strip()))


def read_local_time(value: object) -> str:
    """As `read_time`, and also `DD/MM/YYYY`, the format that WHMCS documents for AddTransaction."""
    return read_time(_LOCAL_DATE.sub(r"\3-\2-\1", text_in(value).strip(), count=1))
