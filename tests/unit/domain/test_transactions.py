from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.commands import CorrectTransaction, RecordPayment, RecordTransaction
from service.domain.decide import decide_house
from service.domain.events import (
    CreditAdded,
    Event,
    InvoiceSettled,
    InvoiceStatusChanged,
    TransactionCorrected,
    TransactionRecorded,
)
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import Refusal, RefusalCode
from tests.support.billing_samples import TRANSACTION_CORRECTED, TRANSACTION_RECORDED
from tests.support.decider import NOW, OFFER, TODAY, fold, given
from tests.support.samples import ACCOUNT_OPENED, INVOICE_ISSUED, INVOICE_SETTLED, PAYMENT_RECORDED

_UNPAID = (ACCOUNT_OPENED, INVOICE_ISSUED)  # invoice 17 of 120.00 by paypal
_PAID = (
    *_UNPAID,
    replace(PAYMENT_RECORDED, amount=12000, applied=12000, surplus=0, invoice_paid=12000),
    INVOICE_SETTLED,
)
_SETTLED = InvoiceSettled(invoice_id=17, settled_at=NOW, notify=True, recorded_at=NOW)
_TOLD = RecordTransaction(gateway="mailin", reference="R1", description="Cheque")
_RECORDED = TransactionRecorded(
    transaction_id=OFFER.transaction,
    invoice_id=0,
    gateway="mailin",
    reference="R1",
    description="Cheque",
    date=NOW,
    amount_in=0,
    amount_out=0,
    fees=0,
    rate=100000,
    currency="EUR",
    currency_id=0,
    refund_id=0,
    applied=0,
    credited=0,
    invoice_paid=0,
    invoice_due=0,
    recorded_at=NOW,
)


def _credit(amount: int, description: str, reason: str) -> CreditAdded:
    return CreditAdded(
        credit_id=OFFER.credit,
        amount=amount,
        balance=amount,
        currency="EUR",
        date=TODAY,
        description=description,
        reason=reason,
        admin_id=0,
        transaction_id=OFFER.transaction,
    )


def test_money_of_a_client_is_recorded_and_nothing_else() -> None:
    """Without an invoice and without the wish for credit it has no effect."""
    told = replace(
        _TOLD, amount_in=900, amount_out=100, fees=-5, rate=110000, date="2025-01-01 00:00:00", currency="EUR"
    )
    given(ACCOUNT_OPENED).when(told).then(
        replace(_RECORDED, amount_in=900, amount_out=100, fees=-5, rate=110000, date="2025-01-01 00:00:00")
    )


def test_what_came_in_becomes_credit() -> None:
    """Less what went out; nothing if nothing is left."""
    told = replace(_TOLD, amount_in=900, amount_out=100, to_credit=True)
    given(ACCOUNT_OPENED).when(told).then(
        replace(_RECORDED, amount_in=900, amount_out=100, credited=800), _credit(800, "Cheque", "transaction")
    )
    out = replace(_TOLD, amount_out=100, to_credit=True)
    given(ACCOUNT_OPENED).when(out).then(replace(_RECORDED, amount_out=100))


def test_it_pays_an_invoice_and_the_rest_is_credit() -> None:
    """As a payment through a gateway does; the wish for credit is passed over."""
    told = replace(_TOLD, invoice_id=17, amount_in=5000, to_credit=True)
    recorded = replace(
        _RECORDED, invoice_id=17, amount_in=5000, applied=5000, invoice_paid=5000, invoice_due=7000
    )
    given(*_UNPAID).when(told).then(recorded)
    given(*_UNPAID).when(replace(told, amount_in=12500)).then(
        replace(recorded, amount_in=12500, applied=12000, credited=500, invoice_paid=12500, invoice_due=0),
        _SETTLED,
        _credit(500, "Invoice #17 Overpayment", "overpayment"),
    )


def test_money_for_a_finished_invoice_is_all_credit() -> None:
    """Paid already."""
    told = replace(_TOLD, invoice_id=17, amount_in=700)
    recorded, credited = given(*_PAID).when(told).events
    assert (getattr(recorded, "applied"), getattr(credited, "amount")) == (0, 700)  # noqa: B009 -- kinds are known


@pytest.mark.parametrize("status", [InvoiceStatus.CANCELLED, InvoiceStatus.DRAFT])
def test_some_statuses_forbid_payments_but_not_refunds(status: InvoiceStatus) -> None:
    """What came before the cancellation can be paid back."""
    issued = replace(INVOICE_ISSUED, status=status.value)
    told = replace(_TOLD, invoice_id=17, amount_in=1)
    given(ACCOUNT_OPENED, issued).when(told).refused(RefusalCode.INVOICE_NOT_PAYABLE, status.value)
    changed = InvoiceStatusChanged(invoice_id=17, previous="Paid", status=status.value, changed_at=NOW)
    (refund,) = given(*_PAID, changed).when(replace(_TOLD, invoice_id=17, amount_out=12000)).events
    assert isinstance(refund, TransactionRecorded)
    assert (refund.applied, refund.invoice_paid) == (-12000, 0)


