"""What can be asked about billable items, as `commands` has the rest of an account's."""

from __future__ import annotations

from enum import Enum

from service.domain.values import value


class InvoiceAction(Enum):
    """When a billable item is invoiced. The values stand in events."""

    NO_INVOICE = "noinvoice"
    """Not until somebody says so."""
    NEXT_RUN = "nextcron"
    NEXT_INVOICE = "nextinvoice"
    """Together with whatever else is invoiced next."""
    DUE_DATE = "duedate"
    RECUR = "recur"


class RecurCycle(Enum):
    """The unit of the time between two due dates. The values stand in events."""

    DAYS = "Days"
    WEEKS = "Weeks"
    MONTHS = "Months"
    YEARS = "Years"


@value(kw_only=True)
class AddBillableItem:
    """Keep something to be invoiced. Fields as in `BillableItemAdded`; `amount` may be negative."""

    description: str
    amount: int
    unit: str
    quantity: int = 0
    invoice_action: InvoiceAction = InvoiceAction.NO_INVOICE
    due_date: str = ""
    recur: int = 0
    recur_cycle: RecurCycle | None = None
    recur_for: int = 0


@value(kw_only=True)
class InvoiceDue:
    """Make invoices of what is due: one of billable items, one for each day on which services are due.

    An invoice is due when its earliest item is, else after `due_days`; credit pays for it as far as there is
    some. `default_payment_method` is for clients who have none. What does not fit is left for the next time.
    """

    lines_max: int
    """Of all invoices together; the first one alone may be of so many."""
    text_bytes_max: int
    """Bytes of UTF-8 in all descriptions of an invoice together; the first line may have more."""
    invoices_max: int = 1
    renew_until: str = ""
    """The last day on which services may be due that are renewed; "" renews none."""
    service_ids: tuple[int, ...] | None = None
    """Only these services, whenever they are due, and no items."""
    due_days: int = 0
    default_payment_method: str = ""
    notify: bool = True
