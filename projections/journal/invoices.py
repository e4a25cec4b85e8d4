"""Where invoices stand within one batch: what its events told so far, None for what only the table knows.

The events of an invoice are turned into steps, from a standing to a standing; what a step posts is worked
out where the table is (`insert_step.sql`). Only `project` imports this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from projections.projection import Write
from service.domain.invoice_state import ADD_FUNDS, MASS_PAYMENT, OPEN
from service.domain.invoice_status import InvoiceStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.domain.events import InvoiceAmended, InvoiceIssued, InvoiceItem

Columns = tuple[str | None, int | None, int | None, int | None, int | None, int, int, str]
"""Status, subtotal, both taxes, what is due, what was paid back and what lines give as credit since the batch
began, and the lines of before that no longer count, with commas."""

NOTHING: Columns = ("", 0, 0, 0, 0, 0, 0, "")
"""Before there is an invoice."""
_OPEN = frozenset(status.value for status in OPEN)
_BECOME_CREDIT = (ADD_FUNDS, MASS_PAYMENT)


class Standing:
    """One invoice; `issued` holds client and currency if it was issued in this batch."""

    __slots__ = ("_gone", "_lines", "due", "is_open", "issued", "paid_back", "status", "sums")

    def __init__(self) -> None:
        self.issued: tuple[int, str] | None = None
        self.status: str | None = None
        self.is_open = False
        """Whether it is known to be one that something may be owed on."""
        self.sums: tuple[int | None, int | None, int | None] = (None, None, None)
        self.due: int | None = None
        self.paid_back = 0
        self._lines: dict[int, int] = {}
        self._gone: set[int] = set()

    def columns(self) -> Columns:
        """As it stands now."""
        lines = sum(self._lines.values()) if self._lines else 0
        gone = ",".join(map(str, sorted(self._gone))) if self._gone else ""
        return (self.status, *self.sums, self.due, self.paid_back, lines, gone)

    def issue(self, event: InvoiceIssued, client_id: int) -> None:
        """It begins."""
        self.issued = (client_id, event.currency)
        self.become(event.status)
        self.sums = (event.subtotal, event.tax, event.tax2)
        self.due = event.total
        self._put(event.items)

    def amend(self, event: InvoiceAmended) -> None:
        """Its sums and lines are others."""
        self.sums = (event.subtotal, event.tax, event.tax2)
        self.due = event.invoice_due
        gone = [item.item_id for item in event.changed_items]
        gone += event.removed_items
        for item_id in gone:
            self._lines.pop(item_id, None)
        self._gone.update(gone)
        self._put((*event.changed_items, *event.added_items))

    def become(self, status: str) -> None:
        """It is in this status from now on."""
        self.status = status
        self.is_open = status in _OPEN

    def settle(self) -> bool:
        """It became Paid; whether that may move something: not if nothing was due any more."""
        is_plain = self.is_open and self.due == 0
        self.become(InvoiceStatus.PAID.value)
        return not is_plain

    def _put(self, items: Iterable[InvoiceItem]) -> None:
        for item in items:
            if item.amount > 0 and item.kind in _BECOME_CREDIT:
                self._lines[item.item_id] = item.amount

    @property
    def lines(self) -> dict[int, int]:
        """New lines that become credit, with their amounts."""
        return self._lines

    @property
    def gone(self) -> set[int]:
        """Lines of before that changed or are no more."""
        return self._gone


class Standings:
    """All invoices that a batch touches."""

    def __init__(self) -> None:
        self._by_number: dict[int, Standing] = {}

    def of(self, invoice_id: int) -> Standing:
        """The invoice, of which nothing may be known yet."""
        standing = self._by_number.get(invoice_id)
        if standing is None:
            standing = self._by_number[invoice_id] = Standing()
        return standing

    def knows(self, invoice_id: int) -> bool:
        """Whether the batch touched it before."""
        return invoice_id in self._by_number

    def writes(self) -> list[Write]:
        """How they stand in the end."""
        issued: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        gone: list[tuple[int, int]] = []
        lines: list[tuple[int, int, int]] = []
        for number, each in self._by_number.items():
            stands = (each.status, *each.sums, each.due, each.paid_back)
            if each.issued is None:
                changed.append((number, *stands))
                gone += [(number, item_id) for item_id in sorted(each.gone)]
            else:
                issued.append((number, *each.issued, *stands))
            lines += [(number, item_id, amount) for item_id, amount in each.lines.items()]
        return [
            Write("insert_standing", issued),
            Write("update_standing", changed),
            Write("delete_line", gone, removes=True),
            Write("insert_line", lines),
        ]
