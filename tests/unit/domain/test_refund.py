from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.money import AMOUNT_MAX
from service.domain.refund import PROCESSING_HOURS, PaidPeriod, PeriodRefund, refund_of, refunds_of

APRIL = PaidPeriod(invoice_id=17, price=72_000, starts_at="2026-04-01", ends_on="2026-05-01")
"""30 days of 24 hours at 1.00 each."""

_days = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(lambda day: day.date().isoformat())  # noqa: DTZ001 -- days, not moments


@st.composite
def _periods(draw: st.DrawFn) -> PaidPeriod:
    start = draw(_days)
    end = datetime.fromisoformat(start) + timedelta(days=draw(st.integers(1, 1100)))
    price = draw(st.one_of(st.integers(0, 100_000), st.integers(0, AMOUNT_MAX)))
    return PaidPeriod(invoice_id=1, price=price, starts_at=start, ends_on=end.date().isoformat())


@st.composite
def _moments(draw: st.DrawFn, period: PaidPeriod) -> str:
    seconds = draw(st.integers(-40 * 86_400, (period.days + 40) * 86_400))
    return (datetime.fromisoformat(period.starts_at) + timedelta(seconds=seconds)).isoformat(" ")


cases = _periods().flatmap(lambda period: st.tuples(st.just(period), _moments(period)))


@pytest.mark.parametrize(
    ("now", "hours", "amount"),
    [
        ("2026-04-01 00:00:00", 12, 70_800),
        ("2026-04-01 00:00:01", 13, 70_700),
        ("2026-04-01 01:00:00", 13, 70_700),
        ("2026-04-11 10:30:00", 10 * 24 + 11 + 12, 45_700),
        ("2026-04-30 11:00:00", 719, 100),
        ("2026-04-30 12:00:00", 720, 0),
        ("2026-04-30 23:59:59", 720, 0),
        ("2026-05-01 00:00:00", 720, 0),
        ("2027-05-01 00:00:00", 720, 0),
        ("2026-03-31 20:00:00", 8, 71_200),
        ("2026-03-01 00:00:00", 0, 72_000),
    ],
)
def test_an_hour_is_a_part_of_the_month(now: str, hours: int, amount: int) -> None:
    """H = S / (N * 24); a begun hour is used, 12 more are kept, what is over or to come has its due."""
    assert refund_of(APRIL, now) == PeriodRefund(
        invoice_id=17, price=72_000, days=30, hours=hours, amount=amount
    )


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2026-02-01", "2026-03-01", 28),
        ("2028-02-15", "2028-03-15", 29),
        ("2026-12-10", "2027-01-10", 31),
        ("2026-01-31", "2026-02-28", 28),
        ("2026-01-01", "2026-04-01", 90),
        ("2027-06-01", "2028-06-01", 366),
        ("2026-04-01 15:30:00", "2026-05-01", 30),
        ("2026-04-01", "2026-04-01", 1),
    ],
)
def test_days_are_those_paid_for(start: str, end: str, days: int) -> None:
    """For a month the days of the calendar month in which it begins; longer cycles alike."""
    assert PaidPeriod(invoice_id=1, price=1, starts_at=start, ends_on=end).days == days


def test_a_first_period_may_begin_within_a_day() -> None:
    """Hours before the service was there were not used."""
    first = PaidPeriod(invoice_id=1, price=72_000, starts_at="2026-04-01 15:30:00", ends_on="2026-05-01")
    assert refund_of(first, "2026-04-01 16:00:00").hours == 13
    assert refund_of(first, "2026-05-01 00:00:00").amount == 0


def test_it_is_rounded_down() -> None:
    """To whole hundredths, in the ledger's favour."""
    period = PaidPeriod(invoice_id=1, price=1000, starts_at="2026-04-01", ends_on="2026-05-01")
    assert refund_of(period, "2026-04-01 00:00:01").amount == 1000 * 707 // 720 == 981


def test_a_period_paid_ahead_comes_back_too() -> None:
    """Beside the rest of the one that runs; what gives nothing is not mentioned."""
    march = PaidPeriod(invoice_id=16, price=74_400, starts_at="2026-03-01", ends_on="2026-04-01")
    given_back = refunds_of([march, APRIL], "2026-03-30 00:00:00")
    assert [(each.invoice_id, each.amount) for each in given_back] == [(16, 3_600), (17, 72_000)]
    assert [each.invoice_id for each in refunds_of([march, APRIL], "2026-04-02 00:00:00")] == [17]


@given(cases)
def test_it_is_never_negative_nor_more_than_paid(case: tuple[PaidPeriod, str]) -> None:
    """Whatever is asked about, and it is the exact rule rounded down."""
    period, now = case
    refund = refund_of(period, now)
    assert 0 <= refund.amount <= period.price
    total = period.days * 24
    assert 0 <= refund.hours <= total
    exact = Fraction(period.price) - Fraction(period.price, total) * refund.hours
    assert exact - 1 < refund.amount <= exact


@given(cases, st.integers(0, 3 * 86_400))
def test_waiting_never_pays(case: tuple[PaidPeriod, str], seconds: int) -> None:
    """A later request never gives more back."""
    period, now = case
    later = (datetime.fromisoformat(now) + timedelta(seconds=seconds)).isoformat(" ")
    assert refund_of(period, later).amount <= refund_of(period, now).amount


@given(cases)
def test_hours_used_are_never_given_back(case: tuple[PaidPeriod, str]) -> None:
    """What is left of the price is worth at most the hours that are left, less those for the processing."""
    period, now = case
    passed = datetime.fromisoformat(now) - datetime.fromisoformat(period.starts_at)
    hours = Fraction(int(passed.total_seconds()), 3600) + PROCESSING_HOURS
    total = period.days * 24
    left = max(Fraction(0), min(Fraction(total), total - hours))
    assert refund_of(period, now).amount <= period.price * left / total
