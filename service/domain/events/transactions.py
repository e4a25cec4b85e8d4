"""Facts about money that moved, told by hand: received, paid out, refunded, and what was wrong about it.

Payments that come in through AddInvoicePayment are `payment.recorded`, in `invoices`.
"""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class TransactionRecorded(Event):
    """Money came in or went out, for a client's invoice, for a client, or for nobody (stream `house`).

    `applied` is what of it went to the invoice, negative for what a refund took from it; `credited` became
    the client's credit. Without an invoice its number and sums are 0.
    """

    TYPE = "transaction.recorded"
    COUNTER = "transaction"
    transaction_id: int
    invoice_id: int
    gateway: str
    reference: str
    """The gateway's own transaction id."""
    description: str
    date: str
    """Time as reported, `YYYY-MM-DD HH:MM:SS`."""
    amount_in: int
    amount_out: int
    fees: int
    rate: int
    """Exchange rate to the default currency, in hundred-thousandths."""
    currency: str
    currency_id: int
    """0 where the client's currency says it."""
    refund_id: int
    """The transaction that this one pays back, else 0."""
    applied: int
    credited: int
    invoice_paid: int
    """Received less paid back for the invoice so far."""
    invoice_due: int
    recorded_at: str


@value(kw_only=True)
class TransactionCorrected(Event):
    """A transaction says something else now: its new fields, None for what stayed.

    No credit is taken back and no status changes by it. `previous_invoice_id` is the invoice it was on
    before (the same one, another, or 0), with that one's sums without it.
    """

    TYPE = "transaction.corrected"
    transaction_id: int
    invoice_id: int
    gateway: str
    reference: str
    previous_reference: str
    description: str | None
    date: str | None
    amount_in: int
    amount_out: int
    fees: int | None
    rate: int | None
    currency: str | None
    currency_id: int | None
    refund_id: int
    applied: int
    credited: int
    invoice_paid: int
    invoice_due: int
    previous_invoice_id: int
    previous_invoice_paid: int
    previous_invoice_due: int
    corrected_at: str


TRANSACTION_EVENTS: tuple[type[Event], ...] = (TransactionRecorded, TransactionCorrected)
