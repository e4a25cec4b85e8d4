"""Facts about invoices and the money received for them."""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class InvoiceItem:
    """One line of an invoice; `kind` and `relation_id` say what it bills, free lines have "" and 0."""

    item_id: int
    kind: str
    relation_id: int
    description: str
    amount: int
    taxed: bool


@value(kw_only=True)
class InvoiceIssued(Event):
    """An invoice exists: subtotal = sum of items, total = subtotal + tax + tax2 (nothing credited yet)."""

    TYPE = "invoice.issued"
    COUNTER = "invoice"
    ITEMS = ("items",)
    invoice_id: int
    currency: str
    status: str
    """An InvoiceStatus value."""
    date: str
    due_date: str
    payment_method: str
    notes: str
    items: tuple[InvoiceItem, ...]
    subtotal: int
    tax: int
    tax2: int
    total: int
    tax_rate: int
    tax_rate2: int
    issued_at: str
    send: bool
    notify: bool


@value(kw_only=True)
class InvoiceSettled(Event):
    """Nothing is owed on the invoice any more: it became Paid."""

    TYPE = "invoice.settled"
    VERSION = 2
    invoice_id: int
    settled_at: str
    """Its date of payment, which whoever says that it is Paid may choose."""
    notify: bool
    recorded_at: str
    """Since version 2."""


@value(kw_only=True)
class PaymentRecorded(Event):
    """Money came in for an invoice: `applied` went to it, `surplus` is left over (and becomes credit)."""

    TYPE = "payment.recorded"
    VERSION = 2
    COUNTER = "transaction"
    transaction_id: int
    invoice_id: int
    gateway: str
    reference: str
    """The gateway's own transaction id."""
    amount: int
    fees: int
    applied: int
    surplus: int
    currency: str
    date: str
    """Time of the payment as reported, `YYYY-MM-DD HH:MM:SS`."""
    description: str
    invoice_paid: int
    """Sum of all money received for the invoice so far, surplus included."""
    invoice_due: int
    notify: bool
    recorded_at: str
    """Since version 2; "" before."""


@value(kw_only=True)
class InvoiceAmended(Event):
    """What an invoice says changed: None, and no item, for what stayed; the sums are its new ones.

    `credit` is what the invoice counts as credited; the client's own credit did not move.
    """

    TYPE = "invoice.amended"
    LISTS = ("removed_items",)
    ITEMS = ("changed_items", "added_items")
    invoice_id: int
    date: str | None
    due_date: str | None
    settled_at: str | None
    payment_method: str | None
    notes: str | None
    changed_items: tuple[InvoiceItem, ...]
    added_items: tuple[InvoiceItem, ...]
    removed_items: tuple[int, ...]
    subtotal: int
    tax: int
    tax2: int
    total: int
    tax_rate: int
    tax_rate2: int
    credit: int
    invoice_due: int
    amended_at: str


@value(kw_only=True)
class InvoicePublished(Event):
    """A Draft became an Unpaid invoice, dated anew; `send` if it is to be e-mailed."""

    TYPE = "invoice.published"
    invoice_id: int
    date: str
    published_at: str
    send: bool


@value(kw_only=True)
class InvoiceStatusChanged(Event):
    """An invoice got another status than Paid, for which there is `invoice.settled`."""

    TYPE = "invoice.status_changed"
    invoice_id: int
    previous: str
    status: str
    """InvoiceStatus values."""
    changed_at: str
