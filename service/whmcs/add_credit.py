"""AddCredit: credit is given to a client, or taken back, by hand. Source: WHMCS API reference, AddCredit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from service.domain import commands
from service.domain.events import CreditAdded, CreditRemoved
from service.http.values import TEXT_BYTES_MAX, text_in
from service.whmcs.action import Action, MustExist, admin_is_known, client_is_known
from service.whmcs.encoder import money
from service.whmcs.fields import ClientId, CreditAmount, FieldError, Fields, OptionalDate
from service.whmcs.reading import ADMIN_NOT_FOUND, CLIENT_NOT_FOUND, id_or, optional, text_up_to

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


def _direction(value: object) -> str:
    text = text_in(value).strip().lower() or "add"
    if text not in {"add", "remove"}:
        raise PydanticCustomError("type_not_valid", "Type can only be add or remove")
    return text


class AddCreditFields(Fields):
    """In the order of the documented errors."""

    type: Annotated[Literal["add", "remove"], PlainValidator(_direction)] = "add"
    clientid: ClientId
    adminid: Annotated[int | None, optional(id_or(*ADMIN_NOT_FOUND))] = None
    amount: CreditAmount
    date: OptionalDate = None
    description: Annotated[str, text_up_to(TEXT_BYTES_MAX, "description")] = ""
    """Documented as required, but no error is: without it the text is empty."""


async def add_credit(services: Services, call: Call, fields: AddCreditFields) -> Done | Refusal:
    """Added or removed in the name of an admin, who is the caller's unless it says otherwise."""
    admin_id = fields.adminid or call.admin_id
    if admin_id != call.admin_id and not await services.ledger.admin_exists(admin_id):
        raise FieldError("adminid", *ADMIN_NOT_FOUND)
    kind = commands.AddCredit if fields.type == "add" else commands.RemoveCredit
    command = kind(amount=fields.amount, description=fields.description, date=fields.date, admin_id=admin_id)
    return await services.ledger.on_client(fields.clientid, command, call)


def _answer(_: AddCreditFields, done: Done) -> Body:
    """`newbalance` is documented as a float, but the documented sample is a text; `creditid` is our own."""
    event = next(event for event in done.events if isinstance(event, CreditAdded | CreditRemoved))
    return {"newbalance": money(event.balance), "creditid": event.credit_id}


ACTION = Action(
    name="addcredit",
    fields=AddCreditFields,
    run=add_credit,
    is_command=True,
    answer=_answer,
    must_exist=(
        MustExist("clientid", client_is_known, *CLIENT_NOT_FOUND),
        MustExist("adminid", admin_is_known, *ADMIN_NOT_FOUND),
    ),
)
