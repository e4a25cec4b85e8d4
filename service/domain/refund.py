"""What of a paid period goes back to a client whose service ends before the period does.

The rule is the one that HOSTKEY publishes (payment terms, and the page on ending a service): an hour costs
H = S / (N * 24), S being what was paid for the period after discounts, N the days of its calendar month. The
hours used, rounded up, and 12 for the processing are kept. Pure; `services`
and `cancellations` import it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from service.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable

PROCESSING_HOURS = 12
"""Kept besides the hours used: so long a cancellation may take."""
HOURS_OF_DAY = 24
_HOUR_S = 3600


@value(kw_only=True)
class PaidPeriod:
    """What an invoice paid for: `price` hundredths, without tax, from a moment up to, not including, a day.

    A beginning without a time of day is midnight in the ledger's time zone.
    """

    invoice_id: int
    price: int
    starts_at: str
    ends_on: str

    @property
    def days(self) -> int:
        """N: how many days were paid for, at least one.

        For a month that is the number of days of the calendar month in which it begins, unless that day is
        missing in the next one. Other cycles are reckoned alike: the published rule names months only.
        """
        first, last = (datetime.fromisoformat(day[:10]) for day in (self.starts_at, self.ends_on))
        return max(1, (last - first).days)


@value(kw_only=True)
class PeriodRefund:
    """`amount` hundredths of a period's `price`, as `hours` of its `days` are kept."""

    invoice_id: int
    price: int
    days: int
    hours: int
    """Hours used, and of the 12 for the processing those that fall into the period."""
    amount: int


def refund_of(period: PaidPeriod, now: str) -> PeriodRefund:
    """S - H * hours, rounded down to whole hundredths; never below 0, never above S.

    A period that is over gives nothing back, one that has not begun all but what the processing takes of it.
    """
    total = period.days * HOURS_OF_DAY
    hours = min(total, max(0, _hours_between(period.starts_at, now) + PROCESSING_HOURS))
    if now >= period.ends_on:
        hours = total
    amount = max(0, period.price) * (total - hours) // total
    return PeriodRefund(
        invoice_id=period.invoice_id, price=period.price, days=period.days, hours=hours, amount=amount
    )


def refunds_of(periods: Iterable[PaidPeriod], now: str) -> tuple[PeriodRefund, ...]:
    """Those of all periods that give something back: the one that runs, and one that was paid ahead."""
    refunds = (refund_of(period, now) for period in periods)
    return tuple([refund for refund in refunds if refund.amount > 0])


def _hours_between(start: str, end: str) -> int:
    """Rounded up; negative as long as the start is to come."""
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    return -(-int(seconds) // _HOUR_S)
