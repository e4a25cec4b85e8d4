from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.domain.account import dump, restore
from service.domain.billable_commands import AddBillableItem, InvoiceAction, InvoiceDue, RecurCycle
from service.domain.due_dates import later
from service.domain.events import CreditApplied, InvoiceIssued, InvoiceItem, InvoiceSettled
from service.domain.events.billables import BillableItemAdded, BillableItemInvoiced
from service.domain.invoicing import CLOSED
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import RefusalCode
from tests.support.decider import TODAY, Given, fold, given
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED

if TYPE_CHECKING:
    from service.domain.events import Event

ITEM = BillableItemAdded(
    billable_id=61,
    description="Consulting",
    amount=15000,
    currency="EUR",
    unit="hours",
    quantity=250,
    invoice_action="nextcron",
    due_date="",
    recur=0,
    recur_cycle="",
    recur_for=0,
    date="2025-03-10",
)
DATED = replace(ITEM, invoice_action="duedate", due_date=TODAY)
MONTHLY = replace(
    ITEM, invoice_action="recur", due_date="2025-05-31", recur=1, recur_cycle="Months", recur_for=3
)
INVOICE = InvoiceDue(lines_max=10, text_bytes_max=5000, due_days=14, default_payment_method="mailin")


def _invoiced(count: int, next_due_date: str) -> BillableItemInvoiced:
    return BillableItemInvoiced(
        billable_id=61, invoice_id=301, amount=15000, invoice_count=count, next_due_date=next_due_date
    )


def test_an_item_is_added() -> None:
    """The event tells all that was asked for, in the account's currency."""
    command = AddBillableItem(
        description="Consulting",
        amount=15000,
        unit="hours",
        quantity=250,
        invoice_action=InvoiceAction.RECUR,
        due_date="2025-05-31",
        recur=1,
        recur_cycle=RecurCycle.MONTHS,
        recur_for=3,
    )
    given(ACCOUNT_OPENED).when(command).then(replace(MONTHLY, billable_id=501, date=TODAY))


def test_nobody_has_no_items() -> None:
    """An account that was never opened takes no item and no invoice."""
    given().when(AddBillableItem(description="x", amount=1, unit="hours")).refused(
        RefusalCode.CLIENT_NOT_FOUND
    )
    given().when(INVOICE).refused(RefusalCode.CLIENT_NOT_FOUND)


def test_what_is_due_becomes_an_invoice() -> None:
    """One invoice with a line per item, due when its earliest dated item is but not before today."""
    overdue = replace(DATED, billable_id=62, due_date="2025-06-01", amount=-500)
    issued, *invoiced = given(ACCOUNT_OPENED, ITEM, overdue).when(INVOICE).events
    assert isinstance(issued, InvoiceIssued)
    assert issued.items == (
        InvoiceItem(
            item_id=401, kind="Item", relation_id=61, description="Consulting", amount=15000, taxed=False
        ),
        InvoiceItem(
            item_id=402, kind="Item", relation_id=62, description="Consulting", amount=-500, taxed=False
        ),
    )
    assert (issued.total, issued.date, issued.due_date) == (14500, TODAY, TODAY)
    assert (issued.status, issued.payment_method) == ("Unpaid", "banktransfer")
    assert invoiced == [_invoiced(1, ""), replace(_invoiced(1, ""), billable_id=62, amount=-500)]


def test_an_invoice_without_dated_items_is_due_after_the_usual_days() -> None:
    """And a client without a payment method gets the default one."""
    issued, _ = given(replace(ACCOUNT_OPENED, payment_method=""), ITEM).when(INVOICE).events
    assert isinstance(issued, InvoiceIssued)
    assert (issued.due_date, issued.payment_method) == ("2025-07-14", "mailin")


@pytest.mark.parametrize(
    "item",
    [
        replace(ITEM, invoice_action="noinvoice"),
        replace(ITEM, invoice_action="nextinvoice"),
        replace(DATED, due_date="2025-07-01"),
        replace(MONTHLY, due_date="2025-07-01"),
    ],
    ids=lambda item: item.invoice_action,
)
def test_what_is_not_due_waits(item: BillableItemAdded) -> None:
    """An item for the next invoice makes none by itself, and days to come are not today."""
    given(ACCOUNT_OPENED, item).when(INVOICE).refused(RefusalCode.NOTHING_DUE)


def test_a_closed_account_is_not_invoiced() -> None:
    """What was due stays open, should the account be opened again."""
    state = fold(ACCOUNT_OPENED, ITEM)
    state.status = CLOSED
    Given(state).when(INVOICE).refused(RefusalCode.NOTHING_DUE)


def test_an_item_for_the_next_invoice_comes_along() -> None:
    """With whatever is due; what is not to be invoiced stays out."""
    along = replace(ITEM, billable_id=62, invoice_action="nextinvoice")
    never = replace(ITEM, billable_id=63, invoice_action="noinvoice")
    issued, *_ = given(ACCOUNT_OPENED, along, never, ITEM).when(INVOICE).events
    assert isinstance(issued, InvoiceIssued)
    assert [item.relation_id for item in issued.items] == [61, 62]


