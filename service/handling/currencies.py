"""A currency as an operator names it, checked against ISO 4217 as babel knows it."""

from __future__ import annotations

import re

from babel.numbers import get_currency_symbol, list_currencies

from service.domain.config import AddCurrency

PLAIN_FORMAT = 1
_RATE = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,5}))?")


def new_currency(
    code: str,
    prefix: str | None = None,
    suffix: str | None = None,
    number_format: int = PLAIN_FORMAT,
    rate: str = "1",
) -> AddCurrency:
    """The command that adds it; prefix and suffix default to `$` and ` USD`. Raises ValueError."""
    code = code.upper()
    if code not in list_currencies():
        raise ValueError(f"{code} is not a currency of ISO 4217")
    symbol = get_currency_symbol(code, locale="en_US")
    return AddCurrency(
        code=code,
        prefix=("" if symbol == code else symbol) if prefix is None else prefix,
        suffix=f" {code}" if suffix is None else suffix,
        format=number_format,
        rate=_rate(rate),
    )


def _rate(text: str) -> int:
    match = _RATE.fullmatch(text)
    rate = int(match[1] + (match[2] or "").ljust(5, "0")) if match else 0
    if not rate:
        raise ValueError(f"{text!r} is not a rate above 0 with at most five decimals")
    return rate
