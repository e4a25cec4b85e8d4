from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.commands import AmendInvoice, ItemChange, NewItem
from service.domain.events import (
    InvoiceAmended,
    InvoiceItem,
    InvoicePublished,
    InvoiceSettled,
    InvoiceStatusChanged,
)
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import RefusalCode
from tests.support.decider import NOW, OFFER, TODAY, fold, given
from tests.support.samples import ACCOUNT_OPENED, CREDIT_APPLIED, INVOICE_ISSUED, INVOICE_SETTLED

_UNPAID = (ACCOUNT_OPENED, INVOICE_ISSUED)  # invoice 17: 110.00 - 10.00, both taxed, 19 % and 1 %
_DRAFT = (ACCOUNT_OPENED, replace(INVOICE_ISSUED, status="Draft"))
_NOTHING = InvoiceAmended(
    invoice_id=17,
    date=None,
    due_date=None,
    settled_at=None,
    payment_method=None,
    notes=None,
    changed_items=(),
    added_items=(),
    removed_items=(),
    subtotal=10000,
    tax=1900,
    tax2=100,
    total=12000,
    tax_rate=19000,
    tax_rate2=1000,
    credit=0,
    invoice_due=12000,
    amended_at=NOW,
)


def test_lines_are_changed_added_and_removed() -> None:
    """A changed line bills what it billed before, a new one has the next number, the sums are new."""
    command = AmendInvoice(
        invoice_id=17,
        changed_items=(ItemChange(item_id=51, description="Big", amount=20000, taxed=False),),
        added_items=(NewItem(description="New", amount=500, taxed=True, kind="AddFunds", relation_id=3),),
        removed_items=(52,),
    )
    hosting = replace(INVOICE_ISSUED.items[0], kind="Hosting", relation_id=9)
    issued = replace(INVOICE_ISSUED, items=(hosting, INVOICE_ISSUED.items[1]))
    given(ACCOUNT_OPENED, issued).when(command).then(
        replace(
            _NOTHING,
            changed_items=(replace(hosting, description="Big", amount=20000, taxed=False),),
            added_items=(
                InvoiceItem(
                    item_id=OFFER.item,
                    kind="AddFunds",
                    relation_id=3,
                    description="New",
                    amount=500,
                    taxed=True,
                ),
            ),
            removed_items=(52,),
            subtotal=20500,
            tax=95,
            tax2=5,
            total=20600,
            invoice_due=20600,
        )
    )


def test_what_the_invoice_does_not_have_is_passed_over() -> None:
    """Lines of other invoices are not touched; an update that says nothing is recorded as that."""
    change = ItemChange(item_id=99, description="", amount=1, taxed=False)
    command = AmendInvoice(invoice_id=17, changed_items=(change,), removed_items=(98,))
    given(*_UNPAID).when(command).then(_NOTHING)
    given(*_UNPAID).when(AmendInvoice(invoice_id=17)).then(_NOTHING)


def test_a_line_that_is_removed_is_not_changed_too() -> None:
    """Removal wins."""
    change = ItemChange(item_id=51, description="", amount=1, taxed=False)
    command = AmendInvoice(invoice_id=17, changed_items=(change,), removed_items=(51,))
    (event,) = given(*_UNPAID).when(command).events
    assert isinstance(event, InvoiceAmended)
    assert (event.changed_items, event.removed_items, event.subtotal) == ((), (51,), -1000)


def test_credit_and_rates_change_what_is_due() -> None:
    """The client's credit does not move."""
    command = AmendInvoice(invoice_id=17, tax_rate=0, credit=3000)
    given(*_UNPAID, CREDIT_APPLIED).when(command).then(
        replace(_NOTHING, tax=0, total=10100, tax_rate=0, credit=3000, invoice_due=7100)
    )


def test_the_fold_follows() -> None:
    """Lines, sums, method and date of payment; the next amendment builds on them."""
    item = NewItem(description="New", amount=500)
    (event,) = (
        given(*_UNPAID)
        .when(
            AmendInvoice(
                invoice_id=17,
                added_items=(item,),
                removed_items=(52,),
                payment_method="mailin",
                settled_at="2025-01-01 00:00:00",
            )
        )
        .events
    )
    invoice = fold(*_UNPAID, event).invoices[17]
    assert [line.item_id for line in invoice.lines] == [51, OFFER.item]
    assert (invoice.total_gross, invoice.payment_method) == (13700, "mailin")
    assert invoice.settled_at == "2025-01-01 00:00:00"


