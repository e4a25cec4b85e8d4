from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.commands import RecordPayment
from service.domain.events import CreditAdded, InvoiceSettled, PaymentRecorded
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import RefusalCode
from tests.support.decider import NOW, OFFER, TODAY, fold, given
from tests.support.samples import (
    ACCOUNT_OPENED,
    CREDIT_ADDED,
    CREDIT_APPLIED,
    INVOICE_ISSUED,
    INVOICE_SETTLED,
    PAYMENT_RECORDED,
)

_UNPAID = (ACCOUNT_OPENED, INVOICE_ISSUED)  # invoice 17 of 120.00 by paypal
_OPEN = (InvoiceStatus.UNPAID, InvoiceStatus.COLLECTIONS, InvoiceStatus.PAYMENT_PENDING)
_DONE = (InvoiceStatus.PAID, InvoiceStatus.REFUNDED)
_REFUSING = (InvoiceStatus.CANCELLED, InvoiceStatus.DRAFT)
_SETTLED = InvoiceSettled(invoice_id=17, settled_at=NOW, notify=True, recorded_at=NOW)


def _recorded(amount: int, applied: int, due: int, reference: str = "R1") -> PaymentRecorded:
    return PaymentRecorded(
        transaction_id=OFFER.transaction,
        invoice_id=17,
        gateway="paypal",
        reference=reference,
        amount=amount,
        fees=0,
        applied=applied,
        surplus=amount - applied,
        currency="EUR",
        date=NOW,
        description="Invoice Payment",
        invoice_paid=amount,
        invoice_due=due,
        notify=True,
        recorded_at=NOW,
    )


def _overpaid(amount: int, balance: int) -> CreditAdded:
    return CreditAdded(
        credit_id=OFFER.credit,
        amount=amount,
        balance=balance,
        currency="EUR",
        date=TODAY,
        description="Invoice #17 Overpayment",
        reason="overpayment",
        admin_id=0,
        transaction_id=OFFER.transaction,
    )


@pytest.mark.parametrize("status", _OPEN)
def test_a_part_payment_leaves_the_rest_due(status: InvoiceStatus) -> None:
    """All money goes to an open invoice that needs it, and its status stays."""
    given(ACCOUNT_OPENED, replace(INVOICE_ISSUED, status=status.value)).when(
        RecordPayment(invoice_id=17, reference="R1", amount=5000)
    ).then(_recorded(5000, 5000, 7000))


@pytest.mark.parametrize("status", _OPEN)
@pytest.mark.parametrize("amount", [None, 0, 12000])
def test_a_full_payment_settles_the_invoice(status: InvoiceStatus, amount: int | None) -> None:
    """No amount, zero, and the sum itself all mean what is due."""
    given(ACCOUNT_OPENED, replace(INVOICE_ISSUED, status=status.value)).when(
        RecordPayment(invoice_id=17, reference="R1", amount=amount)
    ).then(_recorded(12000, 12000, 0), _SETTLED)


def test_what_is_left_over_becomes_credit() -> None:
    """An overpayment is three events in this order: payment, settlement, credit."""
    given(ACCOUNT_OPENED, CREDIT_ADDED, INVOICE_ISSUED).when(
        RecordPayment(invoice_id=17, reference="R1", amount=12500)
    ).then(_recorded(12500, 12000, 0), _SETTLED, _overpaid(500, 12845))


@pytest.mark.parametrize("status", _DONE)
def test_money_for_a_finished_invoice_is_all_credit(status: InvoiceStatus) -> None:
    """A Paid or Refunded invoice takes nothing more and is not settled again."""
    given(ACCOUNT_OPENED, replace(INVOICE_ISSUED, status=status.value)).when(
        RecordPayment(invoice_id=17, reference="R1", amount=700)
    ).then(_recorded(700, 0, 12000), _overpaid(700, 700))


def test_a_payment_of_nothing_for_a_settled_invoice_is_recorded_as_nothing() -> None:
    """Nothing is due, so "all that is due" is 0 and no credit comes of it."""
    past = (
        *_UNPAID,
        replace(PAYMENT_RECORDED, surplus=0, invoice_paid=12000, applied=12000),
        INVOICE_SETTLED,
    )
    given(*past).when(RecordPayment(invoice_id=17, reference="R1")).then(
        replace(_recorded(0, 0, 0), invoice_paid=12000)
    )


