"""Transactions from facts: payments of gateways, and what was told by hand and corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from projections.fact import client_of
from projections.projection import Projection, Write
from service.domain.events import PaymentRecorded, TransactionCorrected, TransactionRecorded
from service.domain.events.clients import AccountDeleted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.fact import Fact

_Columns = dict[str, Any]

_FIXED = ("client_id",)
_VARIABLE = (
    *("invoice_id", "currency", "currency_id", "gateway", "date", "description"),
    *("amount_in", "fees", "amount_out", "rate", "reference", "refund_id"),
)
"""In the order of the statements' arguments."""

NOBODY = 0
"""The client of transactions that belong to no client."""
RATE_ONE = 100_000
"""Payments of a gateway come in the client's currency."""


def project(facts: Sequence[Fact]) -> list[Write]:
    """New transactions as they stand at the end of the batch, and what was corrected of older ones.

    Those of a deleted client stay, unless it was deleted with them; then their numbers stay.
    """
    recorded: dict[int, _Columns] = {}
    corrected: dict[int, _Columns] = {}
    deleted: list[tuple[int]] = []
    for fact in facts:
        event = fact.event
        if isinstance(event, PaymentRecorded):
            recorded[event.transaction_id] = _paid(event, client_of(fact))
        elif isinstance(event, TransactionRecorded):
            recorded[event.transaction_id] = _told(event, fact)
        elif isinstance(event, TransactionCorrected):
            columns = recorded.get(event.transaction_id)
            if columns is None:
                columns = corrected.setdefault(event.transaction_id, {})
            columns |= _said(event)
        elif isinstance(event, AccountDeleted) and event.with_transactions:
            deleted.append((event.client_id,))
    return [
        Write(
            "insert_transaction",
            [
                (number, *[row[name] for name in _FIXED], *[row[name] for name in _VARIABLE])
                for number, row in recorded.items()
            ],
        ),
        Write(
            "update_transaction",
            [(number, *[row.get(name) for name in _VARIABLE]) for number, row in corrected.items()],
        ),
        Write("keep_references", deleted, removes=True),
        Write("delete_of_client", deleted, removes=True),
    ]


def _paid(event: PaymentRecorded, client_id: int) -> _Columns:
    """Nothing goes out and nothing is refunded by a payment."""
    return {
        "client_id": client_id,
        "invoice_id": event.invoice_id,
        "currency": event.currency,
        "currency_id": 0,
        "gateway": event.gateway,
        "date": event.date,
        "description": event.description,
        "amount_in": event.amount,
        "fees": event.fees,
        "amount_out": 0,
        "rate": RATE_ONE,
        "reference": event.reference,
        "refund_id": 0,
    }


def _told(event: TransactionRecorded, fact: Fact) -> _Columns:
    columns = {name: getattr(event, name) for name in _VARIABLE}
    return {"client_id": NOBODY if event.currency_id else client_of(fact), **columns}


def _said(event: TransactionCorrected) -> _Columns:
    said = {name: getattr(event, name) for name in _VARIABLE}
    return {name: value for name, value in said.items() if value is not None}


PROJECTION = Projection(
    name="transactions",
    version=3,
    tables={"transaction": ("transaction_id",), "used_reference": ("client_id", "reference")},
    handles=frozenset({PaymentRecorded, TransactionRecorded, TransactionCorrected, AccountDeleted}),
    project=project,
)
