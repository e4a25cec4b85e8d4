"""What a callback may say, and how a mistake in it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.domain.commands import RecordPayment
from service.pay.callback import NotTaken, read

GOOD: dict[str, Any] = {"invoice": 17, "transaction": "ch_1", "amount": "45.5", "currency": "EUR"}


def test_a_payment() -> None:
    """Becomes the command of AddInvoicePayment; unknown fields are passed over."""
    payment = read(json.dumps(GOOD | {"transaction": " ch_1 ", "fees": "1.20", "livemode": True}).encode())
    assert payment.command("paypal") == RecordPayment(
        invoice_id=17,
        gateway="paypal",
        reference="ch_1",
        amount=4550,
        fees=120,
        currency="EUR",
        to_credit=True,
    )
    assert payment.facts() == {"invoice": "17", "amount": "4550", "currency": "EUR", "fees": "120"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"invoice": 0}, "invoice"),
        ({"invoice": "17"}, "invoice"),
        ({"invoice": 17.0}, "invoice"),
        ({"invoice": 2**63}, "invoice"),
        ({"invoice": None}, "invoice"),
        ({"transaction": ""}, "transaction"),
        ({"transaction": "  "}, "transaction"),
        ({"transaction": "a\u0000b"}, "transaction"),
        ({"transaction": "ж" * 96}, "transaction"),
        ({"transaction": 5}, "transaction"),
        ({"amount": 45.5}, "amount"),
        ({"amount": 45}, "amount"),
        ({"amount": "0.00"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1,5"}, "amount"),
        ({"amount": "1.005"}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": "\u0661"}, "amount"),
        ({"amount": "9" * 15}, "amount"),
        ({"currency": "eur"}, "currency"),
        ({"currency": ""}, "currency"),
        ({"fees": "-1"}, "fees"),
        ({"fees": 1}, "fees"),
    ],
)
def test_a_field_that_cannot_be(change: dict[str, Any], field: str) -> None:
    """Is named in a sentence; what was sent is not repeated."""
    with pytest.raises(NotTaken) as caught:
        read(json.dumps(GOOD | change).encode())
    assert (caught.value.status, caught.value.code) == (422, "body_not_valid")
    assert str(caught.value).startswith(f"{field}: ")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"{}", b"[" * 5000])
def test_a_body_that_is_no_payment(body: bytes) -> None:
    """Is refused as any other mistake."""
    with pytest.raises(NotTaken):
        read(body)
