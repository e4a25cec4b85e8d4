"""The lines of invoices within one batch: what is new, what changed on older ones, and what is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from projections.projection import Write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.domain.events import InvoiceAmended, InvoiceItem

_Key = tuple[int, int]
"""Invoice and item."""


class Items:
    """Collects the changes of a batch; every line is in one statement at most."""

    def __init__(self) -> None:
        self._added: dict[_Key, InvoiceItem] = {}
        self._changed: dict[_Key, InvoiceItem] = {}
        self._removed: list[_Key] = []

    def add(self, invoice_id: int, items: Iterable[InvoiceItem]) -> None:
        """New lines of an invoice."""
        for item in items:
            self._added[invoice_id, item.item_id] = item

    def amend(self, event: InvoiceAmended) -> None:
        """New, changed and removed lines."""
        self.add(event.invoice_id, event.added_items)
        for item in event.changed_items:
            key = (event.invoice_id, item.item_id)
            (self._added if key in self._added else self._changed)[key] = item
        for item_id in event.removed_items:
            key = (event.invoice_id, item_id)
            self._changed.pop(key, None)
            if self._added.pop(key, None) is None:
                self._removed.append(key)

    def writes(self) -> list[Write]:
        """The statements, in an order in which none depends on another."""
        return [
            Write("insert_item", [_row(*pair) for pair in self._added.items()]),
            Write("update_item", [_row(*pair) for pair in self._changed.items()]),
            Write("delete_item", self._removed),
        ]


def _row(key: _Key, item: InvoiceItem) -> tuple[Any, ...]:
    return (*key, item.kind, item.relation_id, item.description, item.amount, item.taxed)
