"""What values of this process become as form variables."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from service.http.form import FormError, FormLimits, parse
from service.http.local_form import form_of

LIMITS = FormLimits(fields_max=3, depth_max=2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a & é", "a & é"),
        ("", ""),
        (None, ""),
        (True, "1"),
        (False, ""),
        (0, "0"),
        (7, "7"),
        (12.5, "12.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("12.30"), "12.30"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC).replace(tzinfo=None), "2026-01-02 03:04:05"),
    ],
)
def test_values_are_printed_as_php_does(value: object, text: str) -> None:
    """True is 1, false and nothing are empty, decimals have no exponent, times no fraction."""
    assert form_of({"a": value}, LIMITS) == {"a": text}


def test_lists_and_mappings_are_php_arrays() -> None:
    """The same as brackets in a request."""
    given = {"a": ["x", "y"], "b": {"k": 1, 5: ("z",)}}
    sent = b"a[]=x&a[]=y&b[k]=1&b[5][]=z"
    expected = parse("", sent, "application/x-www-form-urlencoded", FormLimits())
    assert form_of(given, LIMITS) == expected


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"a": "\0"}, "NUL"),
        ({"a\0": ""}, "NUL"),
        ({"a": "\ud800"}, "UTF-8"),
        ({"a": object()}, "cannot be of the type object"),
        ({"a": b"x"}, "cannot be of the type bytes"),
        ({"a": [[["x"]]]}, "nested too deep"),
        (dict.fromkeys("abcd"), "more than 3 parameters"),
    ],
)
def test_what_no_request_could_hold(data: dict[str, object], complaint: str) -> None:
    """The same limits hold as for requests."""
    with pytest.raises(FormError, match=complaint):
        form_of(data, LIMITS)
