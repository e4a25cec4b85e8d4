"""What an invoice is to be made of by itself: billable items and the next periods of services, side by side.

Pure; `billables` and `renewals` tell what is due, `generation` makes invoices of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from service.domain.commands import IssueInvoice, NewItem
from service.domain.events.services import ServiceRenewalInvoiced
from service.domain.invoice_status import InvoiceStatus
from service.domain.invoicing import issued_event, pay_from_credit
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.domain.account import AccountState
    from service.domain.commands import Offer
    from service.domain.events.billables import BillableItemInvoiced
    from service.domain.posting import Posting


class Due(NamedTuple):
    """One line of an invoice to come."""

    line: NewItem
    day: str
    """When it is due, "" for no matter when."""
    invoiced: Callable[[int], BillableItemInvoiced | ServiceRenewalInvoiced]
    """The event that it is on the invoice with this number."""


class How(NamedTuple):
    """What invoices that are made by themselves have in common; see `InvoiceDue`."""

    default_payment_method: str
    due_days: int = 0
    notify: bool = True


def fitting(dues: Sequence[Due], lines_max: int, text_bytes_max: int) -> Sequence[Due]:
    """As many from the front as one invoice takes: lines, bytes of text, and a sum within AMOUNT_MAX.

    At least one: no line's own amount passes AMOUNT_MAX.
    """
    amount = text_bytes = 0
    for count, due in enumerate(dues[:lines_max]):
        amount += due.line.amount
        text_bytes += len(due.line.description.encode())
        if count and (abs(amount) > AMOUNT_MAX or text_bytes > text_bytes_max):
            return dues[:count]
    return dues[:lines_max]


def invoice_them(
    posting: Posting, state: AccountState, dues: Sequence[Due], how: How, offer: Offer
) -> Refusal | None:
    """One invoice of these, due on the first of their days but not before today; credit pays for it."""
    today, days = offer.now[:10], [due.day for due in dues if due.day]
    command = IssueInvoice(
        status=InvoiceStatus.UNPAID,
        items=tuple([due.line for due in dues]),
        due_date=max(today, min(days)) if days else None,
        due_days=how.due_days,
        default_payment_method=how.default_payment_method,
        notify=how.notify,
    )
    issued = issued_event(state, command, offer)
    if isinstance(issued, Refusal):
        return issued
    posting.issue(issued)
    later = []
    for due in dues:
        event = due.invoiced(issued.invoice_id)
        if isinstance(event, ServiceRenewalInvoiced):
            posting.renew(event)  # before the payment, which renews what it is for
        else:
            later.append(event)
    pay_from_credit(posting, issued)
    for event in later:
        posting.record(event)
    return None
