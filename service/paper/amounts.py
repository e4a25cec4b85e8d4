"""Amounts and rates as clients read them: with the prefix, suffix and separators of their currency. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.domain.events.config import CurrencyAdded

_SEPARATORS = {1: ("", "."), 2: (",", "."), 3: (".", ","), 4: (",", ".")}
"""Of thousands and of decimals, by the currency's format."""
_NO_DECIMALS = 4


def shown(amount: int, currency: CurrencyAdded) -> str:
    """Hundredths as `€1.234,50 EUR`. The format without decimals still shows those that are not zero."""
    thousands, decimals = _SEPARATORS.get(currency.format, _SEPARATORS[1])
    whole, cents = divmod(abs(amount), 100)
    digits = f"{whole:,}".replace(",", thousands)
    if cents or currency.format != _NO_DECIMALS:
        digits = f"{digits}{decimals}{cents:02d}"
    return f"{'-' if amount < 0 else ''}{currency.prefix}{digits}{currency.suffix}"


def percent_of(thousandths: int) -> str:
    """`19 %`, `7.5 %`."""
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".") + " %"
