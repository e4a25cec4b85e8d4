from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.commands import (
    AmendInvoice,
    ApplyCredit,
    IssueInvoice,
    NewItem,
    OnRetry,
    RecordPayment,
)
from service.domain.events import CreditAdded, CreditApplied, Event, InvoiceItem, InvoiceSettled
from service.domain.invoice_state import ADD_FUNDS, MASS_PAYMENT
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import RefusalCode
from tests.support.decider import OFFER, given
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED, INVOICE_ISSUED, PAYMENT_RECORDED

_PAY = RecordPayment(invoice_id=17, reference="R1")


def _issued(number: int, *lines: tuple[str, int, int], status: str = "Unpaid") -> Event:
    """An invoice without tax, of lines (kind, relation, amount)."""
    items = tuple(
        InvoiceItem(
            item_id=number * 10 + place,
            kind=kind,
            relation_id=relation,
            description="",
            amount=amount,
            taxed=False,
        )
        for place, (kind, relation, amount) in enumerate(lines)
    )
    total = sum(item.amount for item in items)
    return replace(
        INVOICE_ISSUED,
        invoice_id=number,
        items=items,
        subtotal=total,
        tax=0,
        tax2=0,
        total=total,
        tax_rate=0,
        tax_rate2=0,
        status=status,
    )


def _effects(events: tuple[Event, ...]) -> list[tuple[object, ...]]:
    """What happened to credit and invoices, in order."""
    effects: list[tuple[object, ...]] = []
    for event in events:
        if isinstance(event, CreditAdded):
            effects.append(("+", event.credit_id, event.amount, event.balance, event.reason))
        elif isinstance(event, CreditApplied):
            effects.append(("-", event.credit_id, event.amount, event.balance, event.invoice_id))
        elif isinstance(event, InvoiceSettled):
            effects.append(("settled", event.invoice_id))
    return effects


def test_added_funds_become_credit() -> None:
    """After the settlement and before the overpayment; each with a number and balance of its own."""
    past = (ACCOUNT_OPENED, CREDIT_ADDED, _issued(17, (ADD_FUNDS, 0, 500), ("", 0, 100), (ADD_FUNDS, 0, 300)))
    events = given(*past).when(replace(_PAY, amount=1000)).events
    assert _effects(events) == [
        ("settled", 17),
        ("+", OFFER.credit, 500, 12845, "add_funds"),
        ("+", OFFER.credit + 1, 300, 13145, "add_funds"),
        ("+", OFFER.credit + 2, 100, 13245, "overpayment"),
    ]
    added = [event for event in events if isinstance(event, CreditAdded)]
    assert {event.transaction_id for event in added} == {OFFER.transaction}
    assert [event.description for event in added][:1] == ["Add Funds Invoice #17"]


@pytest.mark.parametrize("amount", [0, -100])
def test_lines_of_nothing_do_nothing(amount: int) -> None:
    """Credit is never taken by a line."""
    past = (ACCOUNT_OPENED, _issued(17, (ADD_FUNDS, 0, amount), (MASS_PAYMENT, 5, amount), ("", 0, 900)))
    assert _effects(given(*past).when(_PAY).events) == [("settled", 17)]


def test_what_lines_do_they_do_once() -> None:
    """However often the invoice becomes Paid again."""
    past: tuple[Event, ...] = (ACCOUNT_OPENED, _issued(17, (ADD_FUNDS, 0, 500)))
    past += given(*past).when(_PAY).events
    past += given(*past).when(AmendInvoice(invoice_id=17, status=InvoiceStatus.UNPAID)).events
    paid = given(*past).when(AmendInvoice(invoice_id=17, status=InvoiceStatus.PAID)).events
    assert _effects(paid) == [("settled", 17)]


def test_an_invoice_issued_as_paid_adds_its_funds() -> None:
    """Who says that it was paid, says that the money came."""
    item = NewItem(description="", amount=500, kind=ADD_FUNDS)
    command = IssueInvoice(status=InvoiceStatus.PAID, items=(item,))
    assert _effects(given(ACCOUNT_OPENED).when(command).events) == [
        ("settled", OFFER.invoice),
        ("+", OFFER.credit, 500, 500, "add_funds"),
    ]


def test_credit_does_not_buy_credit() -> None:
    """Neither by ApplyCredit, whose other refusals come first, nor at the issue."""
    past = (ACCOUNT_OPENED, CREDIT_ADDED, _issued(17, (ADD_FUNDS, 0, 500)))
    given(*past).when(ApplyCredit(invoice_id=17)).refused(RefusalCode.CREDIT_FOR_CREDIT)
    given(*past).when(ApplyCredit(invoice_id=17, amount=501)).refused(RefusalCode.MORE_THAN_DUE)
    item = NewItem(description="", amount=500, kind=ADD_FUNDS)
    command = IssueInvoice(status=InvoiceStatus.UNPAID, items=(item,), auto_apply_credit=True)
    assert len(given(*past).when(command).events) == 1


