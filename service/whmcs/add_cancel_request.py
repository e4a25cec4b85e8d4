"""AddCancelRequest: a client wants a service cancelled. Source: WHMCS API reference, AddCancelRequest.

This ledger holds no services, so none is found; where a WHMCS stands behind it, that one is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from service.http.values import NAME_BYTES_MAX, TEXT_BYTES_MAX
from service.whmcs.action import Action, Reply, refused
from service.whmcs.fields import Fields
from service.whmcs.reading import text_up_to

if TYPE_CHECKING:
    from service.handling.answers import Call
    from service.whmcs.ports import Services


class AddCancelRequestFields(Fields):
    """Whatever is asked for, there is no such service."""

    serviceid: Annotated[str, text_up_to(NAME_BYTES_MAX, "serviceid")] = ""
    type: Annotated[str, text_up_to(NAME_BYTES_MAX, "type")] = ""
    reason: Annotated[str, text_up_to(TEXT_BYTES_MAX, "reason")] = ""


async def add_cancel_request(services: Services, call: Call, fields: AddCancelRequestFields) -> Reply:
    """Nothing is recorded: a request about nothing is no fact."""
    del services, call, fields
    return refused("service_not_found", "Service ID Not Found")


ACTION = Action(
    name="addcancelrequest",
    fields=AddCancelRequestFields,
    run=add_cancel_request,
    is_command=True,
    is_about_services=True,
)
