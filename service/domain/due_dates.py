"""Days counted from a day: when something that recurs is due again. Pure; the deciders import it."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from service.domain.billable_commands import RecurCycle

_MONTHS = {RecurCycle.MONTHS: 1, RecurCycle.YEARS: 12}
_DAYS = {RecurCycle.DAYS: 1, RecurCycle.WEEKS: 7}


def later(day: str, count: int, cycle: RecurCycle) -> str:
    """`count` of `cycle` after `day`, at the end of shorter months; the last day the calendar has at most."""
    start = date.fromisoformat(day)
    try:
        if cycle in _DAYS:
            return (start + timedelta(days=count * _DAYS[cycle])).isoformat()
        year, month = divmod(start.year * 12 + start.month - 1 + count * _MONTHS[cycle], 12)
        return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])).isoformat()
    except (OverflowError, ValueError):
        return date.max.isoformat()


def months_between(first: str, second: str) -> int:
    """Months from that of one day to that of another, whatever the days of the month."""
    one, other = date.fromisoformat(first), date.fromisoformat(second)
    return (other.year - one.year) * 12 + other.month - one.month
