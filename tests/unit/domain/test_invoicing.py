from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.domain.commands import IssueInvoice, NewItem
from service.domain.events import CreditApplied, InvoiceIssued, InvoiceItem, InvoiceSettled
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import RefusalCode
from tests.support.decider import NOW, OFFER, TODAY, fold, given
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED, INVOICE_ISSUED

if TYPE_CHECKING:
    from service.domain.events import Event

_SERVER = NewItem(description="Server", amount=10005, taxed=True)
_DOMAIN = NewItem(description="Domain", amount=1000)


def _issue(*items: NewItem, past: tuple[Event, ...] = (ACCOUNT_OPENED,), **fields: object) -> InvoiceIssued:
    command = replace(IssueInvoice(status=InvoiceStatus.UNPAID, items=items), **fields)  # type: ignore[arg-type]  # each test names real fields
    issued = given(*past).when(command).events[0]
    assert isinstance(issued, InvoiceIssued)
    return issued


def test_an_invoice_carries_its_numbered_lines_and_sums() -> None:
    """The taxes are those of the taxed lines' sum, rounded half up; numbers run on from the offered one."""
    given(ACCOUNT_OPENED).when(
        IssueInvoice(
            status=InvoiceStatus.UNPAID,
            items=(_SERVER, _DOMAIN),
            tax_rate=10000,
            tax_rate2=2500,
            date="2025-01-31",
            due_date="2025-02-14",
            payment_method="stripe",
            notes="Hello",
            send=True,
            notify=False,
        )
    ).then(
        InvoiceIssued(
            invoice_id=OFFER.invoice,
            currency="EUR",
            status="Unpaid",
            date="2025-01-31",
            due_date="2025-02-14",
            payment_method="stripe",
            notes="Hello",
            items=(
                InvoiceItem(
                    item_id=OFFER.item,
                    kind="",
                    relation_id=0,
                    description="Server",
                    amount=10005,
                    taxed=True,
                ),
                InvoiceItem(
                    item_id=OFFER.item + 1,
                    kind="",
                    relation_id=0,
                    description="Domain",
                    amount=1000,
                    taxed=False,
                ),
            ),
            subtotal=11005,
            tax=1001,
            tax2=250,
            total=12256,
            tax_rate=10000,
            tax_rate2=2500,
            issued_at=NOW,
            send=True,
            notify=False,
        )
    )


def test_dates_and_method_have_defaults() -> None:
    """Today, today plus the due days, and the account's own payment method."""
    issued = _issue(_SERVER, due_days=14)
    assert (issued.date, issued.due_date) == (TODAY, "2025-07-14")
    assert issued.payment_method == ACCOUNT_OPENED.payment_method


def test_the_due_date_counts_from_the_invoice_date() -> None:
    """Days are the calendar's, leap day included."""
    assert _issue(date="2024-02-28", due_days=2).due_date == "2024-03-01"


@pytest.mark.parametrize("days", [1, 10**12])
def test_the_due_date_ends_with_the_calendar(days: int) -> None:
    """Too many days give the last date there is rather than a failure."""
    assert _issue(date="9999-12-31", due_days=days).due_date == "9999-12-31"


def test_an_invoice_over_nothing_stays_unpaid() -> None:
    """Without lines the total is 0 and nothing settles it, credit or not."""
    given(ACCOUNT_OPENED, CREDIT_ADDED).when(
        IssueInvoice(status=InvoiceStatus.UNPAID, items=(), auto_apply_credit=True)
    ).then(_issue(past=(ACCOUNT_OPENED, CREDIT_ADDED)))


def test_the_client_must_be_known() -> None:
    """An account that was never opened is not invoiced."""
    given().when(IssueInvoice(status=InvoiceStatus.UNPAID, items=())).refused(RefusalCode.CLIENT_NOT_FOUND)


_MOST = NewItem(description="", amount=AMOUNT_MAX)
_LEAST = NewItem(description="", amount=-AMOUNT_MAX)


