"""What the texts of a form mean in every protocol: numbers of things, decimals, e-mail addresses, phones.

Lives here: what is accepted, and how amounts are written. What is answered to the rest is the protocols'
business. Never float: `1.005` is what its digits say; thousands separators and exponents are no numbers,
since guessing at money is worse.
"""

from __future__ import annotations

import re

from service.domain.money import divide_half_up

ID_MAX = 2**63 - 1
NAME_BYTES_MAX = 255
"""Names, addresses and other one-line texts."""
TEXT_BYTES_MAX = 65_535
"""Descriptions and notes: what a MySQL `text` column holds."""
REFERENCE_BYTES_MAX = 190
"""A gateway's transaction id; beyond it WHMCS's own index would not tell two apart."""
EMAIL_BYTES_MAX = 254
"""RFC 5321: what fits into a mail's envelope."""

_ID = re.compile(r"[0-9]{1,19}")
_DIGITS_MAX = 40
"""Enough for the longest amount with float noise behind it."""
_DECIMAL = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_PHONE = re.compile(r"[0-9 +\-.()]{1,40}")


def text_in(value: object) -> str:
    """The parameter's text; an array where a text belongs is as good as nothing."""
    return value if isinstance(value, str) else ""


def read_id(value: object) -> int | None:
    """A number from 1 to ID_MAX, or None."""
    text = text_in(value).strip()
    if _ID.fullmatch(text) is None:
        return None
    number = int(text)
    return number if 1 <= number <= ID_MAX else None


def scaled(text: str, decimals: int) -> int | None:
    """The decimal number times 10^decimals, further digits rounded half up; None if it is no number."""
    match = _DECIMAL.fullmatch(text) if len(text) <= _DIGITS_MAX else None
    if match is None:
        return None
    sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
    number = int(whole + fraction.ljust(decimals, "0"))
    number = divide_half_up(number, 10 ** max(0, len(fraction) - decimals))
    return -number if sign else number


def decimal_text(hundredths: int) -> str:
    """The reverse of `scaled` with two decimals: 1234 is `12.34`, -5 is `-0.05`."""
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


def is_email(text: str) -> bool:
    """Whether it looks like an address that mail can be sent to."""
    return len(text) <= EMAIL_BYTES_MAX and _EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """Digits and what is written between them."""
    return _PHONE.fullmatch(text) is not None and any(map(str.isdigit, text))
