"""Facts about a client's credit."""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class CreditAdded(Event):
    """The client's credit grew by `amount` to `balance`."""

    TYPE = "credit.added"
    COUNTER = "credit"
    credit_id: int
    amount: int
    balance: int
    currency: str
    date: str
    description: str
    reason: str
    """`manual`, `overpayment`, `transaction`, `add_funds`, `mass_payment` or `refund`."""
    admin_id: int
    transaction_id: int
    """The transaction that caused it, else 0."""


@value(kw_only=True)
class CreditRemoved(Event):
    """The client's credit shrank by `amount` to `balance`, by hand."""

    TYPE = "credit.removed"
    COUNTER = "credit"
    credit_id: int
    amount: int
    balance: int
    currency: str
    date: str
    description: str
    reason: str
    admin_id: int


@value(kw_only=True)
class CreditApplied(Event):
    """Credit paid `amount` of an invoice; `invoice_credit`, `invoice_due` are its new standing."""

    TYPE = "credit.applied"
    VERSION = 2
    COUNTER = "credit"
    credit_id: int
    invoice_id: int
    amount: int
    balance: int
    currency: str
    date: str
    description: str
    invoice_credit: int
    invoice_due: int
    notify: bool
    recorded_at: str
    """Since version 2; "" before."""