def test_paying_an_invoice_over_nothing_settles_it() -> None:
    """An Unpaid invoice of 0.00 becomes Paid by a payment of 0.00."""
    given(ACCOUNT_OPENED, replace(INVOICE_ISSUED, total=0)).when(
        RecordPayment(invoice_id=17, reference="R1")
    ).then(_recorded(0, 0, 0), _SETTLED)


def test_an_invoice_over_less_than_nothing_is_never_paid_out() -> None:
    """A payment settles a negative total; only the money that came in becomes credit."""
    past = (ACCOUNT_OPENED, replace(INVOICE_ISSUED, total=-300))
    given(*past).when(RecordPayment(invoice_id=17, reference="R1")).then(_recorded(0, 0, -300), _SETTLED)
    given(*past).when(RecordPayment(invoice_id=17, reference="R1", amount=100)).then(
        _recorded(100, 0, -300), _SETTLED, _overpaid(100, 100)
    )


def test_an_invoice_issued_as_paid_owes_nothing() -> None:
    """A payment without an amount takes nothing on an invoice that says it is paid."""
    past = (ACCOUNT_OPENED, replace(INVOICE_ISSUED, status="Paid"), INVOICE_SETTLED)
    given(*past).when(RecordPayment(invoice_id=17, reference="R1")).then(
        _recorded(0, 0, INVOICE_ISSUED.total)
    )


def test_applied_credit_counts_as_paid() -> None:
    """Due is what credit and earlier payments left."""
    past = (*_UNPAID, CREDIT_APPLIED, replace(PAYMENT_RECORDED, applied=4000, invoice_paid=4000))
    given(*past).when(RecordPayment(invoice_id=17, reference="R1")).then(
        replace(_recorded(6000, 6000, 0), invoice_paid=10000), _SETTLED
    )


def test_what_the_gateway_tells_is_kept() -> None:
    """Gateway, time and fees stand in the event as reported; fees change no sum."""
    given(*_UNPAID).when(
        RecordPayment(
            invoice_id=17,
            gateway="stripe",
            reference="R1",
            amount=5000,
            fees=-120,
            date="2024-12-31 23:59:59",
            notify=False,
        )
    ).then(
        replace(
            _recorded(5000, 5000, 7000),
            gateway="stripe",
            fees=-120,
            date="2024-12-31 23:59:59",
            notify=False,
        )
    )


@pytest.mark.parametrize("gateway", ["", "paypal"])
@pytest.mark.parametrize("status", list(InvoiceStatus))
def test_the_same_reference_is_the_same_payment(gateway: str, status: InvoiceStatus) -> None:
    """A retry is answered with the first recording, whatever became of the invoice meanwhile."""
    given(ACCOUNT_OPENED, replace(INVOICE_ISSUED, status=status.value), PAYMENT_RECORDED).when(
        RecordPayment(invoice_id=17, gateway=gateway, reference="8XY12345", amount=1)
    ).already_recorded(41)


@pytest.mark.parametrize(
    ("invoice_id", "gateway", "reference"),
    [(17, "stripe", "8XY12345"), (17, "paypal", "8xy12345"), (18, "paypal", "8XY12345"), (17, "paypal", "")],
)
def test_another_gateway_reference_or_invoice_is_another_payment(
    invoice_id: int, gateway: str, reference: str
) -> None:
    """Only invoice, gateway and a non-empty reference together identify a payment."""
    past = (
        *_UNPAID,
        replace(INVOICE_ISSUED, invoice_id=18),
        PAYMENT_RECORDED,
        replace(PAYMENT_RECORDED, reference=""),
    )
    command = RecordPayment(invoice_id=invoice_id, gateway=gateway, reference=reference, amount=1)
    assert isinstance(given(*past).when(command).events[0], PaymentRecorded)


@pytest.mark.parametrize("past", [(), (ACCOUNT_OPENED,)])
def test_the_invoice_must_be_known(past: tuple[()]) -> None:
    """An unknown invoice is what is reported, for an unknown account too."""
    given(*past).when(RecordPayment(invoice_id=17)).refused(RefusalCode.INVOICE_NOT_FOUND)


