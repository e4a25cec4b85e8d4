"""Billable items of an account: what is still to be invoiced, and the decisions to add and to invoice it.

Pure; the account keeps the state, `decide` and `account` import this. An item is due on its day, or from the
start (`nextcron`); one for the next invoice comes along with others; the rest waits. Source: WHMCS API
reference, AddBillableItem; lines are of the kind `Item`.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from service.domain.billable_commands import InvoiceAction, RecurCycle
from service.domain.commands import IssueInvoice, NewItem
from service.domain.events.billables import BillableItemAdded, BillableItemInvoiced
from service.domain.invoice_status import InvoiceStatus
from service.domain.invoicing import issue_invoice
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import Decision, Refusal, RefusalCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.account import AccountState
    from service.domain.billable_commands import AddBillableItem, InvoiceBillableItems
    from service.domain.commands import Offer
    from service.domain.events import Event

ITEM = "Item"
"""The kind of an invoice line that bills an item; its relation is the item's number."""
CLOSED = "Closed"
"""The status of an account that nothing more is invoiced to."""

_MONTHS = {RecurCycle.MONTHS: 1, RecurCycle.YEARS: 12}
_DAYS = {RecurCycle.DAYS: 1, RecurCycle.WEEKS: 7}


@dataclass(slots=True)
class BillableItem:
    """An item that is not on its last invoice yet."""

    description: str
    amount: int
    invoice_action: InvoiceAction
    first_due_date: str
    """Months are counted from it, so that a 31st stays one where there is one."""
    due_date: str
    recur: int
    recur_cycle: str
    recur_for: int
    invoice_count: int = 0


def add_billable_item(state: AccountState, command: AddBillableItem, offer: Offer) -> Decision:
    """`billable_item.added`; CLIENT_NOT_FOUND."""
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    return (
        BillableItemAdded(
            billable_id=offer.billable,
            description=command.description,
            amount=command.amount,
            currency=state.currency,
            unit=command.unit,
            quantity=command.quantity,
            invoice_action=command.invoice_action.value,
            due_date=command.due_date,
            recur=command.recur,
            recur_cycle=command.recur_cycle.value if command.recur_cycle else "",
            recur_for=command.recur_for,
            date=offer.now[:10],
        ),
    )


def invoice_billable_items(state: AccountState, command: InvoiceBillableItems, offer: Offer) -> Decision:
    """`invoice.issued` with what credit does to it, and `billable_item.invoiced` for each of its lines.

    CLIENT_NOT_FOUND, NOTHING_DUE. What does not fit stays due, for the next invoice: so an invoice is never
    refused for being too large, and no item can keep those behind it from being invoiced.
    """
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    today = offer.now[:10]
    due = dict(_fitting(_due(state, today), command))
    if not due:
        return Refusal(RefusalCode.NOTHING_DUE)
    days = [item.due_date for item in due.values() if item.due_date]
    issued = issue_invoice(
        state,
        IssueInvoice(
            status=InvoiceStatus.UNPAID,
            items=tuple(
                NewItem(description=item.description, amount=item.amount, kind=ITEM, relation_id=number)
                for number, item in due.items()
            ),
            due_date=max(today, min(days)) if days else None,
            due_days=command.due_days,
            default_payment_method=command.default_payment_method,
            auto_apply_credit=True,
            notify=command.notify,
        ),
        offer,
    )
    if not isinstance(issued, tuple):
        return issued
    return (*issued, *(_invoiced(number, item, offer.invoice) for number, item in due.items()))


def _due(state: AccountState, today: str) -> list[tuple[int, BillableItem]]:
    """What is due, in the order of its coming; nothing if all of it waits for other things."""
    if state.status == CLOSED:
        return []
    due = [(number, item) for number, item in state.billables.items() if is_due(item, today)]
    if not due:
        return []
    along = InvoiceAction.NEXT_INVOICE
    return due + [pair for pair in state.billables.items() if pair[1].invoice_action is along]


def _fitting(
    due: list[tuple[int, BillableItem]], command: InvoiceBillableItems
) -> list[tuple[int, BillableItem]]:
    """As many from the front as one invoice takes: lines, bytes of text, and a sum within AMOUNT_MAX.

    At least one: no item's own amount passes AMOUNT_MAX.
    """
    amount = text_bytes = 0
    for count, (_, item) in enumerate(due[: command.lines_max]):
        amount += item.amount
        text_bytes += len(item.description.encode())
        if count and (abs(amount) > AMOUNT_MAX or text_bytes > command.text_bytes_max):
            return due[:count]
    return due[: command.lines_max]


def is_due(item: BillableItem, today: str) -> bool:
    """Whether it is to be invoiced by itself."""
    if item.invoice_action in {InvoiceAction.DUE_DATE, InvoiceAction.RECUR}:
        return item.due_date <= today
    return item.invoice_action is InvoiceAction.NEXT_RUN


def _invoiced(number: int, item: BillableItem, invoice_id: int) -> BillableItemInvoiced:
    count = item.invoice_count + 1
    recurs = item.invoice_action is InvoiceAction.RECUR and count < item.recur_for
    return BillableItemInvoiced(
        billable_id=number,
        invoice_id=invoice_id,
        amount=item.amount,
        invoice_count=count,
        next_due_date=later(item.first_due_date, count * item.recur, RecurCycle(item.recur_cycle))
        if recurs
        else "",
    )


def later(day: str, count: int, cycle: RecurCycle) -> str:
    """`count` of `cycle` after `day`, at the end of shorter months; the last day the calendar has at most."""
    start = date.fromisoformat(day)
    try:
        if cycle in _DAYS:
            return (start + timedelta(days=count * _DAYS[cycle])).isoformat()
        year, month = divmod(start.year * 12 + start.month - 1 + count * _MONTHS[cycle], 12)
        return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])).isoformat()
    except (OverflowError, ValueError):
        return date.max.isoformat()


def _added(state: AccountState, event: BillableItemAdded) -> None:
    state.billables[event.billable_id] = BillableItem(
        description=event.description,
        amount=event.amount,
        invoice_action=InvoiceAction(event.invoice_action),
        first_due_date=event.due_date,
        due_date=event.due_date,
        recur=event.recur,
        recur_cycle=event.recur_cycle,
        recur_for=event.recur_for,
    )


def _was_invoiced(state: AccountState, event: BillableItemInvoiced) -> None:
    if not event.next_due_date:
        del state.billables[event.billable_id]
        return
    item = state.billables[event.billable_id]
    item.due_date = event.next_due_date
    item.invoice_count = event.invoice_count


BILLABLES: dict[type[Event], Callable[[AccountState, Any], None]] = {
    BillableItemAdded: _added,
    BillableItemInvoiced: _was_invoiced,
}
"""How these events change an account."""


def billable_row(number: int, item: BillableItem) -> list[Any]:
    """The item as plain JSON values."""
    return [
        number,
        item.description,
        item.amount,
        item.invoice_action.value,
        item.first_due_date,
        item.due_date,
        item.recur,
        item.recur_cycle,
        item.recur_for,
        item.invoice_count,
    ]


def billable_from(row: list[Any]) -> tuple[int, BillableItem]:
    """What `billable_row` wrote."""
    number, *values = row
    item = BillableItem(*values)
    return number, replace(item, invoice_action=InvoiceAction(item.invoice_action))
