"""Every fact the ledger records, and its translation to and from the plain dict that the log stores.

A field is part of the log's format for ever: adding one means a new schema version and an upcaster.
Amounts are integer hundredths of the event's currency, dates ISO `YYYY-MM-DD`, times `YYYY-MM-DD HH:MM:SS`
in the ledger's time zone, rates thousandths of a percent. Pure; anyone above the domain may import it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

Profile = dict[str, str]
"""Personal data by field name (see PROFILE_FIELDS); sealed before it is stored, None once erased."""

PROFILE_FIELDS = (
    "first_name",
    "last_name",
    "company_name",
    "email",
    "address1",
    "address2",
    "city",
    "state",
    "postcode",
    "country",
    "phone",
    "tax_id",
    "notes",
    "custom_fields",
)
"""`country` is ISO 3166 alpha-2; `custom_fields` is JSON text of {field id: value}."""


class Event:
    """A fact. Subclasses are frozen dataclasses whose field names are the stored keys."""

    __slots__ = ()
    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1
    SEALED: ClassVar[tuple[str, ...]] = ()
    """Fields that hold personal data of the stream's subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpened(Event):
    """A client account exists from now on; its currency never changes."""

    TYPE = "account.opened"
    SEALED = ("profile",)
    client_id: int
    owner_id: int
    currency: str
    currency_id: int
    group_id: int
    date: str
    language: str
    payment_method: str
    marketing_opt_in: bool
    profile: Profile | None
    notify: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditAdded(Event):
    """The client's credit grew by `amount` to `balance`."""

    TYPE = "credit.added"
    credit_id: int
    amount: int
    balance: int
    currency: str
    date: str
    description: str
    reason: str
    """`manual` or `overpayment`; others join with their commands."""
    admin_id: int
    transaction_id: int
    """The transaction that caused it, else 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRemoved(Event):
    """The client's credit shrank by `amount` to `balance`, by hand."""

    TYPE = "credit.removed"
    credit_id: int
    amount: int
    balance: int
    currency: str
    date: str
    description: str
    reason: str
    admin_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditApplied(Event):
    """Credit paid `amount` of an invoice; `invoice_credit`, `invoice_due` are its new standing."""

    TYPE = "credit.applied"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceItem:
    """One line of an invoice; `kind` and `relation_id` say what it bills, free lines have "" and 0."""

    item_id: int
    kind: str
    relation_id: int
    description: str
    amount: int
    taxed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceIssued(Event):
    """An invoice exists: subtotal = sum of items, total = subtotal + tax + tax2 (nothing credited yet)."""

    TYPE = "invoice.issued"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSettled(Event):
    """Nothing is owed on the invoice any more: it became Paid."""

    TYPE = "invoice.settled"
    invoice_id: int
    settled_at: str
    notify: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRecorded(Event):
    """Money came in for an invoice: `applied` went to it, `surplus` is left over (and becomes credit)."""

    TYPE = "payment.recorded"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminAdded(Event):
    """Somebody may act in the ledger's name."""

    TYPE = "admin.added"
    admin_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialIssued(Event):
    """An API credential exists; the hash of its secret lives beside the log, never in it."""

    TYPE = "credential.issued"
    identifier: str
    name: str
    admin_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRevoked(Event):
    """An API credential stopped working."""

    TYPE = "credential.revoked"
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyAdded(Event):
    """Accounts may be opened in this currency; the first one added is the default."""

    TYPE = "currency.added"
    currency_id: int
    code: str
    prefix: str
    suffix: str
    format: int
    """1 = 1234.56, 2 = 1,234.56, 3 = 1.234,56, 4 = 1,234."""
    rate: int
    """Hundred-thousandths of the default currency's rate, 100000 = 1.00000."""


EVENT_TYPES: dict[str, type[Event]] = {
    cls.TYPE: cls
    for cls in (
        AccountOpened,
        CreditAdded,
        CreditRemoved,
        CreditApplied,
        InvoiceIssued,
        InvoiceSettled,
        PaymentRecorded,
        AdminAdded,
        CredentialIssued,
        CredentialRevoked,
        CurrencyAdded,
    )
}

_FIELDS: dict[type, tuple[str, ...]] = {
    cls: tuple(f.name for f in fields(cls)) for cls in (*EVENT_TYPES.values(), InvoiceItem)
}


def to_data(event: Event | InvoiceItem) -> dict[str, Any]:
    """The plain dict the log stores for `event`, keys as its fields."""
    data = {name: getattr(event, name) for name in _FIELDS[type(event)]}
    if isinstance(event, InvoiceIssued):
        data["items"] = [to_data(item) for item in event.items]
    return data


def from_data(event_type: str, data: dict[str, Any]) -> Event:
    """The event that `to_data` wrote. Raises KeyError for an unknown type, TypeError for wrong fields."""
    if event_type == InvoiceIssued.TYPE:
        data = {**data, "items": tuple(InvoiceItem(**item) for item in data["items"])}
    return EVENT_TYPES[event_type](**data)
