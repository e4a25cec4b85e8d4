"""Invoices from facts: a row when one is issued, and what later events make of it.

Later events carry the invoice's resulting standing, so within a batch the last one wins, field by field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from projections.fact import client_of
from projections.projection import CannotApply, Projection, Write
from service.domain.events import CreditApplied, InvoiceIssued, InvoiceSettled, PaymentRecorded
from service.domain.invoice_status import InvoiceStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.fact import Fact

_PAID = str(InvoiceStatus.PAID)


@dataclass(slots=True)
class _Standing:
    """The columns that change during an invoice's life; None is no change."""

    status: str | None = None
    settled_at: str | None = None
    credit: int | None = None
    paid: int | None = None

    def columns(self) -> tuple[str | None, str | None, int | None, int | None]:
        return self.status, self.settled_at, self.credit, self.paid


def project(facts: Sequence[Fact]) -> list[Write]:
    """New invoices with their lines, and the new standing of older ones."""
    issued: dict[int, tuple[Any, ...]] = {}
    items: list[tuple[Any, ...]] = []
    standings: dict[int, _Standing] = {}
    for fact in facts:
        event = fact.event
        if isinstance(event, InvoiceIssued):
            if event.invoice_id in standings:
                raise CannotApply(f"position {fact.position}: invoice {event.invoice_id} is known already")
            standings[event.invoice_id] = _Standing(status=event.status, credit=0, paid=0)
            issued[event.invoice_id] = _issued(event, client_of(fact))
            items += _items(event)
        elif isinstance(event, (CreditApplied, InvoiceSettled, PaymentRecorded)):
            standing = standings.get(event.invoice_id)
            if standing is None:
                standing = standings[event.invoice_id] = _Standing()
            _change(standing, event)
    return [
        Write("insert_invoice", [row + standings.pop(number).columns() for number, row in issued.items()]),
        Write("insert_item", items),
        Write("update_invoice", [(number, *changed.columns()) for number, changed in standings.items()]),
    ]


def _issued(event: InvoiceIssued, client_id: int) -> tuple[Any, ...]:
    return (
        event.invoice_id,
        client_id,
        event.currency,
        event.date,
        event.due_date,
        event.payment_method,
        event.notes,
        event.subtotal,
        event.tax,
        event.tax2,
        event.total,
        event.tax_rate,
        event.tax_rate2,
    )


def _items(event: InvoiceIssued) -> list[tuple[Any, ...]]:
    return [
        (
            event.invoice_id,
            item.item_id,
            item.kind,
            item.relation_id,
            item.description,
            item.amount,
            item.taxed,
        )
        for item in event.items
    ]


def _change(standing: _Standing, event: CreditApplied | InvoiceSettled | PaymentRecorded) -> None:
    if isinstance(event, CreditApplied):
        standing.credit = event.invoice_credit
    elif isinstance(event, PaymentRecorded):
        standing.paid = event.invoice_paid
    else:
        standing.status = _PAID
        standing.settled_at = event.settled_at


PROJECTION = Projection(
    name="invoices",
    version=1,
    tables={"invoice": ("invoice_id",), "item": ("invoice_id", "item_id")},
    handles=frozenset({InvoiceIssued, CreditApplied, InvoiceSettled, PaymentRecorded}),
    project=project,
)
