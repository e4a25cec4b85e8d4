"""One sentence for each kind of event about money: credit, invoices, payments, billable items.

Pure. `sentences` puts these beside the others; who did it and when is told there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from service.audit.wording import amount_of, listed, noted, plain
from service.domain.events import (
    CreditAdded,
    CreditApplied,
    CreditRemoved,
    InvoiceAmended,
    InvoiceIssued,
    InvoicePublished,
    InvoiceSettled,
    InvoiceStatusChanged,
    PaymentRecorded,
    TransactionCorrected,
    TransactionRecorded,
)
from service.domain.events.billables import BillableItemAdded, BillableItemInvoiced
from service.paper.amounts import percent_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.events import Event, InvoiceItem

LINES_SHOWN = 6
"""More lines of an invoice than this are counted, not listed."""

_BECAUSE = {
    "manual": "by hand",
    "overpayment": "because more was paid than was due",
    "add_funds": "because an invoice for adding funds was paid",
    "mass_payment": "because an invoice that pays other invoices was paid",
    "transaction": "from money that came in for no invoice",
    "refund": "because a service ended before what was paid for it was used up",
}


class About(NamedTuple):
    """What a sentence has to know besides its event."""

    client_id: int = 0
    currency: str = ""
    """Of the client, for events that do not say it themselves."""
    day: str = ""
    """`YYYY-MM-DD` when it was recorded, in the ledger's time zone; other dates are mentioned."""
    sources: str = ""
    """Which additions the credit came from that was used up, "" if nobody asked."""


def _dated(date: str, about: About) -> str:
    return f", dated {date}" if date and date[:10] != about.day else ""


def _then(balance: int, currency: str) -> str:
    return f"the credit is then {amount_of(balance, currency)}"


def _from(about: About) -> str:
    return f", taken from {about.sources}" if about.sources else ""


def _added(event: CreditAdded, about: About) -> str:
    cause = _BECAUSE.get(event.reason, event.reason.replace("_", " "))
    by = f", with transaction {event.transaction_id}" if event.transaction_id else ""
    return (
        f"{amount_of(event.amount, event.currency)} of credit was added {cause}{by}"
        f"{noted(event.description)}{_dated(event.date, about)}; {_then(event.balance, event.currency)}."
    )


def _removed(event: CreditRemoved, about: About) -> str:
    return (
        f"{amount_of(event.amount, event.currency)} of credit was taken back by hand"
        f"{noted(event.description)}{_dated(event.date, about)}{_from(about)}; "
        f"{_then(event.balance, event.currency)}."
    )


def _applied(event: CreditApplied, about: About) -> str:
    return (
        f"{amount_of(event.amount, event.currency)} of credit paid for invoice {event.invoice_id}"
        f"{_dated(event.date, about)}{_from(about)}; {_due(event.invoice_due, event.currency)}, and "
        f"{_then(event.balance, event.currency)}."
    )


def _due(due: int, currency: str) -> str:
    return (
        "nothing is due on the invoice any more"
        if due == 0
        else f"{amount_of(due, currency)} is due on the invoice"
    )


def _lines(items: tuple[InvoiceItem, ...], currency: str) -> str:
    if len(items) > LINES_SHOWN:
        return f"{len(items)} lines"
    return "; ".join(
        f"{plain(item.description) or 'a line'} {amount_of(item.amount, currency)}" for item in items
    )


def _issued(event: InvoiceIssued, about: About) -> str:
    taxes = [
        f"{amount_of(tax, event.currency)} tax at {percent_of(rate)}"
        for tax, rate in ((event.tax, event.tax_rate), (event.tax2, event.tax_rate2))
        if tax
    ]
    tax = f", which is {listed([amount_of(event.subtotal, event.currency), *taxes])}" if taxes else ""
    lines = f" For: {_lines(event.items, event.currency)}." if event.items else ""
    return (
        f"Invoice {event.invoice_id} over {amount_of(event.total, event.currency)} was issued as "
        f"{event.status}{_dated(event.date, about)}, due {event.due_date}{tax}.{lines}"
    )


def _settled(event: InvoiceSettled, _about: About) -> str:
    return f"Invoice {event.invoice_id} became Paid."


