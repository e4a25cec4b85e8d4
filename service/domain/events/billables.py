"""Facts about billable items: work or goods that an invoice is still to be made of."""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class BillableItemAdded(Event):
    """`amount` is to be invoiced, when and how often `invoice_action` says."""

    TYPE = "billable_item.added"
    COUNTER = "billable"
    billable_id: int
    description: str
    amount: int
    currency: str
    unit: str
    """`hours` or `quantity`."""
    quantity: int
    """Hundredths of a unit; `amount` is for all of them."""
    invoice_action: str
    """`noinvoice`, `nextcron`, `nextinvoice`, `duedate` or `recur`."""
    due_date: str
    """First due date of `duedate` and `recur`, else ""."""
    recur: int
    """How many of `recur_cycle` lie between two due dates, 0 if it does not recur."""
    recur_cycle: str
    """`Days`, `Weeks`, `Months` or `Years`, else ""."""
    recur_for: int
    """How many invoices it is to be on, 0 if it does not recur."""
    date: str


@value(kw_only=True)
class BillableItemInvoiced(Event):
    """The item is a line of this invoice."""

    TYPE = "billable_item.invoiced"
    billable_id: int
    invoice_id: int
    amount: int
    invoice_count: int
    """On how many invoices it is by now."""
    next_due_date: str
    """When it is due again, "" if it never is."""


BILLABLE_EVENTS: tuple[type[Event], ...] = (BillableItemAdded, BillableItemInvoiced)
