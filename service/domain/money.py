"""Amounts are integer hundredths; this is the only place that rounds.

AMOUNT_MAX is WHMCS's own column limit, decimal(16,2); a total past it is refused, never cut.
"""

from __future__ import annotations

AMOUNT_MAX = 99_999_999_999_999_99
"""Hundredths: 99,999,999,999,999.99."""

_PERCENT_THOUSANDTHS = 100_000


def divide_half_up(numerator: int, denominator: int) -> int:
    """Round numerator/denominator to the nearest integer, halves away from zero, as PHP's round() does."""
    quotient, remainder = divmod(abs(numerator), denominator)
    if 2 * remainder >= denominator:
        quotient += 1
    return quotient if numerator >= 0 else -quotient


def percentage(amount: int, rate: int) -> int:
    """`rate` thousandths of a percent of `amount`, in the unit of `amount`: 19.5 % is rate 19500."""
    return divide_half_up(amount * rate, _PERCENT_THOUSANDTHS)