def _amended(event: InvoiceAmended, about: About) -> str:
    changes = [
        *(f"{label} {told}" for label, told in (("date", event.date), ("due date", event.due_date)) if told),
        *([f"date of payment {event.settled_at}"] if event.settled_at else []),
        *([f"payment method {plain(event.payment_method)}"] if event.payment_method else []),
        *(["its notes"] if event.notes is not None else []),
        *([f"changed: {_lines(event.changed_items, about.currency)}"] if event.changed_items else []),
        *([f"added: {_lines(event.added_items, about.currency)}"] if event.added_items else []),
        *([f"{len(event.removed_items)} lines taken off"] if event.removed_items else []),
    ]
    told = f" ({'; '.join(changes)})" if changes else ""
    total, credit = amount_of(event.total, about.currency), amount_of(event.credit, about.currency)
    return (
        f"Invoice {event.invoice_id} was changed{told}; it is now over {total}, "
        f"of which {credit} counts as paid from credit, and {_due(event.invoice_due, about.currency)}."
    )


def _published(event: InvoicePublished, about: About) -> str:
    return f"The draft of invoice {event.invoice_id} was published{_dated(event.date, about)}: it is Unpaid."


def _status_changed(event: InvoiceStatusChanged, _about: About) -> str:
    return f"Invoice {event.invoice_id} became {event.status}; it was {event.previous}."


def _told_by(gateway: str, reference: str) -> str:
    number = f", reference {plain(reference)}" if reference else ""
    return f"{plain(gateway)}{number}" if gateway else f"an unnamed method{number}"


def _fees(fees: int, currency: str) -> str:
    return f", fees {amount_of(fees, currency)}" if fees else ""


def _paid(event: PaymentRecorded, about: About) -> str:
    surplus = (
        f"; {amount_of(event.surplus, event.currency)} of it was more than was due" if event.surplus else ""
    )
    return (
        f"{amount_of(event.amount, event.currency)} came in for invoice {event.invoice_id} through "
        f"{_told_by(event.gateway, event.reference)}{_fees(event.fees, event.currency)}"
        f"{_dated(event.date, about)} (transaction {event.transaction_id}){surplus}; "
        f"{_due(event.invoice_due, event.currency)}."
    )


def _recorded(event: TransactionRecorded, about: About) -> str:
    moved = [
        *([f"{amount_of(event.amount_in, event.currency)} came in"] if event.amount_in else []),
        *([f"{amount_of(event.amount_out, event.currency)} was paid out"] if event.amount_out else []),
    ]
    what = listed(moved) or "No money moved"
    of = f" for invoice {event.invoice_id}" if event.invoice_id else ""
    back = f", paying back transaction {event.refund_id}" if event.refund_id else ""
    due = f"; {_due(event.invoice_due, event.currency)}" if event.invoice_id else ""
    number = f" (transaction {event.transaction_id})"
    return (
        f"{what}{of} through {_told_by(event.gateway, event.reference)}{_fees(event.fees, event.currency)}"
        f"{_dated(event.date, about)}{noted(event.description)}{number}{back}{due}."
    )


def _corrected(event: TransactionCorrected, about: About) -> str:
    currency = event.currency or about.currency
    where = f"for invoice {event.invoice_id}" if event.invoice_id else "for no invoice"
    before = (
        f", before it was for invoice {event.previous_invoice_id}"
        if event.previous_invoice_id not in {0, event.invoice_id}
        else ""
    )
    moved = f"{amount_of(event.amount_in, currency)} in, {amount_of(event.amount_out, currency)} out"
    return (
        f"Transaction {event.transaction_id} was corrected: it says {moved}, through "
        f"{_told_by(event.gateway, event.reference)}, {where}{before}."
    )


def _billable(event: BillableItemAdded, about: About) -> str:
    del about
    due = f", due {event.due_date}" if event.due_date else ""
    again = f", every {event.recur} {event.recur_cycle.lower()}" if event.recur else ""
    return (
        f"Billable item {event.billable_id} over {amount_of(event.amount, event.currency)} was kept to be "
        f"invoiced later{due}{again}{noted(event.description)}."
    )


def _invoiced(event: BillableItemInvoiced, about: About) -> str:
    again = f"; it is due again on {event.next_due_date}" if event.next_due_date else ""
    amount = amount_of(event.amount, about.currency)
    return f"Billable item {event.billable_id} over {amount} was put on invoice {event.invoice_id}{again}."


MONEY_SENTENCES: dict[type[Event], Callable[[Any, About], str]] = {
    CreditAdded: _added,
    CreditRemoved: _removed,
    CreditApplied: _applied,
    InvoiceIssued: _issued,
    InvoiceSettled: _settled,
    InvoiceAmended: _amended,
    InvoicePublished: _published,
    InvoiceStatusChanged: _status_changed,
    PaymentRecorded: _paid,
    TransactionRecorded: _recorded,
    TransactionCorrected: _corrected,
    BillableItemAdded: _billable,
    BillableItemInvoiced: _invoiced,
}
