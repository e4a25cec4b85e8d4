from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.money import AMOUNT_MAX, divide_half_up, percentage


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (0, 3, 0),
        (1, 2, 1),
        (-1, 2, -1),
        (3, 2, 2),
        (-3, 2, -2),
        (5, 10, 1),
        (4, 10, 0),
        (-4, 10, 0),
        (7, 7, 1),
    ],
)
def test_halves_go_away_from_zero(numerator: int, denominator: int, expected: int) -> None:
    """Rounding is PHP's round(), not the banker's rounding of Python."""
    assert divide_half_up(numerator, denominator) == expected


@given(st.integers(-AMOUNT_MAX, AMOUNT_MAX), st.integers(1, 10**9))
def test_the_result_is_the_nearest_integer(numerator: int, denominator: int) -> None:
    """No result is further than half from the exact quotient, and the sign never matters."""
    rounded = divide_half_up(numerator, denominator)
    assert abs(rounded - Fraction(numerator, denominator)) <= Fraction(1, 2)
    assert divide_half_up(-numerator, denominator) == -rounded


@pytest.mark.parametrize(
    ("amount", "rate", "expected"),
    [
        (10000, 19000, 1900),
        (10005, 10000, 1001),
        (-10005, 10000, -1001),
        (1, 50000, 1),
        (333, 19500, 65),
        (5, 0, 0),
    ],
)
def test_a_percentage_is_in_thousandths(amount: int, rate: int, expected: int) -> None:
    """19.5 % is 19500, and the result is in the unit of the amount."""
    assert percentage(amount, rate) == expected


def test_the_limit_is_the_column_of_whmcs() -> None:
    """decimal(16,2): fourteen digits before the point and two after."""
    assert len(str(AMOUNT_MAX)) == 16
    assert set(str(AMOUNT_MAX)) == {"9"}
