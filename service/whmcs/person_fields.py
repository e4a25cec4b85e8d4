"""What is told of a person: how AddClient, UpdateClient and the contacts read it.

Lives here: kinds of fields, the texts of the errors that they share, and under which names the ledger keeps
what they hold. Sources: WHMCS API reference, AddClient, UpdateClient, AddContact, UpdateContact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from service.domain.events.clients import MAIL_FLAGS
from service.http.countries import COUNTRY_NAMES
from service.http.form import is_true
from service.http.person_names import PERSON_NAMES
from service.http.php_serialize import SerializeError, custom_fields
from service.http.values import NAME_BYTES_MAX, is_email, is_phone, text_in
from service.whmcs.reading import check_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.events import Profile
    from service.whmcs.fields import Fields

LEDGER_NAMES = PERSON_NAMES | {"notes": "notes"}
"""What the ledger calls a parameter."""

MAIL_PATTERNS: dict[str, dict[str, str]] = {
    r"^email_preferences\[(general|invoice|support|product|domain|affiliate)\]$": {"type": "boolean"},
    "^(general|invoice|support|product|domain|affiliate)emails$": {"type": "boolean"},
}
"""JSON schemas of the parameters that say which e-mails somebody gets; the latter ones are older."""

_MAIL = "mail_"


def required(name: str, message: str, check: Callable[[str], str] = str) -> PlainValidator:
    """A one-line text that `skipvalidation` allows to be empty; `check` sees what is not."""

    def validate(value: object, others: ValidationInfo) -> str:
        text = check_text(value, NAME_BYTES_MAX, name).strip()
        if text:
            return check(text)
        if others.data["skipvalidation"]:
            return ""
        raise PydanticCustomError(f"{name}_missing", message)

    return PlainValidator(validate)


def read_email(value: object) -> str:
    """An e-mail address, with AddClient's texts for what is none."""
    text = text_in(value).strip()
    if not text:
        raise PydanticCustomError("email_missing", "You did not enter your email address")
    if not is_email(text):
        raise PydanticCustomError("email_not_valid", "The email address you entered was not valid")
    return text


def read_new_email(value: object) -> str:
    """An e-mail address, with UpdateClient's text for what is none."""
    text = text_in(value).strip()
    if not is_email(text):
        raise PydanticCustomError("email_not_valid", "The email address entered is not valid")
    return text


def read_country(text: str) -> str:
    """A country's code in upper case."""
    if text.upper() not in COUNTRY_NAMES:
        raise PydanticCustomError("country_not_valid", "Valid country required")
    return text.upper()


def read_phone(text: str) -> str:
    """Digits and what is written between them."""
    if not is_phone(text):
        raise PydanticCustomError("phone_not_valid", "Invalid telephone phone number")
    return text


def read_custom_fields(value: object) -> dict[str, str]:
    """Custom fields by number, {} for an empty text."""
    text = text_in(value)
    if not text.strip():
        return {}
    try:
        return custom_fields(text)
    except SerializeError as problem:
        raise PydanticCustomError(
            "custom_fields_not_valid",
            "Custom Fields must be a base64 encoded serialized array: {problem}",
            {"problem": str(problem)},
        ) from None


def read_mail_flags(form: object) -> dict[str, bool]:
    """What a whole form says of e-mails, by MAIL_FLAGS; what it does not say is not there."""
    variables = form if isinstance(form, dict) else {}
    preferences = variables.get("email_preferences")
    said = dict(preferences.items()) if isinstance(preferences, dict) else {}
    flags = {}
    for flag in MAIL_FLAGS:
        kind = flag.removeprefix(_MAIL)
        value = said.get(kind, variables.get(f"{kind}emails"))
        if value is not None:
            flags[flag] = is_true(text_in(value))
    return flags


def profile_of(fields: Fields) -> Profile:
    """The texts that were given, as the ledger names them."""
    given = {ledger: getattr(fields, wire, None) for wire, ledger in LEDGER_NAMES.items()}
    return {name: text for name, text in given.items() if text is not None}
