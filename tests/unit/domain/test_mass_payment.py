from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.commands import CombineInvoices
from service.domain.events import InvoiceIssued
from service.domain.invoice_state import ADD_FUNDS, MASS_PAYMENT
from service.domain.refusals import RefusalCode
from tests.support.decider import given
from tests.support.samples import ACCOUNT_OPENED, INVOICE_ISSUED, INVOICE_SETTLED

_FIRST = INVOICE_ISSUED  # invoice 17 of 120.00
_SECOND = replace(INVOICE_ISSUED, invoice_id=18)
_BOTH = CombineInvoices(invoice_ids=(17, 18), due_days=7)


def _issued() -> InvoiceIssued:
    (issued,) = given(ACCOUNT_OPENED, _FIRST, _SECOND).when(_BOTH).events
    assert isinstance(issued, InvoiceIssued)
    return issued


def test_one_invoice_asks_for_what_the_others_owe() -> None:
    """A line for each, over what is due, untaxed."""
    issued = _issued()
    lines = [(item.kind, item.relation_id, item.amount, item.taxed) for item in issued.items]
    assert lines == [(MASS_PAYMENT, 17, 12000, False), (MASS_PAYMENT, 18, 12000, False)]
    assert (issued.total, issued.tax, issued.status) == (24000, 0, "Unpaid")


def test_the_same_again_is_the_same_invoice() -> None:
    """In whatever order, as long as it is unpaid; then another one may be made."""
    past = (ACCOUNT_OPENED, _FIRST, _SECOND, _issued())
    again = replace(_BOTH, invoice_ids=(18, 17))
    given(*past).when(again).refused(RefusalCode.MASS_PAYMENT_OPEN, "301")
    third = replace(INVOICE_ISSUED, invoice_id=19)
    assert given(*past, third).when(replace(_BOTH, invoice_ids=(17, 18, 19))).events


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (99, RefusalCode.INVOICE_NOT_FOUND),
        (18, RefusalCode.INVOICE_NOT_UNPAID),
        (20, RefusalCode.CREDIT_FOR_CREDIT),
        (301, RefusalCode.CREDIT_FOR_CREDIT),
    ],
)
def test_what_cannot_be_on_it(number: int, code: RefusalCode) -> None:
    """An invoice of nobody's, a paid one, one that adds funds, another mass payment."""
    funds = replace(
        _FIRST, invoice_id=20, items=tuple(replace(item, kind=ADD_FUNDS) for item in _FIRST.items)
    )
    paid = replace(INVOICE_SETTLED, invoice_id=18)
    past = (ACCOUNT_OPENED, _FIRST, _SECOND, _issued(), paid, funds)
    given(*past).when(replace(_BOTH, invoice_ids=(17, number))).refused(code, str(number))


def test_no_client_no_invoice() -> None:
    """An account that is not there has nothing to pay."""
    given().when(_BOTH).refused(RefusalCode.CLIENT_NOT_FOUND)
