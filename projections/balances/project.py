"""Balances from facts: credit events carry the resulting balance, so the last one of a batch wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.fact import client_of
from projections.projection import CannotApply, Projection, Write
from service.domain.events import AccountOpened, CreditAdded, CreditApplied, CreditRemoved
from service.domain.events.clients import AccountDeleted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.fact import Fact


def project(facts: Sequence[Fact]) -> list[Write]:
    """One row per client that was opened or whose credit moved, and was not deleted."""
    opened: dict[int, str] = {}
    balances: dict[int, int] = {}
    deleted: list[tuple[int]] = []
    for fact in facts:
        event = fact.event
        if isinstance(event, (CreditAdded, CreditApplied, CreditRemoved)):
            balances[client_of(fact)] = event.balance
        elif isinstance(event, AccountOpened):
            if event.client_id in opened or event.client_id in balances:
                raise CannotApply(f"position {fact.position}: client {event.client_id} is known already")
            opened[event.client_id] = event.currency
        elif isinstance(event, AccountDeleted):
            deleted.append((event.client_id,))
    return [
        Write(
            "insert_balance",
            [(client, currency, balances.pop(client, 0)) for client, currency in opened.items()],
        ),
        Write("update_balance", list(balances.items())),
        Write("delete_balance", deleted),
    ]


PROJECTION = Projection(
    name="balances",
    version=2,
    tables={"balance": ("client_id",)},
    handles=frozenset({AccountOpened, CreditAdded, CreditApplied, CreditRemoved, AccountDeleted}),
    project=project,
)
