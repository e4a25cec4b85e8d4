"""Billable items of an account: what is still to be invoiced, and the decision to add it.

Pure; the account keeps the state, `decide`, `account` and `generation` import this. An item is due on its
day, or from the start (`nextcron`); one for the next invoice comes along with others; the rest waits. Source:
WHMCS API reference, AddBillableItem; lines are of the kind `Item`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from service.domain.billable_commands import InvoiceAction, RecurCycle
from service.domain.commands import NewItem
from service.domain.due_dates import later
from service.domain.dues import Due
from service.domain.events.billables import BillableItemAdded, BillableItemInvoiced
from service.domain.refusals import Decision, Refusal, RefusalCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.account import AccountState
    from service.domain.billable_commands import AddBillableItem
    from service.domain.commands import Offer
    from service.domain.events import Event

ITEM = "Item"
"""The kind of an invoice line that bills an item; its relation is the item's number."""


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


def items_due(state: AccountState, today: str) -> list[Due]:
    """What is to be invoiced by itself, in the order of its coming."""
    return [_due(number, item) for number, item in state.billables.items() if is_due(item, today)]


def items_along(state: AccountState) -> list[Due]:
    """What is to be invoiced with whatever comes next."""
    along = InvoiceAction.NEXT_INVOICE
    return [_due(number, item) for number, item in state.billables.items() if item.invoice_action is along]


def _due(number: int, item: BillableItem) -> Due:
    return Due(
        NewItem(description=item.description, amount=item.amount, kind=ITEM, relation_id=number),
        item.due_date,
        lambda invoice_id: _invoiced(number, item, invoice_id),
    )


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