def test_a_refund_in_full_makes_the_invoice_refunded() -> None:
    """Part by part; the refund is tied to what it pays back, and through it to the invoice."""
    part = replace(_TOLD, refund_id=41, amount_out=2000)
    recorded = replace(
        _RECORDED,
        invoice_id=17,
        amount_out=2000,
        refund_id=41,
        applied=-2000,
        invoice_paid=10000,
        invoice_due=2000,
    )
    given(*_PAID).when(part).then(recorded)
    given(*_PAID, recorded).when(replace(part, amount_out=10000)).then(
        replace(recorded, amount_out=10000, applied=-10000, invoice_paid=0, invoice_due=12000),
        InvoiceStatusChanged(invoice_id=17, previous="Paid", status="Refunded", changed_at=NOW),
    )
    given(*_PAID, recorded).when(replace(part, amount_out=10001)).refused(RefusalCode.REFUND_TOO_LARGE)


def test_an_overpayment_is_paid_back_first() -> None:
    """What an invoice keeps is less only when less than that is left of what it received."""
    over = replace(PAYMENT_RECORDED, amount=15000, applied=12000, surplus=3000, invoice_paid=15000)
    (refund,) = (
        given(*_UNPAID, over, INVOICE_SETTLED).when(replace(_TOLD, invoice_id=17, amount_out=4000)).events
    )
    assert isinstance(refund, TransactionRecorded)
    assert (refund.applied, refund.invoice_paid, refund.invoice_due) == (-1000, 11000, 1000)


def test_no_more_goes_out_than_came_in() -> None:
    """For the invoice, and for the transaction."""
    given(*_UNPAID).when(replace(_TOLD, invoice_id=17, amount_out=1)).refused(RefusalCode.REFUND_TOO_LARGE)
    given(*_PAID).when(replace(_TOLD, refund_id=41, amount_out=12001)).refused(RefusalCode.REFUND_TOO_LARGE)
    given(*_PAID).when(replace(_TOLD, refund_id=99)).refused(RefusalCode.TRANSACTION_NOT_FOUND)


@pytest.mark.parametrize(
    ("past", "change", "code"),
    [
        ((), {}, RefusalCode.CLIENT_NOT_FOUND),
        ((ACCOUNT_OPENED,), {"invoice_id": 17, "currency": "USD"}, RefusalCode.INVOICE_NOT_FOUND),
        ((ACCOUNT_OPENED,), {"currency": "USD", "gateway": ""}, RefusalCode.CURRENCY_MISMATCH),
        ((ACCOUNT_OPENED,), {"gateway": "", "is_taken": True}, RefusalCode.GATEWAY_MISSING),
        ((ACCOUNT_OPENED,), {"is_taken": True, "refund_id": 9}, RefusalCode.TRANSACTION_ID_TAKEN),
        (_PAID, {"invoice_id": 17, "amount_in": AMOUNT_MAX}, RefusalCode.AMOUNT_TOO_LARGE),
    ],
)
def test_refusals_in_their_order(
    past: tuple[Event, ...], change: dict[str, object], code: RefusalCode
) -> None:
    """As documented for AddTransaction."""
    given(*past).when(replace(_TOLD, **change)).refused(code)  # type: ignore[arg-type] # fields of the command


def test_it_is_known_when_the_gateway_tells_of_it() -> None:
    """The same gateway, number and invoice are the same payment; a refund is none."""
    told = replace(_TOLD, invoice_id=17, amount_in=5000)
    past = (*_UNPAID, *given(*_UNPAID).when(told).events)
    again = RecordPayment(invoice_id=17, gateway="mailin", reference="R1")
    given(*past).when(again).already_recorded(OFFER.transaction)
    refund = given(*_PAID).when(replace(_TOLD, invoice_id=17, amount_out=1)).events
    assert len(given(*_PAID, *refund).when(again).events) == 1


