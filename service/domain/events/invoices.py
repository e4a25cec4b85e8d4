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
    invoice_id: int
    settled_at: str
    notify: bool


@value(kw_only=True)
class PaymentRecorded(Event):
    """Money came in for an invoice: `applied` went to it, `surplus` is left over (and becomes credit)."""

    TYPE = "payment.recorded"
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
