from __future__ import annotations

import pytest

from service.domain.refusals import Refusal, RefusalCode
from service.whmcs.wording import status, words


@pytest.mark.parametrize(
    ("action", "refusal", "text"),
    [
        ("addcredit", Refusal(RefusalCode.CLIENT_NOT_FOUND), "Client ID Not Found"),
        ("addcredit", Refusal(RefusalCode.AMOUNT_NOT_POSITIVE), "Amount must be greater than zero"),
        (
            "applycredit",
            Refusal(RefusalCode.AMOUNT_NOT_POSITIVE),
            "Credit Amount to apply must be greater than zero",
        ),
        ("addclient", Refusal(RefusalCode.OWNER_NOT_FOUND, "9"), "Invalid Owner User ID"),
        (
            "addinvoicepayment",
            Refusal(RefusalCode.INVOICE_NOT_PAYABLE, "Cancelled"),
            "It is not possible to add a payment to an invoice that is Cancelled",
        ),
    ],
)
def test_a_refusal_has_the_words_of_its_action(action: str, refusal: Refusal, text: str) -> None:
    """The same code may be worded otherwise by another action; a detail is put where WHMCS puts it."""
    assert words(refusal, action) == text


@pytest.mark.parametrize("code", RefusalCode)
def test_only_a_misused_key_is_not_a_200(code: RefusalCode) -> None:
    """Client libraries expect business errors with HTTP 200."""
    assert status(Refusal(code)) == (409 if code is RefusalCode.KEY_REUSED else 200)
