"""AddCancelRequest: a client wants a service cancelled. Source: WHMCS API reference, AddCancelRequest.

`serviceid` is a service of this ledger; where a WHMCS stands behind it, that one is asked instead. A request
does what request_cancellation of Invapi does: `Immediate` ends the service at once, with the refund that is
due for it, where WHMCS waits for its next automated run. Without a `type` it is `End of Billing Period`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.domain.cancellation_commands import CancellationKind, RequestCancellation
from service.domain.refusals import Refusal, RefusalCode
from service.http.values import TEXT_BYTES_MAX, text_in
from service.whmcs.action import Action
from service.whmcs.fields import Fields
from service.whmcs.reading import id_or, text_up_to

if TYPE_CHECKING:
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

_KINDS = {kind.value.lower(): kind for kind in CancellationKind} | {"": CancellationKind.END_OF_PERIOD}


def _kind(value: object) -> CancellationKind:
    kind = _KINDS.get(text_in(value).strip().lower())
    if kind is None:
        message = "type must be Immediate or End of Billing Period"
        raise PydanticCustomError("cancellation_type_not_valid", message)
    return kind


class AddCancelRequestFields(Fields):
    """Only the service is needed."""

    serviceid: Annotated[int, PlainValidator(id_or("service_not_found", "Service ID Not Found"))]
    type: Annotated[
        CancellationKind,
        PlainValidator(_kind),
        WithJsonSchema({"type": "string", "enum": [kind.value for kind in CancellationKind]}),
    ] = CancellationKind.END_OF_PERIOD
    reason: Annotated[str, text_up_to(TEXT_BYTES_MAX, "reason")] = ""


async def add_cancel_request(
    services: Services, call: Call, fields: AddCancelRequestFields
) -> Done | Refusal:
    """Of whatever client the service is. As WHMCS does, it refuses what was asked for already."""
    requests = services.endings.requests
    client_id = await requests.owner_of(fields.serviceid)
    if client_id is None:
        return Refusal(RefusalCode.SERVICE_NOT_FOUND)
    command = RequestCancellation(
        service_id=fields.serviceid, kind=fields.type, reason=fields.reason, requested_by="admin"
    )
    outcome = await requests.execute(client_id, command, call)
    if isinstance(outcome, Refusal) or outcome.events:
        return outcome
    return Refusal(RefusalCode.CANCELLATION_EXISTS)


def _answer(fields: AddCancelRequestFields, done: Done) -> Body:
    return {"serviceid": str(fields.serviceid), "userid": done.client_id}


ACTION = Action(
    name="addcancelrequest",
    fields=AddCancelRequestFields,
    run=add_cancel_request,
    is_command=True,
    answer=_answer,
    is_about_services=True,
)
