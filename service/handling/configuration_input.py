"""What an operator types about gateways, groups and taxes, made into commands.

Raises ValueError with a sentence for the operator. Currencies are in `currencies`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from service.domain.config import AddClientGroup, AddTaxRule
from service.domain.gateways import AddGateway, SetPaymentPage
from service.handling.access_input import read_name, read_needed_name

if TYPE_CHECKING:
    from collections.abc import Container

RATE_DECIMALS = 3
DISCOUNT_DECIMALS = 2
WHOLE_PERCENT = 100

PAGE_FIELDS = ("invoice", "amount", "currency")
"""What may stand in the address of a payment page in curly brackets."""

_URL_CHARACTERS_MAX = 2000
_PLAIN = re.compile(r"[!-~]+")
_GATEWAY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_DECIMAL = re.compile(r"([0-9]{1,9})(?:\.([0-9]+))?")


def new_gateway(name: str, display_name: str) -> AddGateway:
    """The command that adds it; it is shown under its own name if it has no other."""
    if _GATEWAY.fullmatch(name) is None:
        raise ValueError(f"{name!r} is not a name of 1 to 64 letters, digits, _ and -")
    return AddGateway(name=name, display_name=read_name(display_name, "shown name") or name)


def payment_page(name: str, url: str) -> SetPaymentPage:
    """The command that leads payers on to `url`, in which fields of PAGE_FIELDS may stand; "" to none."""
    if url:
        filled = re.sub(r"\{(" + "|".join(PAGE_FIELDS) + r")\}", "x", url)
        parts = urlsplit(filled)
        if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
            raise ValueError(f"{url!r} is not an address like https://pay.example.com/?order={{invoice}}")
        if len(url) > _URL_CHARACTERS_MAX or _PLAIN.fullmatch(filled) is None or set('{}<>"') & set(filled):
            fields = ", ".join(f"{{{field}}}" for field in PAGE_FIELDS)
            raise ValueError(f"an address is plain ASCII with no other fields in it than {fields}")
    return SetPaymentPage(name=name, url=url)


def new_group(
    name: str, colour: str, discount: str, *, suspension_exempt: bool, separate_invoices: bool
) -> AddClientGroup:
    """The command that adds it; `discount` in percent."""
    if colour and _COLOUR.fullmatch(colour) is None:
        raise ValueError(f"{colour!r} is not a colour such as #28C99B")
    return AddClientGroup(
        name=read_needed_name(name, "group's name"),
        colour=colour.upper(),
        discount=_percentage(discount, DISCOUNT_DECIMALS),
        suspension_exempt=suspension_exempt,
        separate_invoices=separate_invoices,
    )


def new_tax_rule(
    level: int, name: str, country: str, state: str, rate: str, countries: Container[str]
) -> AddTaxRule:
    """The command that adds it; `rate` in percent, `country` is one of the codes, or "" for all of them."""
    code, place = country.strip().upper(), read_name(state, "state")
    if code and code not in countries:
        raise ValueError(f"{country!r} is not the code of a country, such as DE")
    if place and not code:
        raise ValueError("a state needs its country")
    return AddTaxRule(
        level=level,
        name=read_name(name, "tax's name"),
        country=code,
        state=place,
        rate=_percentage(rate, RATE_DECIMALS),
    )


def _percentage(text: str, decimals: int) -> int:
    """From 0 to 100, in units of 10^-decimals percent."""
    match = _DECIMAL.fullmatch(text.strip())
    if match is not None and len(match[2] or "") <= decimals:
        number = int(match[1] + (match[2] or "").ljust(decimals, "0"))
        if number <= WHOLE_PERCENT * 10**decimals:
            return number
    raise ValueError(f"{text!r} is not a percentage from 0 to 100 with at most {decimals} decimals")
