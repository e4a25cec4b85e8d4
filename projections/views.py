"""What a reader of the read models gets back: plain rows, amounts in integer hundredths.

Dates are ISO `YYYY-MM-DD`, times `YYYY-MM-DD HH:MM:SS` in the ledger's time zone, rates thousandths of a
percent. The protocols above translate these into their own words.
"""

from __future__ import annotations

from dataclasses import field
from typing import Generic, TypeVar

from service.domain.values import value

Row = TypeVar("Row")


@value()
class Page(Generic[Row]):
    """A slice of a list: `rows` from offset `start`, of `total` rows that match."""

    rows: tuple[Row, ...]
    total: int
    start: int = 0


@value(kw_only=True)
class ClientRow:
    """A client account with its credit balance. `profile` is None once the personal data was erased."""

    client_id: int
    owner_id: int
    status: str
    currency: str
    currency_id: int
    group_id: int
    opened_on: str
    language: str
    payment_method: str
    marketing_opt_in: bool
    profile: dict[str, str] | None
    balance: int
    flags: dict[str, bool] = field(default_factory=dict)
    """Settings that were ever said; see `service.domain.events.clients.ACCOUNT_FLAGS`."""


@value(kw_only=True)
class ListedClient:
    """A client in a list of many; without its personal data once that was erased."""

    client_id: int
    status: str
    group_id: int
    opened_on: str
    profile: dict[str, str]


@value(kw_only=True)
class ContactRow:
    """A contact of a client. `flags` are all of `service.domain.events.clients.MAIL_FLAGS`."""

    contact_id: int
    client_id: int
    profile: dict[str, str]
    flags: dict[str, bool]
    added_at: str
    changed_at: str


@value(kw_only=True)
class ServiceRow:
    """A service; fields as in `service.domain.events.services.ServiceRegistered`.

    `renewal_invoice` is what was last made to renew it, 0 if there is none that was not paid.
    """

    service_id: int
    client_id: int
    server_id: int
    order_id: int
    kind: str
    product: str
    label: str
    cycle: str
    price: int
    setup_fee: int
    paid_before: int
    currency: str
    registration_date: str
    next_due_date: str
    status: str
    has_licence: bool
    traffic_exceeded: bool
    location: str
    hardware: tuple[str, ...]
    renewal_invoice: int


@value()
class CreditRow:
    """One line of the credit log; `amount` is signed, `relation_id` a transaction id or 0."""

    credit_id: int
    client_id: int
    date: str
    description: str
    amount: int
    relation_id: int
    admin_id: int


@value(kw_only=True)
class ItemRow:
    """One line of an invoice."""

    item_id: int
    kind: str
    relation_id: int
    description: str
    amount: int
    taxed: bool


@value(kw_only=True)
class TransactionRow:
    """Money that moved through a gateway."""

    transaction_id: int
    client_id: int
    invoice_id: int
    currency: str
    gateway: str
    date: str
    description: str
    amount_in: int
    fees: int
    amount_out: int
    reference: str
    refund_id: int
    currency_id: int = 0
    """0 where the client's currency says it; a transaction of nobody (client 0) has its own."""
    rate: int = 100_000
    """Hundred-thousandths of the default currency's."""


@value(kw_only=True)
class InvoiceRow:
    """An invoice. `total` is net of `credit`; `paid` is money received less what was paid back.

    So what is due is total - paid. Times are "" where there is none.
    """

    invoice_id: int
    client_id: int
    currency: str
    status: str
    date: str
    due_date: str
    settled_at: str
    refunded_at: str
    cancelled_at: str
    created_at: str
    updated_at: str
    payment_method: str
    notes: str
    subtotal: int
    credit: int
    tax: int
    tax2: int
    total: int
    tax_rate: int
    tax_rate2: int
    paid: int
    items: tuple[ItemRow, ...] = field(default=())
    transactions: tuple[TransactionRow, ...] = field(default=())


@value(kw_only=True)
class ListedInvoice:
    """An invoice in a list, without its lines and transactions, and who owes it.

    `profile` is None once the personal data was erased.
    """

    invoice: InvoiceRow
    currency_id: int
    profile: dict[str, str] | None


@value(kw_only=True)
class InvoiceTotals:
    """A client's invoices of one status: how many, their totals, and what is still due on them.

    `overdue` counts those whose due date is before the day asked about. Mass payments are not due: what they
    ask for is due on the invoices that they are for.
    """

    status: str
    count: int
    total: int
    due_count: int
    due: int
    overdue_count: int
    overdue_due: int


@value(kw_only=True)
class DayFigures:
    """What came in and went out on a day in a currency; `day` "" sums up all earlier days."""

    currency: str
    day: str
    amount_in: int
    fees: int
    amount_out: int


@value(kw_only=True)
class Figures:
    """The whole ledger: how many billable items are still to be invoiced, and the money that moved."""

    billables: int
    days: tuple[DayFigures, ...]


@value(kw_only=True)
class CancellationRow:
    """A request to end a service, and what became of it.

    `position` is that of its event, `request` its number among those of the service. `reason` is None once
    the personal data was erased. `invoice_id` is the newest unpaid one that was cancelled with it, else 0.
    """

    service_id: int
    request: int
    client_id: int
    position: int
    kind: str
    reason: str | None
    requested_by: str
    requested_at: str
    ends_on: str
    invoice_id: int
    stage: str
    """`standing`, `carried_out` or `withdrawn`."""
    refund: int
    changed_at: str


class BehindError(Exception):
    """The read models did not catch up with what the reader must see before its deadline."""


class HaltedError(BehindError):
    """A read model met an event it cannot apply and stopped; an operator has to look."""
