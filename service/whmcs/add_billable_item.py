"""AddBillableItem: something that is to be invoiced later. Source: WHMCS API reference, AddBillableItem.

The documented sample answers with `status`; live servers send `result`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from service.domain.billable_commands import AddBillableItem, InvoiceAction, RecurCycle
from service.domain.events.billables import BillableItemAdded
from service.http.values import NAME_BYTES_MAX, TEXT_BYTES_MAX, read_id, text_in
from service.whmcs.action import Action, MustExist, client_is_known
from service.whmcs.amounts import NO_AMOUNT, read_signed_amount
from service.whmcs.fields import FieldError, Fields
from service.whmcs.reading import check_text, id_or, optional, read_date, text_up_to

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

CLIENT_NOT_FOUND = ("client_not_found", "Client ID not Found")
"""The reference writes "not" with a small letter for this action."""
RECUR_MAX = 1000
"""Cycles between two due dates, and invoices."""

_ACTIONS = {action.value: action for action in InvoiceAction}
_CYCLES = {cycle.value.lower(): cycle for cycle in RecurCycle}
_DATED = {InvoiceAction.DUE_DATE, InvoiceAction.RECUR}


def _description(value: object) -> str:
    text = check_text(value, TEXT_BYTES_MAX, "description")
    if not text.strip():
        raise PydanticCustomError("description_missing", "You must provide a description")
    return text


def _action(value: object) -> InvoiceAction:
    action = _ACTIONS.get(text_in(value).strip().lower() or InvoiceAction.NO_INVOICE.value)
    if action is None:
        raise PydanticCustomError("invoice_action_not_valid", "Invalid Invoice Action")
    return action


def _amount(value: object) -> int:
    if not text_in(value).strip():
        raise PydanticCustomError(*NO_AMOUNT)
    return read_signed_amount(value)


_Quantity = Annotated[int | None, optional(read_signed_amount)]
_Text = Annotated[str, text_up_to(NAME_BYTES_MAX, "text")]


class AddBillableItemFields(Fields):
    """`hours` is what `quantity` was called before there were units; without either it is 0."""

    clientid: Annotated[int, PlainValidator(id_or(*CLIENT_NOT_FOUND))]
    description: Annotated[str, PlainValidator(_description)]
    invoiceaction: Annotated[InvoiceAction, PlainValidator(_action)] = InvoiceAction.NO_INVOICE
    recur: _Text = ""
    recurcycle: _Text = ""
    recurfor: _Text = ""
    unit: _Text = ""
    duedate: _Text = ""
    amount: Annotated[int, PlainValidator(_amount)]
    quantity: _Quantity = None
    hours: _Quantity = None


async def add_billable_item(services: Services, call: Call, fields: AddBillableItemFields) -> Done | Refusal:
    """Nothing is invoiced before GenInvoices is called."""
    return await services.system.billing.add(fields.clientid, _command(fields), call)


def _answer(_: AddBillableItemFields, done: Done) -> Body:
    added = next(event for event in done.events if isinstance(event, BillableItemAdded))
    return {"billableid": added.billable_id}


def _command(fields: AddBillableItemFields) -> AddBillableItem:
    """Looks at what depends on other fields, in the order of the documented errors. Raises FieldError."""
    recur, recur_for, cycle = 0, 0, None
    if fields.invoiceaction is InvoiceAction.RECUR:
        recur, recur_for = _count(fields.recur), _count(fields.recurfor)
        cycle = _CYCLES.get(fields.recurcycle.strip().lower())
        if not (recur and recur_for and cycle):
            message = "Recurring must have a unit, cycle and limit"
            raise FieldError("recur", "recurrence_missing", message)
    is_dated = fields.invoiceaction in _DATED
    if is_dated and not fields.duedate.strip():
        raise FieldError("duedate", "due_date_missing", "Due date is required")
    unit = fields.unit.strip().lower() or ("hours" if fields.hours else "quantity")
    if unit not in {"hours", "quantity"}:
        message = "Invalid Unit, please specify either 'hours' or 'quantity'"
        raise FieldError("unit", "unit_not_valid", message)
    return AddBillableItem(
        description=fields.description,
        amount=fields.amount,
        unit=unit,
        quantity=fields.quantity or fields.hours or 0,
        invoice_action=fields.invoiceaction,
        due_date=_day(fields.duedate) if is_dated else "",
        recur=recur,
        recur_cycle=cycle,
        recur_for=recur_for,
    )


def _count(text: str) -> int:
    """From 1 to RECUR_MAX, else 0."""
    number = read_id(text) or 0
    return number if number <= RECUR_MAX else 0


def _day(text: str) -> str:
    try:
        return read_date(text)
    except PydanticCustomError:
        message = "Invalid Date Format - Expected: 'YYYY-mm-dd'"
        raise FieldError("duedate", "date_not_valid", message) from None


ACTION = Action(
    name="addbillableitem",
    fields=AddBillableItemFields,
    run=add_billable_item,
    is_command=True,
    answer=_answer,
    must_exist=(MustExist("clientid", client_is_known, *CLIENT_NOT_FOUND),),
)