def test_credit_pays_for_it() -> None:
    """As far as there is some: here for all of it."""
    credit = replace(CREDIT_ADDED, balance=20000)
    kinds = [type(event) for event in given(ACCOUNT_OPENED, credit, ITEM).when(INVOICE).events]
    assert kinds == [InvoiceIssued, CreditApplied, InvoiceSettled, BillableItemInvoiced]


def test_an_item_is_invoiced_once() -> None:
    """What was invoiced is not due again."""
    events = given(ACCOUNT_OPENED, ITEM).when(INVOICE).events
    given(ACCOUNT_OPENED, ITEM, *events).when(INVOICE).refused(RefusalCode.NOTHING_DUE)


def test_a_recurring_item_is_due_again_until_its_last_time() -> None:
    """Months are counted from the first day, so that a 31st comes back; after the last one it is gone."""
    past: list[Event] = [ACCOUNT_OPENED, replace(MONTHLY, due_date="2025-03-31")]
    for count, after in ((1, "2025-04-30"), (2, "2025-05-31"), (3, "")):
        issued, invoiced = given(*past).when(INVOICE).events
        assert invoiced == _invoiced(count, after)
        past += [issued, invoiced]
    assert fold(*past).billables == {}
    given(*past).when(INVOICE).refused(RefusalCode.NOTHING_DUE)


def test_a_recurring_item_waits_for_its_next_day() -> None:
    """Invoiced once, it is not due before the next day comes."""
    past = (ACCOUNT_OPENED, replace(MONTHLY, due_date=TODAY))
    events = given(*past).when(INVOICE).events
    assert fold(*past, *events).billables[61].due_date == "2025-07-30"
    given(*past, *events).when(INVOICE).refused(RefusalCode.NOTHING_DUE)


def test_an_invoice_has_only_so_many_lines() -> None:
    """The rest is due the next time."""
    second = replace(ITEM, billable_id=62)
    past = (ACCOUNT_OPENED, ITEM, second)
    issued, *_ = events = given(*past).when(replace(INVOICE, lines_max=1)).events
    assert isinstance(issued, InvoiceIssued)
    assert len(issued.items) == 1
    assert list(fold(*past, *events).billables) == [62]


@pytest.mark.parametrize("sign", [1, -1])
def test_too_much_for_one_invoice_goes_on_further_ones(sign: int) -> None:
    """A sum that cannot be held blocks nothing: one run after the other invoices all, in order."""
    amounts = (AMOUNT_MAX, 1, AMOUNT_MAX, -AMOUNT_MAX)
    items = [
        replace(ITEM, billable_id=61 + place, amount=sign * amount) for place, amount in enumerate(amounts)
    ]
    past: list[Event] = [ACCOUNT_OPENED, *items]
    totals = []
    for run in range(3):
        events = given(*past).when(INVOICE).events
        issued = events[0]
        assert isinstance(issued, InvoiceIssued)
        totals.append((len(issued.items), issued.total * sign))
        past += [replace(issued, invoice_id=1000 + run), *events[1:]]
    assert totals == [(1, AMOUNT_MAX), (1, 1), (2, 0)]
    given(*past).when(INVOICE).refused(RefusalCode.NOTHING_DUE)


def test_long_descriptions_go_on_further_invoices() -> None:
    """Bytes are counted, not letters; a description that is too long by itself still gets its invoice."""
    texts = ("x" * 6000, "é" * 2000, "é" * 500, "y")
    past: list[Event] = [
        ACCOUNT_OPENED,
        *(replace(ITEM, billable_id=61 + place, description=text) for place, text in enumerate(texts)),
    ]
    lines = []
    while fold(*past).billables:
        events = given(*past).when(INVOICE).events
        assert isinstance(events[0], InvoiceIssued)
        lines.append([len(item.description) for item in events[0].items])
        past += events
    assert lines == [[6000], [2000, 500], [1]]


def test_items_survive_a_snapshot() -> None:
    """What `dump` writes, `restore` reads."""
    state = fold(ACCOUNT_OPENED, MONTHLY, _invoiced(1, "2025-06-30"), replace(DATED, billable_id=62))
    assert restore(dump(state)) == state


@pytest.mark.parametrize(
    ("day", "count", "cycle", "expected"),
    [
        ("2025-01-31", 1, RecurCycle.MONTHS, "2025-02-28"),
        ("2024-02-29", 4, RecurCycle.YEARS, "2028-02-29"),
        ("2024-02-29", 1, RecurCycle.YEARS, "2025-02-28"),
        ("2025-12-31", 2, RecurCycle.DAYS, "2026-01-02"),
        ("2025-12-31", 2, RecurCycle.WEEKS, "2026-01-14"),
        ("9999-12-31", 1, RecurCycle.WEEKS, "9999-12-31"),
        ("9999-06-30", 1, RecurCycle.YEARS, "9999-12-31"),
    ],
)
def test_time_between_due_dates(day: str, count: int, cycle: RecurCycle, expected: str) -> None:
    """Calendar months and years, cut at the end of the month and at the end of the calendar."""
    assert later(day, count, cycle) == expected
