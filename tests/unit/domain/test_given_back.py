"""What of a service that ends is given back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.domain.commands import AmendInvoice, RecordPayment, RecordTransaction
from service.domain.events import CreditAdded, InvoiceStatusChanged
from service.domain.events.cancellations import (
    ServiceCancellationRequested,
    ServiceCancelled,
)
from service.domain.events.services import ServiceChanged
from service.domain.invoice_status import InvoiceStatus
from tests.support.decider import NOW, given
from tests.support.endings import (
    AT_ONCE,
    CREDIT_PAID,
    HERE,
    HOURS,
    INVOICED,
    LINE,
    PAID_AHEAD,
    RENEWAL,
    RENEWED,
    SERVICE,
    cancelled,
    changed,
)
from tests.support.samples import ACCOUNT_OPENED, INVOICE_SETTLED

if TYPE_CHECKING:
    from service.domain.cancellation_commands import RequestCancellation
    from service.domain.events import Event, InvoiceItem


@pytest.mark.parametrize("kind", ["dedicated", "licence", "domain", "ssl", ""])
def test_only_instant_and_gpu_servers_give_hours_back(kind: str) -> None:
    """All others end without."""
    events = given(ACCOUNT_OPENED, replace(SERVICE, kind=kind)).when(AT_ONCE).events
    assert [type(event) for event in events] == [
        ServiceCancellationRequested,
        ServiceCancelled,
        ServiceChanged,
    ]
    gpu = given(ACCOUNT_OPENED, replace(SERVICE, kind="gpu")).when(AT_ONCE).events
    assert isinstance(gpu[-1], CreditAdded)


def test_a_period_paid_ahead_comes_back_whole() -> None:
    """Beside what is left of the one that runs."""
    ended = cancelled(*PAID_AHEAD)
    rest = 72_000 - 100 * HOURS
    assert (ended.invoices, ended.amounts, ended.refund) == ((0, 17), (rest, 72_000), rest + 72_000)
    assert ended.days == (30, 31)


def test_no_more_than_was_paid_comes_back() -> None:
    """Not what an invoice that was marked as paid never had, nor what was paid back already."""
    marked = cancelled(RENEWAL, INVOICED, INVOICE_SETTLED, RENEWED)
    assert marked.invoices == (0,)
    refunded = InvoiceStatusChanged(invoice_id=17, previous="Paid", status="Refunded", changed_at=NOW)
    assert cancelled(*PAID_AHEAD, refunded).invoices == (0,)
    part = replace(CREDIT_PAID, amount=7_200, balance=0, invoice_credit=7_200, invoice_due=64_800)
    assert cancelled(RENEWAL, INVOICED, part, INVOICE_SETTLED, RENEWED).prices == (72_000, 7_200)


def test_a_first_invoice_tells_the_first_price() -> None:
    """Where one is about the service: what it took after discounts counts, not the price in the register."""
    discount = replace(LINE, item_id=2, amount=-36_000)
    first = replace(RENEWAL, items=(LINE, discount), subtotal=36_000, total=36_000)
    unpaid = given(*HERE, first).when(AT_ONCE).events
    assert not any(isinstance(event, CreditAdded) for event in unpaid)
    paid = replace(CREDIT_PAID, amount=36_000, invoice_credit=36_000)
    assert cancelled(first, paid, INVOICE_SETTLED).prices == (36_000,)


OTHER = replace(SERVICE, service_id=82, server_id=9002)
OTHER_LINE = replace(LINE, item_id=2, relation_id=82)
OTHER_AT_ONCE = replace(AT_ONCE, service_id=82)


def _shared(*more: InvoiceItem, paid: int, tax: int = 0) -> tuple[Event, ...]:
    """Two services whose next period was on one invoice, which is Paid though only `paid` came in for it."""
    items = (LINE, OTHER_LINE, *more)
    subtotal = sum(item.amount for item in items)
    shared = replace(RENEWAL, items=items, subtotal=subtotal, tax=tax, total=subtotal + tax)
    past: tuple[Event, ...] = (*HERE, OTHER, shared, INVOICED, replace(INVOICED, service_id=82))
    for command in (
        RecordPayment(invoice_id=17, amount=paid),
        AmendInvoice(invoice_id=17, status=InvoiceStatus.PAID),
    ):
        past = (*past, *given(*past).when(command).events)
    return past


def _of_invoice(*past: Event, command: RequestCancellation) -> tuple[int, tuple[Event, ...]]:
    """What of invoice 17 an immediate end gives back, and the past after it."""
    events = given(*past).when(command).events
    ended = next(event for event in events if isinstance(event, ServiceCancelled))
    return dict(zip(ended.invoices, ended.amounts, strict=True)).get(17, 0), (*past, *events)


@pytest.mark.parametrize(
    ("more", "paid", "tax", "each"),
    [
        ((), 144_000, 0, 72_000),
        ((), 72_000, 0, 36_000),
        ((replace(LINE, item_id=3, kind="", relation_id=0, amount=-72_000),), 72_000, 0, 36_000),
        ((replace(LINE, item_id=3, kind="", relation_id=0, amount=6_000),), 150_000, 0, 72_000),
        ((), 171_360, 27_360, 72_000),
        ((), 85_680, 27_360, 36_000),
    ],
    ids=["paid", "half paid", "a discount", "something else", "with tax", "half paid with tax"],
)
def test_services_on_one_invoice_share_what_was_paid(
    more: tuple[InvoiceItem, ...], paid: int, tax: int, each: int
) -> None:
    """Each gets its part back, and all of them together no more than the invoice took."""
    first, past = _of_invoice(*_shared(*more, paid=paid, tax=tax), command=AT_ONCE)
    second, _ = _of_invoice(*past, command=OTHER_AT_ONCE)
    assert (first, second) == (each, each)


def test_what_was_paid_back_in_between_is_not_there_any_more() -> None:
    """One service has its part, then somebody pays the other's back as money: nothing is left of it."""
    first, past = _of_invoice(*_shared(paid=144_000), command=AT_ONCE)
    back = given(*past).when(RecordTransaction(gateway="x", invoice_id=17, amount_out=72_000)).events
    second, _ = _of_invoice(*past, *back, command=OTHER_AT_ONCE)
    assert (first, second) == (72_000, 0)


def test_what_nobody_paid_is_not_given_back() -> None:
    """That a service runs until a day is no payment; a paid invoice is, or what was registered as paid."""
    unpaid = (ACCOUNT_OPENED, replace(SERVICE, paid_before=0))
    assert not any(isinstance(event, CreditAdded) for event in given(*unpaid).when(AT_ONCE).events)
    invoiced = (*unpaid, RENEWAL, CREDIT_PAID, INVOICE_SETTLED)
    assert isinstance(given(*invoiced).when(AT_ONCE).events[-1], CreditAdded)
    assert isinstance(given(*HERE).when(AT_ONCE).events[-1], CreditAdded)


def test_nothing_comes_back_twice() -> None:
    """Though the operator brings the service back to life in between."""
    ended = given(*HERE).when(AT_ONCE).events
    alive = replace(changed(status="Active"), previous={"status": "Cancelled"})
    again = given(*HERE, *ended, alive).when(AT_ONCE).events
    assert isinstance(again[0], ServiceCancellationRequested)
    assert again[0].request == 2
    assert not any(isinstance(event, CreditAdded) for event in again)
