"""Services from facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from projections.fact import client_of
from projections.projection import CannotApply, Projection, Write
from service.domain.events.clients import AccountDeleted
from service.domain.events.services import (
    ServiceChanged,
    ServiceRegistered,
    ServiceRenewalInvoiced,
    ServiceRenewed,
)
from service.domain.services import CHANGEABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.fact import Fact

_Columns = dict[str, Any]

_UPDATED = (*CHANGEABLE, "renewal_invoice")
_INSERTED = (
    *("client_id", "server_id", "order_id", "kind", "product", "label", "cycle", "price", "setup_fee"),
    *(
        "paid_before",
        "currency",
        "registration_date",
        "next_due_date",
        "status",
        "has_licence",
        "traffic_exceeded",
    ),
    *("location", "hardware", "renewal_invoice"),
)
"""In the order of the statements' arguments."""


def project(facts: Sequence[Fact]) -> list[Write]:
    """One row per service of the accounts that are there."""
    registered: dict[int, _Columns] = {}
    changed: dict[int, _Columns] = {}
    deleted: list[tuple[int]] = []
    for fact in facts:
        event = fact.event
        if isinstance(event, ServiceRegistered):
            if event.service_id in registered or event.service_id in changed:
                raise CannotApply(f"position {fact.position}: service {event.service_id} is known already")
            columns = {name: getattr(event, name, None) for name in _INSERTED}
            registered[event.service_id] = columns | {"client_id": client_of(fact), "renewal_invoice": 0}
        elif isinstance(event, AccountDeleted):
            deleted.append((event.client_id,))
        elif isinstance(event, ServiceChanged | ServiceRenewalInvoiced | ServiceRenewed):
            columns = registered.get(event.service_id) or changed.setdefault(event.service_id, {})
            columns |= _changes(event)
    return [
        Write("insert_service", [_row(number, columns, _INSERTED) for number, columns in registered.items()]),
        Write("update_service", [_row(number, columns, _UPDATED) for number, columns in changed.items()]),
        Write("delete_of_client", deleted, removes=True),
    ]


def _changes(event: ServiceChanged | ServiceRenewalInvoiced | ServiceRenewed) -> _Columns:
    if isinstance(event, ServiceRenewalInvoiced):
        return {"renewal_invoice": event.invoice_id}
    if isinstance(event, ServiceRenewed):
        return {"next_due_date": event.next_due_date, "renewal_invoice": 0}
    return dict(event.changes)


def _row(service_id: int, columns: _Columns, names: tuple[str, ...]) -> tuple[Any, ...]:
    return (service_id, *[_value(columns.get(name)) for name in names])


def _value(column: Any) -> Any:
    return orjson.dumps(column).decode() if isinstance(column, list | tuple) else column


PROJECTION = Projection(
    name="services",
    version=1,
    tables={"service": ("service_id",)},
    handles=frozenset(
        {ServiceRegistered, ServiceChanged, ServiceRenewalInvoiced, ServiceRenewed, AccountDeleted}
    ),
    project=project,
)