@pytest.mark.parametrize("status", _REFUSING)
def test_some_statuses_forbid_payments(status: InvoiceStatus) -> None:
    """Cancelled and Draft take no money; the refusal names the status."""
    given(ACCOUNT_OPENED, replace(INVOICE_ISSUED, status=status.value)).when(
        RecordPayment(invoice_id=17, amount=1)
    ).refused(RefusalCode.INVOICE_NOT_PAYABLE, status.value)


@pytest.mark.parametrize("status", _REFUSING)
def test_money_that_is_there_in_any_case_becomes_credit(status: InvoiceStatus) -> None:
    """Where the command says so, an invoice that takes no payment stays as it is, and nothing is dropped."""
    command = RecordPayment(invoice_id=17, amount=500, reference="R1", to_credit=True)
    past = (ACCOUNT_OPENED, replace(INVOICE_ISSUED, status=status.value))
    recorded = _recorded(500, 0, INVOICE_ISSUED.total)
    given(*past).when(command).then(recorded, _overpaid(500, 500))
    given(*past, recorded, _overpaid(500, 500)).when(command).already_recorded(OFFER.transaction)


def test_another_amount_under_a_known_number_is_not_passed_over() -> None:
    """Where no money may be dropped, what was recorded before counts as the same only if it was as much."""
    past = given(*_UNPAID, PAYMENT_RECORDED)
    command = RecordPayment(invoice_id=17, reference="8XY12345", to_credit=True)
    other = replace(command, amount=PAYMENT_RECORDED.amount + 1)
    past.when(other).refused(RefusalCode.TRANSACTION_ID_TAKEN)
    past.when(replace(other, currency="USD")).refused(RefusalCode.CURRENCY_MISMATCH, "EUR")
    past.when(replace(command, amount=PAYMENT_RECORDED.amount, currency="EUR")).already_recorded(41)


def test_a_payment_in_another_currency_is_refused() -> None:
    """Where the command names one, it must be the account's; the refusal tells which that is."""
    command = RecordPayment(invoice_id=17, amount=1, currency="USD")
    given(*_UNPAID).when(command).refused(RefusalCode.CURRENCY_MISMATCH, "EUR")
    same = RecordPayment(invoice_id=17, amount=12000, reference="R1", currency="EUR")
    given(*_UNPAID).when(same).then(_recorded(12000, 12000, 0), _SETTLED)


def test_a_negative_payment_is_refused() -> None:
    """A refund is not a payment with another sign."""
    given(*_UNPAID).when(RecordPayment(invoice_id=17, amount=-1)).refused(RefusalCode.AMOUNT_NOT_POSITIVE)


def test_neither_the_paid_sum_nor_the_balance_passes_the_limit() -> None:
    """Both are held to AMOUNT_MAX, which they may reach."""
    full = replace(CREDIT_ADDED, balance=AMOUNT_MAX - 100)
    rich = given(ACCOUNT_OPENED, full, INVOICE_ISSUED)
    rich.when(RecordPayment(invoice_id=17, amount=12101)).refused(RefusalCode.AMOUNT_TOO_LARGE)
    assert rich.when(RecordPayment(invoice_id=17, amount=12100)).events[-1] == _overpaid(100, AMOUNT_MAX)
    paid = given(*_UNPAID, replace(PAYMENT_RECORDED, applied=0, invoice_paid=AMOUNT_MAX - 100))
    paid.when(RecordPayment(invoice_id=17, amount=101)).refused(RefusalCode.AMOUNT_TOO_LARGE)
    assert len(paid.when(RecordPayment(invoice_id=17, amount=100)).events) == 1


def test_the_fold_keeps_all_money_and_what_went_to_the_invoice_apart() -> None:
    """Paid counts the surplus too, due does not."""
    state = fold(*_UNPAID, replace(PAYMENT_RECORDED, applied=9000, surplus=1500), INVOICE_SETTLED)
    invoice = state.invoices[17]
    assert (invoice.paid, invoice.applied, invoice.due) == (10500, 9000, 3000)
    assert invoice.status is InvoiceStatus.PAID
