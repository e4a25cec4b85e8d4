"""What is told of a person in requests: the client's own details, and its contacts'.

Lives here: parameters to the ledger's names, and what is no address, country or phone. Passwords are read
only to see that there are two equal ones; nothing of them is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.http.countries import COUNTRY_NAMES
from service.http.person_names import PERSON_NAMES
from service.http.values import is_email, is_phone

if TYPE_CHECKING:
    from service.domain.events import Profile
    from service.invapi.parameters import Parameters

NEEDED = ("firstname", "email")
"""What nobody is without."""


class NotValid(ValueError):
    """The parameter of this name is not what it should be; the text says so."""


def profile_of(parameters: Parameters, prefix: str = "") -> Profile:
    """What was sent, by the ledger's names; `prefix` may stand before a parameter's name. Raises NotValid."""
    profile = {}
    for wire, name in PERSON_NAMES.items():
        if parameters.has(prefix + wire, wire):
            text = parameters.text(prefix + wire, wire)
            profile[name] = _checked(wire, prefix + wire, text)
    return profile


def has_two_passwords(parameters: Parameters) -> bool:
    """Whether both are there and equal."""
    first = parameters.text("password1")
    return bool(first) and first == parameters.text("password2")


def _checked(wire: str, told: str, text: str) -> str:
    if not text:
        if wire in NEEDED:
            raise NotValid(f"{told} can't be empty")
        return text
    is_valid = {
        "email": is_email(text),
        "phonenumber": is_phone(text),
        "country": text.upper() in COUNTRY_NAMES,
    }
    if not is_valid.get(wire, True):
        raise NotValid(f"{told} is not valid")
    return text.upper() if wire == "country" else text
