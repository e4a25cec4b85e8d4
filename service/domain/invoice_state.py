"""What the deciders must know of one invoice and one transaction, and how both stand in a snapshot.

Compact, because an account may hold 100,000 of each; texts that no rule looks at are in the read models
only. Pure; the account and the deciders import it.
"""

from __future__ import annotations

from dataclasses import dataclass
from sys import intern
from typing import TYPE_CHECKING, Any

from service.domain.invoice_status import InvoiceStatus
from service.domain.money import percentage
from service.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.domain.events import InvoiceIssued, InvoiceItem

ADD_FUNDS = "AddFunds"
"""The kind of line whose amount becomes credit when its invoice is paid."""
MASS_PAYMENT = "Invoice"
"""The kind of line that pays the invoice its relation names, when its own invoice is paid."""

OPEN = frozenset({InvoiceStatus.UNPAID, InvoiceStatus.COLLECTIONS, InvoiceStatus.PAYMENT_PENDING})
"""Something may be owed: what comes in goes to the invoice first."""
NOT_PAYABLE = frozenset({InvoiceStatus.CANCELLED, InvoiceStatus.DRAFT})
"""WHMCS documents only that a Cancelled invoice takes no payment; Draft is treated alike."""


@value()
class Line:
    """An invoice line without its description."""

    item_id: int
    kind: str
    relation_id: int
    amount: int
    taxed: bool


@value(kw_only=True)
class Sums:
    """What lines add up to; hundredths."""

    subtotal: int
    tax: int
    tax2: int

    @property
    def total(self) -> int:
        """Before any credit."""
        return self.subtotal + self.tax + self.tax2

    @property
    def largest(self) -> int:
        """To be held against AMOUNT_MAX, in either direction."""
        return max(abs(self.subtotal), abs(self.tax), abs(self.tax2), abs(self.total))


def sums_of(lines: Iterable[Any], tax_rate: int, tax_rate2: int) -> Sums:
    """Tax is taken of the sum of the taxed lines; anything with `amount` and `taxed` is a line."""
    subtotal = taxed = 0
    for line in lines:
        subtotal += line.amount
        taxed += line.amount if line.taxed else 0
    return Sums(subtotal=subtotal, tax=percentage(taxed, tax_rate), tax2=percentage(taxed, tax_rate2))


@dataclass(slots=True)
class InvoiceState:
    """An invoice's standing.

    `paid` is all money received for it less what was paid back, `applied` the part that went to it.
    """

    status: InvoiceStatus
    total_gross: int
    """Before any credit. All sums are hundredths of the account's currency."""
    payment_method: str
    credit: int = 0
    paid: int = 0
    applied: int = 0
    tax_rate: int = 0
    tax_rate2: int = 0
    settled_at: str = ""
    """Its date of payment, "" while it has none."""
    was_settled: bool = False
    """Whether it ever became Paid: what its lines do then, they do once."""
    lines: tuple[Line, ...] = ()

    @property
    def due(self) -> int:
        """What is still owed; negative if the total itself is, or if more was put against it than that."""
        return self.total_gross - self.credit - self.applied

    @property
    def adds_funds(self) -> bool:
        """Whether paying it gives credit; credit cannot pay it then."""
        return any(line.kind == ADD_FUNDS for line in self.lines)


@dataclass(slots=True)
class TransactionState:
    """Money that moved; `refunded` is what later transactions paid back of it."""

    invoice_id: int
    gateway: str
    reference: str
    amount_in: int
    amount_out: int
    applied: int
    credited: int
    refund_id: int = 0
    refunded: int = 0

    @property
    def net(self) -> int:
        """Positive for what came in."""
        return self.amount_in - self.amount_out


def issued_state(event: InvoiceIssued) -> InvoiceState:
    """An invoice as it is when it was just issued."""
    return InvoiceState(
        InvoiceStatus(event.status),
        event.total,
        intern(event.payment_method),
        tax_rate=event.tax_rate,
        tax_rate2=event.tax_rate2,
        lines=lines_of(event.items),
    )


def lines_of(items: Iterable[InvoiceItem]) -> tuple[Line, ...]:
    """What is kept of the lines that an event tells."""
    return tuple(
        [Line(item.item_id, intern(item.kind), item.relation_id, item.amount, item.taxed) for item in items]
    )


def invoice_row(number: int, invoice: InvoiceState) -> list[Any]:
    """The invoice as plain JSON values."""
    return [
        number,
        invoice.status.value,
        invoice.total_gross,
        invoice.payment_method,
        invoice.credit,
        invoice.paid,
        invoice.applied,
        invoice.tax_rate,
        invoice.tax_rate2,
        invoice.settled_at,
        invoice.was_settled,
        [[line.item_id, line.kind, line.relation_id, line.amount, line.taxed] for line in invoice.lines],
    ]


def invoice_from(row: list[Any]) -> tuple[int, InvoiceState]:
    """What `invoice_row` wrote."""
    number, status, total, method, *rest, lines = row
    invoice = InvoiceState(InvoiceStatus(status), total, intern(method), *rest)
    invoice.lines = tuple([Line(item, intern(kind), *others) for item, kind, *others in lines])
    return number, invoice


def transaction_row(number: int, transaction: TransactionState) -> list[Any]:
    """The transaction as plain JSON values."""
    return [
        number,
        transaction.invoice_id,
        transaction.gateway,
        transaction.reference,
        transaction.amount_in,
        transaction.amount_out,
        transaction.applied,
        transaction.credited,
        transaction.refund_id,
        transaction.refunded,
    ]


def transaction_from(row: list[Any]) -> tuple[int, TransactionState]:
    """What `transaction_row` wrote."""
    number, invoice_id, gateway, *rest = row
    return number, TransactionState(invoice_id, intern(gateway), *rest)
