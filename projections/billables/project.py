"""Billable items from facts: when one is due again, until it never is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.fact import client_of
from projections.projection import CannotApply, Projection, Write
from service.domain.billable_commands import InvoiceAction
from service.domain.events.billables import BillableItemAdded, BillableItemInvoiced
from service.domain.events.clients import AccountDeleted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.fact import Fact

_Standing = tuple[str | None, bool]
"""When it is due, "" for at once and None for not by itself; and whether it is still to be invoiced."""

_AT_ONCE = ""
_NEVER: _Standing = (None, False)
_DATED = {InvoiceAction.DUE_DATE.value, InvoiceAction.RECUR.value}


def project(facts: Sequence[Fact]) -> list[Write]:
    """New items, and the new standing of older ones."""
    added: dict[int, int] = {}
    standings: dict[int, _Standing] = {}
    for fact in facts:
        event = fact.event
        if isinstance(event, BillableItemAdded):
            if event.billable_id in standings:
                raise CannotApply(f"position {fact.position}: item {event.billable_id} is known already")
            added[event.billable_id] = client_of(fact)
            standings[event.billable_id] = _due(event), True
        elif isinstance(event, BillableItemInvoiced):
            standings[event.billable_id] = event.next_due_date or None, bool(event.next_due_date)
        elif isinstance(event, AccountDeleted):
            standings |= dict.fromkeys(event.billables, _NEVER)
    return [
        Write(
            "insert_billable", [(number, client, *standings.pop(number)) for number, client in added.items()]
        ),
        Write("update_billable", [(number, *standing) for number, standing in standings.items()]),
    ]


def _due(event: BillableItemAdded) -> str | None:
    if event.invoice_action in _DATED:
        return event.due_date
    return _AT_ONCE if event.invoice_action == InvoiceAction.NEXT_RUN.value else None


PROJECTION = Projection(
    name="billables",
    version=1,
    tables={"billable": ("billable_id",)},
    handles=frozenset({BillableItemAdded, BillableItemInvoiced, AccountDeleted}),
    project=project,
)
