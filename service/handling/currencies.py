"""A currency as an operator names it, checked against ISO 4217 as babel knows it."""

from __future__ import annotations

from babel.numbers import get_currency_symbol, list_currencies

from service.domain.config import AddCurrency

RATE_ONE = 100_000
PLAIN_FORMAT = 1


def new_currency(
    code: str, prefix: str | None = None, suffix: str | None = None, number_format: int = PLAIN_FORMAT
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
        rate=RATE_ONE,
    )
