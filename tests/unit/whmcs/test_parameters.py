from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from service.domain.money import AMOUNT_MAX
from service.http.values import ID_MAX, read_id
from service.whmcs.amounts import (
    read_applied_amount,
    read_credit_amount,
    read_payment_amount,
    read_rate,
    read_signed_amount,
)
from service.whmcs.reading import check_text, read_date, read_invoice_date, read_time

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT = "Amount must be in decimal format: ### or ###.##"
MAXIMUM = "99999999999999.99"


def _message(read: Callable[[object], object], value: object) -> str:
    with pytest.raises(PydanticCustomError) as caught:
        read(value)
    return caught.value.message()


@pytest.mark.parametrize(("text", "number"), [("1", 1), (" 7 ", 7), ("007", 7), (str(ID_MAX), ID_MAX)])
def test_a_number_is_decimal(text: str, number: int) -> None:
    """Digits only, up to the largest 64-bit integer."""
    assert read_id(text) == number


@pytest.mark.parametrize(
    "value",
    ["", "0", "-1", "+1", "1.0", "1e3", "0x1", "abc", "٣", str(ID_MAX + 1), "9" * 5000, None, {"0": "1"}],
)
def test_anything_else_numbers_nothing(value: object) -> None:
    """Zero, signs, other notations, digits of other scripts, arrays, and numbers too large."""
    assert read_id(value) is None


@pytest.mark.parametrize(
    ("text", "amount"), [("10", 1000), ("10.5", 1050), (" 10.50 ", 1050), ("0.01", 1), (MAXIMUM, AMOUNT_MAX)]
)
def test_credit_amounts(text: str, amount: int) -> None:
    """AddCredit takes up to two decimals."""
    assert read_credit_amount(text) == amount


@pytest.mark.parametrize("text", ["", " ", "0", "0.0", "0.00", "000"])
def test_no_credit_amount(text: str) -> None:
    """Nothing and zero are no amount."""
    assert _message(read_credit_amount, text) == "No Amount Provided"


@pytest.mark.parametrize(
    "text",
    [
        "-1",
        "+1",
        "1,000",
        "1,5",
        "1.234",
        "1e3",
        "NaN",
        "INF",
        "abc",
        ".5",
        "5.",
        "1 0",
        "٣",
        "100000000000000",
        "9" * 50,
    ],
)
def test_wrong_credit_amounts(text: str) -> None:
    """Signs, separators, exponents, a third decimal and more than the ledger holds."""
    assert _message(read_credit_amount, text) == FORMAT


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("15.95", 1595),
        ("0", 0),
        ("0.00", 0),
        ("0.30000000000000004", 30),
        ("1.005", 101),
        ("29.999999999999996", 3000),
    ],
)
def test_payment_amounts_are_rounded(text: str, amount: int) -> None:
    """Float noise and further decimals are rounded half up, never through a float."""
    assert read_payment_amount(text) == amount


@pytest.mark.parametrize("text", ["-1", "-0", "0.004", "1,5", "1e3", "NaN", "x", "100000000000000"])
def test_wrong_payment_amounts(text: str) -> None:
    """What rounds to nothing is refused as well: zero would mean all that is due."""
    assert _message(read_payment_amount, text) == FORMAT


@pytest.mark.parametrize(
    ("text", "amount"), [("full", None), (" FULL ", None), ("10", 1000), ("0", 0), ("-5", 0), ("0.001", 0)]
)
def test_applied_amounts(text: str, amount: int | None) -> None:
    """`full` is all that is due; what is not positive is left for the ledger to refuse in its turn."""
    assert read_applied_amount(text) == amount


@given(st.decimals(-(10**13), 10**13, allow_nan=False, allow_infinity=False, places=5))
def test_rounding_agrees_with_decimal(number: Decimal) -> None:
    """The integer arithmetic rounds as ROUND_HALF_UP does, for both signs."""
    expected = (number * 100).quantize(Decimal(1), ROUND_HALF_UP)
    assert read_signed_amount(f"{number:f}") == int(expected)


@pytest.mark.parametrize(("text", "rate"), [("0", 0), ("19.5", 19500), ("19.0005", 19001), ("100", 100_000)])
def test_rates(text: str, rate: int) -> None:
    """Percent to thousandths."""
    assert read_rate(text) == rate


@pytest.mark.parametrize("text", ["-1", "100.001", "19,5", "x"])
def test_wrong_rates(text: str) -> None:
    """Negative, more than everything, or no decimal number."""
    assert _message(read_rate, text) == "Tax Rate must be in decimal format: ### or ###.###"


@pytest.mark.parametrize(
    "text",
    ["2025-02-29", "2025-13-01", "0000-00-00", "20250101", "2025-1-1", "01/02/2025", "2025-W01-1", "x"],
)
def test_days_that_are_none(text: str) -> None:
    """Only ISO days that exist."""
    assert _message(read_date, text) == "Date Format is not Valid"


def test_days_and_times() -> None:
    """Each action's documented forms, to the ledger's own."""
    assert read_date(" 2024-02-29 ") == "2024-02-29"
    assert read_invoice_date("20141230") == read_invoice_date("2014-12-30") == "2014-12-30"
    assert read_time("2025-01-02 03:04:05") == "2025-01-02 03:04:05"
    assert read_time("2025-01-02 03:04") == "2025-01-02 03:04:00"
    assert read_time("2025-01-02") == "2025-01-02 00:00:00"


@pytest.mark.parametrize(
    "text", ["2025-01-02 24:00:00", "2025-02-30 01:00:00", "2025-01-02 3:4", "2025-01-02 03"]
)
def test_times_that_are_none(text: str) -> None:
    """A time has to exist, and to be written out."""
    assert _message(read_time, text) == "Date Format is not Valid"


@pytest.mark.parametrize("text", ["20141332", "2014123", "120141230", "20141230x"])
def test_compact_days_that_are_none(text: str) -> None:
    """Eight digits, no more and no less, of a day that exists."""
    assert _message(read_invoice_date, text) == "Date Format is not Valid"


def test_texts_are_bounded_in_bytes() -> None:
    """A limit is one of bytes, and its text names the parameter."""
    assert check_text("é" * 4, 8, "notes") == "é" * 4
    assert _message(lambda text: check_text(text, 8, "notes"), "é" * 5) == (
        "The notes must not be longer than 8 bytes"
    )
