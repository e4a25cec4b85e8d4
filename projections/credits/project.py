"""The credit log from facts: one row per movement, signed from the client's point of view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.fact import client_of
from projections.projection import Projection, Write
from service.domain.events import CreditAdded, CreditApplied, CreditRemoved
from service.domain.events.clients import AccountDeleted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.fact import Fact

_Row = tuple[int, int, str, str, int, int, int]
"""client, credit id, date, description, amount, relation id, admin id."""


def project(facts: Sequence[Fact]) -> list[Write]:
    """New rows in the order of the log; all rows of a client that is deleted go."""
    deleted = [(fact.event.client_id,) for fact in facts if isinstance(fact.event, AccountDeleted)]
    return [
        Write("insert_credit", [row for fact in facts if (row := _row(fact)) is not None]),
        Write("delete_of_client", deleted, removes=True),
    ]


def _row(fact: Fact) -> _Row | None:
    event = fact.event
    if isinstance(event, CreditAdded):
        amount, relation_id, admin_id = event.amount, event.transaction_id, event.admin_id
    elif isinstance(event, CreditRemoved):
        amount, relation_id, admin_id = -event.amount, 0, event.admin_id
    elif isinstance(event, CreditApplied):
        amount, relation_id, admin_id = -event.amount, 0, 0
    else:
        return None
    return client_of(fact), event.credit_id, event.date, event.description, amount, relation_id, admin_id


PROJECTION = Projection(
    name="credits",
    version=2,
    tables={"credit": ("client_id", "entry")},
    handles=frozenset({CreditAdded, CreditApplied, CreditRemoved, AccountDeleted}),
    project=project,
)
