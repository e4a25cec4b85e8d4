from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.commands import ApplyCredit
from service.domain.events import CreditApplied, InvoiceSettled
from service.domain.invoice_status import InvoiceStatus
from service.domain.refusals import RefusalCode
from tests.support.decider import NOW, OFFER, TODAY, fold, given
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED, CREDIT_APPLIED, INVOICE_ISSUED

_RICH = (ACCOUNT_OPENED, CREDIT_ADDED, INVOICE_ISSUED)  # credit 123.45, invoice 17 of 120.00
_POOR = (ACCOUNT_OPENED, replace(CREDIT_ADDED, amount=5000, balance=5000), INVOICE_ISSUED)


def _applied(amount: int, balance: int, invoice_credit: int, invoice_due: int) -> CreditApplied:
    return CreditApplied(
        credit_id=OFFER.credit,
        invoice_id=17,
        amount=amount,
        balance=balance,
        currency="EUR",
        date=TODAY,
        description="Credit Applied to Invoice #17",
        invoice_credit=invoice_credit,
        invoice_due=invoice_due,
        notify=True,
        recorded_at=NOW,
    )


def test_a_part_is_applied_and_the_invoice_stays_unpaid() -> None:
    """Part of what is due moves from the credit to the invoice."""
    given(*_RICH).when(ApplyCredit(invoice_id=17, amount=2000)).then(_applied(2000, 10345, 2000, 10000))


@pytest.mark.parametrize("amount", [None, 12000])
def test_all_that_is_due_settles_the_invoice(amount: int | None) -> None:
    """No amount means the same as naming the whole sum: nothing is due and the invoice is settled now."""
    given(*_RICH).when(ApplyCredit(invoice_id=17, amount=amount)).then(
        _applied(12000, 345, 12000, 0),
        InvoiceSettled(invoice_id=17, settled_at=NOW, notify=True, recorded_at=NOW),
    )


def test_a_second_part_counts_from_where_the_first_one_left() -> None:
    """Credit adds up on the invoice, and no amount means the rest."""
    past = (*_RICH, replace(CREDIT_APPLIED, balance=10345))
    given(*past).when(ApplyCredit(invoice_id=17)).then(
        _applied(10000, 345, 12000, 0),
        InvoiceSettled(invoice_id=17, settled_at=NOW, notify=True, recorded_at=NOW),
    )


def test_notify_travels_to_both_events() -> None:
    """Whoever sends mail for the events learns that the caller wants none."""
    applied, settled = given(*_RICH).when(ApplyCredit(invoice_id=17, notify=False)).events
    assert isinstance(applied, CreditApplied)
    assert isinstance(settled, InvoiceSettled)
    assert not applied.notify
    assert not settled.notify


@pytest.mark.parametrize("past", [(), (ACCOUNT_OPENED, CREDIT_ADDED)])
def test_the_invoice_must_be_known(past: tuple[()]) -> None:
    """An unknown invoice is what is reported, for an unknown account too."""
    given(*past).when(ApplyCredit(invoice_id=17)).refused(RefusalCode.INVOICE_NOT_FOUND)


@pytest.mark.parametrize("status", [status for status in InvoiceStatus if status != InvoiceStatus.UNPAID])
def test_only_an_unpaid_invoice_takes_credit(status: InvoiceStatus) -> None:
    """Collections and Payment Pending are refused as well, and before the amount is looked at."""
    given(ACCOUNT_OPENED, replace(INVOICE_ISSUED, status=status.value)).when(
        ApplyCredit(invoice_id=17, amount=0)
    ).refused(RefusalCode.INVOICE_NOT_UNPAID)


@pytest.mark.parametrize("amount", [None, 5001, 99999])
def test_too_little_credit_is_reported_first_and_nothing_is_applied(amount: int | None) -> None:
    """Asking for all is not cut down to the credit there is, and credit is looked at before due."""
    given(*_POOR).when(ApplyCredit(invoice_id=17, amount=amount)).refused(RefusalCode.CREDIT_TOO_LOW)


def test_more_than_due_is_refused() -> None:
    """An invoice is never overpaid from credit."""
    given(*_RICH).when(ApplyCredit(invoice_id=17, amount=12001)).refused(RefusalCode.MORE_THAN_DUE)


@pytest.mark.parametrize("amount", [0, -1])
def test_the_amount_must_be_positive(amount: int) -> None:
    """Zero and less are refused, last of all checks."""
    given(*_RICH).when(ApplyCredit(invoice_id=17, amount=amount)).refused(RefusalCode.AMOUNT_NOT_POSITIVE)


@pytest.mark.parametrize("total", [0, -500])
def test_all_of_nothing_is_refused(total: int) -> None:
    """An unpaid invoice over nothing, or owed to the client, takes no credit."""
    given(ACCOUNT_OPENED, CREDIT_ADDED, replace(INVOICE_ISSUED, total=total)).when(
        ApplyCredit(invoice_id=17)
    ).refused(RefusalCode.AMOUNT_NOT_POSITIVE)


def test_the_fold_lowers_credit_and_due() -> None:
    """The state takes balance and invoice credit as the event states them."""
    state = fold(*_RICH, replace(CREDIT_APPLIED, balance=10345))
    assert state.balance == 10345
    assert (state.invoices[17].credit, state.invoices[17].due) == (2000, 10000)
