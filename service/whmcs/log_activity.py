"""LogActivity: an entry for the activity log. Source: WHMCS API reference, LogActivity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from service.domain.activity import LogActivity
from service.http.values import TEXT_BYTES_MAX
from service.whmcs.action import Action, MustExist, client_is_known
from service.whmcs.fields import Fields
from service.whmcs.reading import CLIENT_NOT_FOUND, check_text, id_or, optional

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.whmcs.ports import Services


def _description(value: object) -> str:
    text = check_text(value, TEXT_BYTES_MAX, "description")
    if not text.strip():
        # WHMCS API reference, AddBillableItem; LogActivity has no text of its own for it.
        raise PydanticCustomError("description_missing", "You must provide a description")
    return text


_OPTIONAL_CLIENT = optional(id_or(*CLIENT_NOT_FOUND))


class LogActivityFields(Fields):
    """`userid` is the older name of `clientid`. Kept in clear: it must hold no personal data."""

    clientid: Annotated[int | None, _OPTIONAL_CLIENT] = None
    userid: Annotated[int | None, _OPTIONAL_CLIENT] = None
    description: Annotated[str, PlainValidator(_description)]


async def log_activity(services: Services, call: Call, fields: LogActivityFields) -> Done | Refusal:
    """Who logged it is the caller."""
    client_id = fields.clientid or fields.userid or 0
    command = LogActivity(description=fields.description)
    return await services.system.activity.log(client_id, command, call)


ACTION = Action(
    name="logactivity",
    fields=LogActivityFields,
    run=log_activity,
    is_command=True,
    answer=lambda _fields, _done: {},
    must_exist=(
        MustExist("clientid", client_is_known, *CLIENT_NOT_FOUND),
        MustExist("userid", client_is_known, *CLIENT_NOT_FOUND),
    ),
)
