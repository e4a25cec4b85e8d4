"""Gateway transactions from facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.fact import client_of
from projections.projection import Projection, Write
from service.domain.events import PaymentRecorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.fact import Fact


def project(facts: Sequence[Fact]) -> list[Write]:
    """One row per payment; nothing goes out and nothing is refunded by a payment."""
    return [
        Write(
            "insert_transaction",
            [
                (
                    event.transaction_id,
                    client_of(fact),
                    event.invoice_id,
                    event.currency,
                    event.gateway,
                    event.date,
                    event.description,
                    event.amount,
                    event.fees,
                    0,
                    event.reference,
                    0,
                )
                for fact in facts
                if isinstance(event := fact.event, PaymentRecorded)
            ],
        )
    ]


PROJECTION = Projection(
    name="transactions",
    version=1,
    tables={"transaction": ("transaction_id",)},
    handles=frozenset({PaymentRecorded}),
    project=project,
)