def test_a_mass_payment_pays_what_is_owed() -> None:
    """Credit first, then its application; an original that is settled does what its own lines say."""
    past = (
        ACCOUNT_OPENED,
        _issued(1, ("", 0, 300)),
        _issued(2, (ADD_FUNDS, 0, 200)),
        _issued(3, ("", 0, 900)),
        _issued(17, (MASS_PAYMENT, 1, 350), (MASS_PAYMENT, 2, 200), (MASS_PAYMENT, 3, 400)),
    )
    assert _effects(given(*past).when(_PAY).events) == [
        ("settled", 17),
        ("+", OFFER.credit, 350, 350, "mass_payment"),
        ("-", OFFER.credit + 1, 300, 50, 1),
        ("settled", 1),
        ("+", OFFER.credit + 2, 200, 250, "mass_payment"),
        ("-", OFFER.credit + 3, 200, 50, 2),
        ("settled", 2),
        ("+", OFFER.credit + 4, 400, 450, "mass_payment"),
        ("-", OFFER.credit + 5, 400, 50, 3),
        ("+", OFFER.credit + 6, 200, 250, "add_funds"),
    ]


@pytest.mark.parametrize("status", list(InvoiceStatus))
def test_only_open_invoices_are_paid_by_others(status: InvoiceStatus) -> None:
    """For the rest the money stays credit, as for an invoice that is not the client's."""
    past = (
        ACCOUNT_OPENED,
        _issued(1, ("", 0, 300), status=status.value),
        _issued(17, (MASS_PAYMENT, 1, 300)),
    )
    effects = _effects(given(*past).when(_PAY).events)
    is_open = status in {InvoiceStatus.UNPAID, InvoiceStatus.COLLECTIONS, InvoiceStatus.PAYMENT_PENDING}
    assert (("settled", 1) in effects) is is_open
    alone = (ACCOUNT_OPENED, _issued(17, (MASS_PAYMENT, 1, 300)))
    assert _effects(given(*alone).when(_PAY).events)[1:] == [("+", OFFER.credit, 300, 300, "mass_payment")]


def test_invoices_that_pay_each_other_end() -> None:
    """An invoice that pays itself, and two in a ring."""
    itself = (ACCOUNT_OPENED, _issued(17, (MASS_PAYMENT, 17, 300)))
    assert len(given(*itself).when(_PAY).events) == 3
    ring = (ACCOUNT_OPENED, _issued(1, (MASS_PAYMENT, 17, 300)), _issued(17, (MASS_PAYMENT, 1, 300)))
    effects = _effects(given(*ring).when(_PAY).events)
    assert [effect for effect in effects if effect[0] == "settled"] == [("settled", 17), ("settled", 1)]
    assert effects[-1] == ("+", OFFER.credit + 2, 300, 300, "mass_payment")


def test_the_account_is_left_alone_until_the_log_has_the_events() -> None:
    """A decision changes no invoice, so it can be made again."""
    before = given(ACCOUNT_OPENED, _issued(1, ("", 0, 300)), _issued(17, (MASS_PAYMENT, 1, 300)))
    assert before.when(_PAY).events == before.when(_PAY).events


def test_credit_is_held_to_the_limit_whatever_it_comes_from() -> None:
    """All or nothing: the payment is refused too."""
    full = replace(CREDIT_ADDED, balance=AMOUNT_MAX - 100)
    for kind in (ADD_FUNDS, MASS_PAYMENT):
        past = (ACCOUNT_OPENED, full, _issued(17, (kind, 0, 101)))
        given(*past).when(_PAY).refused(RefusalCode.AMOUNT_TOO_LARGE)


@pytest.mark.parametrize("status", list(InvoiceStatus))
def test_a_retried_payment_may_be_refused_or_allowed(status: InvoiceStatus) -> None:
    """Refused whatever became of the invoice; allowed, it is a payment like any other."""
    past = (ACCOUNT_OPENED, replace(INVOICE_ISSUED, status=status.value), PAYMENT_RECORDED)
    again = RecordPayment(invoice_id=17, reference=PAYMENT_RECORDED.reference, amount=1)
    given(*past).when(replace(again, on_retry=OnRetry.REJECT)).refused(RefusalCode.TRANSACTION_ID_TAKEN)
    allowed = given(*past).when(replace(again, on_retry=OnRetry.ALLOW))
    if status in {InvoiceStatus.CANCELLED, InvoiceStatus.DRAFT}:
        allowed.refused(RefusalCode.INVOICE_NOT_PAYABLE, status.value)
    else:
        assert allowed.events[0].TYPE == "payment.recorded"
