"""What the read models of invoices and transactions would show of events in memory: the real code folds them.

All events go through a projection as one batch, so that everything in it is inserted as it stands at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from projections.fact import Fact
from projections.invoices import project as invoices
from projections.transactions import project as transactions
from projections.views import InvoiceRow, ItemRow, TransactionRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from projections.projection import Write
    from service.domain.events import Event


_INVOICE = ("invoice_id", *invoices._FIXED, *invoices._VARIABLE)  # noqa: SLF001 -- the order of the rows
_TRANSACTION = ("transaction_id", *transactions._FIXED, *transactions._VARIABLE)  # noqa: SLF001 -- as above
_ITEM = ("invoice_id", "item_id", "kind", "relation_id", "description", "amount", "taxed")


def invoice_rows(streams: Mapping[int, Sequence[Event]]) -> list[InvoiceRow]:
    """Every invoice with its lines and transactions, by number."""
    writes = _by_statement(invoices.project(_facts(streams)))
    paid = transaction_rows(streams)
    rows = []
    for values in _dicts(_INVOICE, writes["insert_invoice"]):
        number = values["invoice_id"]
        items = [item for item in _dicts(_ITEM, writes["insert_item"]) if item.pop("invoice_id") == number]
        rows.append(
            InvoiceRow(
                **{name: value for name, value in values.items() if name != "gross"},
                total=values["gross"] - values["credit"],
                items=tuple(ItemRow(**item) for item in sorted(items, key=lambda item: int(item["item_id"]))),
                transactions=tuple(row for row in paid if row.invoice_id == number),
            )
        )
    return sorted(rows, key=lambda row: row.invoice_id)


def transaction_rows(streams: Mapping[int, Sequence[Event]]) -> list[TransactionRow]:
    """Every transaction by number."""
    writes = _by_statement(transactions.project(_facts(streams)))
    rows = [TransactionRow(**values) for values in _dicts(_TRANSACTION, writes["insert_transaction"])]
    return sorted(rows, key=lambda row: row.transaction_id)


def _facts(streams: Mapping[int, Sequence[Event]]) -> list[Fact]:
    pairs = [(number, event) for number, events in streams.items() for event in events]
    return [
        Fact(event, position, f"account-{number}" if number else "house")
        for position, (number, event) in enumerate(pairs, 1)
    ]


def _by_statement(writes: Sequence[Write]) -> dict[str, Sequence[tuple[Any, ...]]]:
    return {write.statement: write.rows for write in writes}


def _dicts(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]