def test_money_of_nobody_needs_a_currency() -> None:
    """It is recorded with the currency's number, and is never credit."""
    house = fold()
    assert decide_house(house, _TOLD, OFFER) == Refusal(RefusalCode.CURRENCY_MISSING)
    told = replace(_TOLD, amount_in=5, currency="USD", currency_id=2, to_credit=True)
    recorded = replace(_RECORDED, amount_in=5, currency="USD", currency_id=2)
    assert decide_house(house, told, OFFER) == (recorded,)
    corrected = decide_house(
        fold(recorded), CorrectTransaction(transaction_id=201, currency="EUR", currency_id=1), OFFER
    )
    assert isinstance(corrected, tuple)
    assert isinstance(corrected[0], TransactionCorrected)
    assert (corrected[0].currency, corrected[0].currency_id) == ("EUR", 1)


def test_a_correction_tells_everything_anew() -> None:
    """What was not said stays, as None where only the read models have it."""
    past = (
        *_UNPAID,
        replace(TRANSACTION_RECORDED, amount_in=1000, applied=1000, credited=0, invoice_paid=1000),
    )
    command = CorrectTransaction(
        transaction_id=42, reference="CHEQUE-8", date="2025-03-09 00:00:00", amount_in=1100
    )
    given(*past).when(command).then(
        replace(
            TRANSACTION_CORRECTED,
            applied=1100,
            credited=0,
            invoice_paid=1100,
            invoice_due=10900,
            previous_invoice_paid=0,
            previous_invoice_due=12000,
            corrected_at=NOW,
        )
    )


def test_a_correction_neither_settles_nor_takes_credit_back() -> None:
    """What became credit stays credit, and the invoice pays nothing for that: it is not paid any more."""
    past = (*_UNPAID, replace(TRANSACTION_RECORDED, applied=800, credited=200, invoice_paid=1000))
    (event,) = given(*past).when(CorrectTransaction(transaction_id=42, amount_in=12200)).events
    assert isinstance(event, TransactionCorrected)
    assert (event.applied, event.credited, event.invoice_paid, event.invoice_due) == (12000, 200, 12200, 0)
    state = fold(*past, event)
    assert (state.invoices[17].status, state.invoices[17].due) == (InvoiceStatus.UNPAID, 0)
    (event,) = given(*past).when(CorrectTransaction(transaction_id=42, amount_in=100)).events
    assert isinstance(event, TransactionCorrected)
    assert (event.applied, event.credited, event.invoice_paid) == (0, 200, 100)


@pytest.mark.parametrize("is_paid", [False, True])
def test_what_a_correction_leaves_over_is_credit(*, is_paid: bool) -> None:
    """All that came in is the invoice's or the client's, as if it had been told right at once."""
    paid = replace(PAYMENT_RECORDED, amount=12000, applied=12000, surplus=0, invoice_paid=12000)
    past: tuple[Event, ...] = (*_UNPAID, paid, *([INVOICE_SETTLED] if is_paid else []))
    corrected, credited = given(*past).when(CorrectTransaction(transaction_id=41, amount_in=15000)).events
    assert isinstance(corrected, TransactionCorrected)
    assert (corrected.applied, corrected.credited, corrected.invoice_due) == (12000, 3000, 0)
    assert credited == CreditAdded(
        credit_id=OFFER.credit,
        amount=3000,
        balance=3000,
        currency="EUR",
        date=TODAY,
        description="Invoice #17 Overpayment",
        reason="overpayment",
        admin_id=0,
        transaction_id=41,
    )
    past = (*past, corrected, credited)
    again = given(*past).when(CorrectTransaction(transaction_id=41, description="x")).events
    assert [type(event) for event in again] == [TransactionCorrected]


def test_a_transaction_moved_to_a_paid_invoice_is_credit() -> None:
    """As a payment for one would be."""
    alone = replace(TRANSACTION_RECORDED, invoice_id=0, applied=0, credited=0, invoice_paid=0)
    past = (*_PAID, alone)
    corrected, credited = given(*past).when(CorrectTransaction(transaction_id=42, invoice_id=17)).events
    assert isinstance(corrected, TransactionCorrected)
    assert isinstance(credited, CreditAdded)
    assert (corrected.applied, corrected.credited, credited.amount) == (0, 1000, 1000)


def test_a_surplus_first_makes_up_for_what_was_paid_back() -> None:
    """A refund took no credit back; more credit than came in and stayed is not made of the same money."""
    paid = replace(PAYMENT_RECORDED, amount=12500, applied=12000, surplus=500, invoice_paid=12500)
    past: tuple[Event, ...] = (*_UNPAID, paid, INVOICE_SETTLED)
    refund = RecordTransaction(gateway="paypal", amount_out=300, invoice_id=17)
    past = (*past, *given(*past).when(refund).events)
    corrected, *credited = given(*past).when(CorrectTransaction(transaction_id=41, amount_in=12700)).events
    assert isinstance(corrected, TransactionCorrected)
    assert (corrected.credited, credited) == (500, [])
    corrected, *credited = given(*past).when(CorrectTransaction(transaction_id=41, amount_in=13000)).events
    assert isinstance(corrected, TransactionCorrected)
    assert (corrected.credited, len(credited)) == (700, 1)


