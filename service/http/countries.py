"""Countries by their ISO 3166 code, and telephone numbers as WHMCS shows them.

Lives here: names and dialling codes out of CLDR and libphonenumber. What is required of a client is the
protocols' business.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from babel import Locale

# CLDR also names groups of countries, test regions, and islands that only the post tells apart.
_NO_COUNTRIES = frozenset(
    {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
)

_ISO_LENGTH = 2

COUNTRY_NAMES: dict[str, str] = {
    code: name
    for code, name in Locale("en").territories.items()
    if len(code) == _ISO_LENGTH and code.isalpha() and code not in _NO_COUNTRIES
}
"""English name by ISO 3166 alpha-2 code."""


class Phone(NamedTuple):
    """A telephone number: its country's dialling code, and the form `+44.1234567890`."""

    country_code: str
    formatted: str


@lru_cache(maxsize=10_000)
def phone(number: str, country: str) -> Phone:
    """What `number` is, dialled in `country`. What cannot be told is "", never a guess."""
    try:
        parsed = phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException:
        code = phonenumbers.country_code_for_region(country) if country else 0
        return Phone(str(code) if code else "", "")
    national = phonenumbers.national_significant_number(parsed)
    return Phone(str(parsed.country_code), f"+{parsed.country_code}.{national}")