@pytest.mark.parametrize(
    ("items", "rate", "rate2"),
    [
        ((_MOST, replace(_SERVER, amount=1)), 0, 0),
        ((_LEAST, replace(_SERVER, amount=-1)), 0, 0),
        ((_MOST, replace(_SERVER, amount=10)), -200_000, 0),  # only the subtotal is too large
        ((replace(_MOST, taxed=True), _LEAST), 101_000, -50_000),  # only the first tax
        ((replace(_MOST, taxed=True), _LEAST), -50_000, 101_000),  # only the second tax
        ((replace(_MOST, taxed=True),), 1_000, 0),  # only the total
    ],
)
def test_no_sum_passes_the_limit(items: tuple[NewItem, ...], rate: int, rate2: int) -> None:
    """Subtotal, each tax and the total are held to AMOUNT_MAX, above and below zero."""
    given(ACCOUNT_OPENED).when(
        IssueInvoice(status=InvoiceStatus.UNPAID, items=items, tax_rate=rate, tax_rate2=rate2)
    ).refused(RefusalCode.AMOUNT_TOO_LARGE)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_total_may_reach_the_limit(sign: int) -> None:
    """AMOUNT_MAX itself is allowed, as a debt and as a discount."""
    assert _issue(NewItem(description="", amount=sign * AMOUNT_MAX)).total == sign * AMOUNT_MAX


def test_an_invoice_issued_as_paid_is_settled_at_once() -> None:
    """Paid has a time: the settlement follows in the same decision."""
    issued, settled = (
        given(ACCOUNT_OPENED)
        .when(IssueInvoice(status=InvoiceStatus.PAID, items=(_SERVER,), notify=False))
        .events
    )
    assert isinstance(issued, InvoiceIssued)
    assert issued.status == "Paid"
    assert settled == InvoiceSettled(invoice_id=OFFER.invoice, settled_at=NOW, notify=False, recorded_at=NOW)


@pytest.mark.parametrize(("total", "left"), [(12345, 0), (20000, 0), (10000, 2345)])
def test_credit_pays_for_a_new_invoice_as_far_as_it_goes(total: int, left: int) -> None:
    """min(credit, due) is applied; the invoice is settled only if that covers all of it."""
    _, applied, *rest = (
        given(ACCOUNT_OPENED, CREDIT_ADDED)
        .when(
            IssueInvoice(
                status=InvoiceStatus.UNPAID,
                items=(NewItem(description="", amount=total),),
                auto_apply_credit=True,
            )
        )
        .events
    )
    amount = min(total, 12345)
    assert applied == CreditApplied(
        credit_id=OFFER.credit,
        invoice_id=OFFER.invoice,
        amount=amount,
        balance=left,
        currency="EUR",
        date=TODAY,
        description=f"Credit Applied to Invoice #{OFFER.invoice}",
        invoice_credit=amount,
        invoice_due=total - amount,
        notify=True,
        recorded_at=NOW,
    )
    settled = [InvoiceSettled(invoice_id=OFFER.invoice, settled_at=NOW, notify=True, recorded_at=NOW)]
    assert rest == (settled if total == amount else [])


@pytest.mark.parametrize("status", [status for status in InvoiceStatus if status != InvoiceStatus.UNPAID])
def test_credit_is_left_alone_unless_the_invoice_is_unpaid(status: InvoiceStatus) -> None:
    """A draft, or an invoice that is paid or cancelled already, uses up no credit."""
    events = (
        given(ACCOUNT_OPENED, CREDIT_ADDED)
        .when(IssueInvoice(status=status, items=(_SERVER,), auto_apply_credit=True))
        .events
    )
    assert not any(isinstance(event, CreditApplied) for event in events)


def test_credit_is_not_applied_unasked_or_without_any() -> None:
    """Only auto_apply_credit uses credit, and only what there is."""
    command = IssueInvoice(status=InvoiceStatus.UNPAID, items=(_SERVER,))
    assert len(given(ACCOUNT_OPENED, CREDIT_ADDED).when(command).events) == 1
    assert len(given(ACCOUNT_OPENED).when(replace(command, auto_apply_credit=True)).events) == 1


def test_a_discount_larger_than_the_invoice_uses_no_credit() -> None:
    """A negative total is owed to the client: its credit is not touched."""
    command = IssueInvoice(
        status=InvoiceStatus.UNPAID,
        items=(NewItem(description="", amount=-1),),
        auto_apply_credit=True,
    )
    assert len(given(ACCOUNT_OPENED, CREDIT_ADDED).when(command).events) == 1


@pytest.mark.parametrize("status", list(InvoiceStatus))
def test_the_fold_knows_every_status(status: InvoiceStatus) -> None:
    """An invoice starts in the status it was issued with, everything due."""
    invoice = fold(ACCOUNT_OPENED, replace(INVOICE_ISSUED, status=status.value)).invoices[17]
    assert invoice.status is status
    assert (invoice.total_gross, invoice.due, invoice.paid, invoice.credit) == (12000, 12000, 0, 0)