@pytest.mark.parametrize("sends", [True, False])
def test_a_draft_is_published(*, sends: bool) -> None:
    """It is dated today, or as the same command says."""
    published = InvoicePublished(invoice_id=17, date=TODAY, published_at=NOW, send=sends)
    given(*_DRAFT).when(AmendInvoice(invoice_id=17, publish=True, send=sends)).then(published)
    dated = AmendInvoice(invoice_id=17, publish=True, send=sends, date="2025-01-01")
    given(*_DRAFT).when(dated).then(
        replace(_NOTHING, date="2025-01-01"), replace(published, date="2025-01-01")
    )
    assert fold(*_DRAFT, published).invoices[17].status is InvoiceStatus.UNPAID


@pytest.mark.parametrize("status", [status for status in InvoiceStatus if status is not InvoiceStatus.DRAFT])
def test_only_a_draft_is_published(status: InvoiceStatus) -> None:
    """Whatever else the command says, nothing of it is done."""
    issued = replace(INVOICE_ISSUED, status=status.value)
    command = AmendInvoice(invoice_id=17, publish=True, notes="x")
    given(ACCOUNT_OPENED, issued).when(command).refused(RefusalCode.INVOICE_NOT_DRAFT)


@pytest.mark.parametrize("status", [status for status in InvoiceStatus if status is not InvoiceStatus.PAID])
def test_a_status_is_changed(status: InvoiceStatus) -> None:
    """Every one but Paid is this event; the status that it has already is none."""
    past = (*_UNPAID, INVOICE_SETTLED)
    changed = InvoiceStatusChanged(invoice_id=17, previous="Paid", status=status.value, changed_at=NOW)
    given(*past).when(AmendInvoice(invoice_id=17, status=status)).then(changed)
    invoice = fold(*past, changed).invoices[17]
    assert invoice.status is status
    assert invoice.settled_at == ("" if status is InvoiceStatus.UNPAID else INVOICE_SETTLED.settled_at)
    given(*past, changed).when(AmendInvoice(invoice_id=17, status=status)).then(_NOTHING)


def test_paid_by_word_is_settled() -> None:
    """Without a transaction; dated as told, else as before, else now."""
    settled = InvoiceSettled(invoice_id=17, settled_at=NOW, notify=True, recorded_at=NOW)
    paid = AmendInvoice(invoice_id=17, status=InvoiceStatus.PAID)
    given(*_UNPAID).when(paid).then(settled)
    given(*_UNPAID).when(replace(paid, settled_at="2025-01-01 00:00:00")).then(
        replace(_NOTHING, settled_at="2025-01-01 00:00:00"),
        replace(settled, settled_at="2025-01-01 00:00:00"),
    )
    refunded = InvoiceStatusChanged(invoice_id=17, previous="Paid", status="Refunded", changed_at=NOW)
    given(*_UNPAID, INVOICE_SETTLED, refunded).when(paid).then(replace(INVOICE_SETTLED, recorded_at=NOW))


def test_published_and_paid_at_once() -> None:
    """First the one, then the other."""
    command = AmendInvoice(invoice_id=17, publish=True, status=InvoiceStatus.PAID)
    published, settled = given(*_DRAFT).when(command).events
    assert (published.TYPE, settled.TYPE) == ("invoice.published", "invoice.settled")


def test_sums_are_held_to_the_limit() -> None:
    """In either direction, credit included."""
    for amount in (AMOUNT_MAX, -AMOUNT_MAX):
        item = NewItem(description="", amount=amount + (1 if amount > 0 else -1) - 10000)
        command = AmendInvoice(invoice_id=17, added_items=(item,))
        given(*_UNPAID).when(command).refused(RefusalCode.AMOUNT_TOO_LARGE)
    free = replace(INVOICE_ISSUED, items=(), subtotal=-1, total=-1)
    low = AmendInvoice(invoice_id=17, added_items=(NewItem(description="", amount=-1),), credit=AMOUNT_MAX)
    given(ACCOUNT_OPENED, free).when(low).refused(RefusalCode.AMOUNT_TOO_LARGE)


def test_the_invoice_must_be_known() -> None:
    """In an account that was never opened too."""
    given().when(AmendInvoice(invoice_id=17)).refused(RefusalCode.INVOICE_NOT_FOUND)