def test_a_corrected_number_is_forgotten() -> None:
    """The old one is another payment from now on; the new one is known."""
    past: tuple[Event, ...] = (
        *_UNPAID,
        replace(TRANSACTION_RECORDED, applied=1000, credited=0, invoice_paid=1000),
    )
    past = (*past, *given(*past).when(CorrectTransaction(transaction_id=42, reference="NEW")).events)
    pay = RecordPayment(invoice_id=17, gateway="mailin", reference="NEW", amount=1000)
    given(*past).when(pay).already_recorded(42)
    assert given(*past).when(replace(pay, reference="CHEQUE-7")).events


@pytest.mark.parametrize(
    "correction",
    [CorrectTransaction(transaction_id=42, invoice_id=0), CorrectTransaction(transaction_id=42, amount_in=0)],
)
def test_a_payment_that_was_corrected_is_still_known(correction: CorrectTransaction) -> None:
    """Its gateway may tell of it again: that is not money that came in once more."""
    past: tuple[Event, ...] = (
        *_UNPAID,
        replace(TRANSACTION_RECORDED, applied=1000, credited=0, invoice_paid=1000),
    )
    past = (*past, *given(*past).when(correction).events)
    told_again = RecordPayment(invoice_id=17, gateway="mailin", reference="CHEQUE-7", amount=1000)
    given(*past).when(told_again).already_recorded(42)


def test_what_a_refund_took_back_cannot_be_taken_away_again() -> None:
    """A refunded payment stays on its invoice, which could otherwise owe more than its total."""
    past: tuple[Event, ...] = _PAID
    refund = RecordTransaction(gateway="paypal", amount_out=5000, invoice_id=17)
    past = (*past, *given(*past).when(refund).events)
    again = RecordPayment(invoice_id=17, gateway="paypal", reference="R9", amount=12000)
    past = (*past, *given(*past).when(again).events)
    paid = PAYMENT_RECORDED.transaction_id
    given(*past).when(CorrectTransaction(transaction_id=paid, invoice_id=0)).refused(
        RefusalCode.REFUND_TOO_LARGE
    )


def test_what_was_refunded_does_not_become_credit() -> None:
    """Money that went back to the payer is not the client's any more."""
    alone = replace(TRANSACTION_RECORDED, invoice_id=0, applied=0, credited=0, invoice_paid=0)
    past: tuple[Event, ...] = (ACCOUNT_OPENED, alone)
    refund = RecordTransaction(gateway="mailin", amount_out=400, refund_id=42)
    past = (*past, *given(*past).when(refund).events)
    command = CorrectTransaction(transaction_id=42, to_credit=True)
    _, credited = given(*past).when(command).events
    assert isinstance(credited, CreditAdded)
    assert credited.amount == 600


def test_a_transaction_becomes_credit_once() -> None:
    """Only one that is on no invoice."""
    alone = replace(TRANSACTION_RECORDED, invoice_id=0, applied=0, credited=0, invoice_paid=0)
    command = CorrectTransaction(transaction_id=42, to_credit=True, description="Told later")
    corrected, credited = given(ACCOUNT_OPENED, alone).when(command).events
    assert isinstance(credited, CreditAdded)
    assert (credited.amount, credited.description, credited.transaction_id) == (1000, "Told later", 42)
    assert len(given(ACCOUNT_OPENED, alone, corrected, credited).when(command).events) == 1
    past = (*_UNPAID, replace(TRANSACTION_RECORDED, applied=1000, credited=0, invoice_paid=1000))
    assert len(given(*past).when(command).events) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"transaction_id": 9}, RefusalCode.TRANSACTION_NOT_FOUND),
        ({"invoice_id": 9}, RefusalCode.INVOICE_NOT_FOUND),
        ({"refund_id": 9}, RefusalCode.TRANSACTION_NOT_FOUND),
        ({"refund_id": 41}, RefusalCode.TRANSACTION_NOT_FOUND),
        ({"amount_out": 12001}, RefusalCode.REFUND_TOO_LARGE),
        ({"amount_in": AMOUNT_MAX + 1}, RefusalCode.AMOUNT_TOO_LARGE),
    ],
)
def test_corrections_that_cannot_be(change: dict[str, int], code: RefusalCode) -> None:
    """What would not add up."""
    command = replace(CorrectTransaction(transaction_id=41), **change)  # type: ignore[arg-type] # fields of it
    given(*_PAID).when(command).refused(code)
