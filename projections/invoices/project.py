"""Invoices from facts: a row when one is issued, and what later events make of it.

Later events carry the invoice's resulting standing, so within a batch the last one wins, field by field. How
lines change is in `items`.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from projections.fact import client_of
from projections.invoices.items import Items
from projections.projection import CannotApply, Projection, Write
from service.domain.events import (
    CreditApplied,
    InvoiceAmended,
    InvoiceIssued,
    InvoicePublished,
    InvoiceSettled,
    InvoiceStatusChanged,
    PaymentRecorded,
    TransactionCorrected,
    TransactionRecorded,
)
from service.domain.events.clients import AccountDeleted
from service.domain.invoice_status import InvoiceStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from projections.fact import Fact
    from service.domain.events import Event

_Columns = dict[str, Any]
_Changes = dict[int, _Columns]
"""Columns by invoice; what is not there stays as it is."""

_FIXED = ("client_id", "currency", "created_at")
_VARIABLE = (
    *("status", "date", "due_date", "settled_at", "refunded_at", "cancelled_at", "updated_at"),
    *("payment_method", "notes", "subtotal", "tax", "tax2", "gross", "tax_rate", "tax_rate2"),
    *("credit", "paid"),
)
"""In the order of the statements' arguments."""
_inserted = itemgetter(*_FIXED, *_VARIABLE)

_NO_TIME = ""
"""A time that there is no more, while None is no change."""
_STAMPS = {InvoiceStatus.REFUNDED: "refunded_at", InvoiceStatus.CANCELLED: "cancelled_at"}


def project(facts: Sequence[Fact]) -> list[Write]:
    """New invoices with their lines, and the new standing of older ones; those of deleted clients go."""
    issued: _Changes = {}
    changes: _Changes = {}
    items = Items()
    deleted = [(fact.event.client_id,) for fact in facts if isinstance(fact.event, AccountDeleted)]
    for fact in facts:
        event = fact.event
        if isinstance(event, InvoiceIssued):
            if event.invoice_id in changes:
                raise CannotApply(f"position {fact.position}: invoice {event.invoice_id} is known already")
            changes[event.invoice_id] = issued[event.invoice_id] = _issued(event, client_of(fact))
            items.add(event.invoice_id, event.items)
            continue
        change = _CHANGES.get(type(event))
        if change is None:
            continue
        change(changes, event)
        if isinstance(event, InvoiceAmended):
            items.amend(event)
    inserted = [(number, *_inserted(row)) for number, row in issued.items()]
    updated = [
        (number, *[row.get(name) for name in _VARIABLE])
        for number, row in changes.items()
        if number not in issued
    ]
    return [
        Write("insert_invoice", inserted),
        *items.writes(),
        Write("update_invoice", updated),
        Write("delete_items_of_client", deleted, removes=True),
        Write("delete_of_client", deleted, removes=True),
    ]


def _issued(event: InvoiceIssued, client_id: int) -> _Columns:
    return {
        "client_id": client_id,
        "currency": event.currency,
        "created_at": event.issued_at,
        "status": event.status,
        "date": event.date,
        "due_date": event.due_date,
        "settled_at": _NO_TIME,
        "refunded_at": _NO_TIME,
        "cancelled_at": _NO_TIME,
        "updated_at": event.issued_at,
        "payment_method": event.payment_method,
        "notes": event.notes,
        "subtotal": event.subtotal,
        "tax": event.tax,
        "tax2": event.tax2,
        "gross": event.total,
        "tax_rate": event.tax_rate,
        "tax_rate2": event.tax_rate2,
        "credit": 0,
        "paid": 0,
    }


def _touch(columns: _Columns, at: str) -> None:
    """The latest time at which something about it was recorded; "" for an old event that does not tell."""
    columns["updated_at"] = max(columns.get("updated_at", ""), at)


def _credited(changes: _Changes, event: CreditApplied) -> None:
    columns = changes.setdefault(event.invoice_id, {})
    columns["credit"] = event.invoice_credit
    _touch(columns, event.recorded_at)


def _paid(changes: _Changes, event: PaymentRecorded) -> None:
    columns = changes.setdefault(event.invoice_id, {})
    columns["paid"] = event.invoice_paid
    _touch(columns, event.recorded_at)


def _settled(changes: _Changes, event: InvoiceSettled) -> None:
    columns = changes.setdefault(event.invoice_id, {})
    columns["status"] = InvoiceStatus.PAID.value
    columns["settled_at"] = event.settled_at
    _touch(columns, event.recorded_at)


def _published(changes: _Changes, event: InvoicePublished) -> None:
    columns = changes.setdefault(event.invoice_id, {})
    columns["status"] = InvoiceStatus.UNPAID.value
    columns["date"] = event.date
    _touch(columns, event.published_at)


def _status_changed(changes: _Changes, event: InvoiceStatusChanged) -> None:
    columns = changes.setdefault(event.invoice_id, {})
    status = InvoiceStatus(event.status)
    columns["status"] = event.status
    _touch(columns, event.changed_at)
    if status in _STAMPS:
        columns[_STAMPS[status]] = event.changed_at
    if status is InvoiceStatus.UNPAID:
        columns["settled_at"] = _NO_TIME


def _amended(changes: _Changes, event: InvoiceAmended) -> None:
    columns = changes.setdefault(event.invoice_id, {})
    for name in ("date", "due_date", "settled_at", "payment_method", "notes"):
        if (said := getattr(event, name)) is not None:
            columns[name] = said
    for name in ("subtotal", "tax", "tax2", "tax_rate", "tax_rate2", "credit"):
        columns[name] = getattr(event, name)
    columns["gross"] = event.total
    _touch(columns, event.amended_at)


def _transacted(changes: _Changes, event: TransactionRecorded) -> None:
    if event.invoice_id:
        columns = changes.setdefault(event.invoice_id, {})
        columns["paid"] = event.invoice_paid
        _touch(columns, event.recorded_at)


def _corrected(changes: _Changes, event: TransactionCorrected) -> None:
    if event.previous_invoice_id:
        columns = changes.setdefault(event.previous_invoice_id, {})
        columns["paid"] = event.previous_invoice_paid
        _touch(columns, event.corrected_at)
    if event.invoice_id:
        columns = changes.setdefault(event.invoice_id, {})
        columns["paid"] = event.invoice_paid
        _touch(columns, event.corrected_at)


_CHANGES: dict[type[Event], Callable[[_Changes, Any], None]] = {
    CreditApplied: _credited,
    PaymentRecorded: _paid,
    InvoiceSettled: _settled,
    InvoicePublished: _published,
    InvoiceStatusChanged: _status_changed,
    InvoiceAmended: _amended,
    TransactionRecorded: _transacted,
    TransactionCorrected: _corrected,
}

PROJECTION = Projection(
    name="invoices",
    version=3,
    tables={"invoice": ("invoice_id",), "item": ("invoice_id", "item_id")},
    handles=frozenset({InvoiceIssued, AccountDeleted, *_CHANGES}),
    project=project,
    owners={
        "item": "exists (select from {schema}.invoice i where i.lane = t.lane and i.invoice_id = t.invoice_id"
        " and i.client_id = any ($3::bigint[]))"
    },
)
