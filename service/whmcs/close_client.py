"""CloseClient: the client is Closed, its Unpaid invoices Cancelled.

Source: WHMCS API reference, CloseClient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.whmcs.action import Action
from service.whmcs.fields import ClientId, Fields

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


class CloseClientFields(Fields):
    """There are products to cancel in WHMCS, but not in this ledger."""

    clientid: ClientId


async def close_client(services: Services, call: Call, fields: CloseClientFields) -> Done | Refusal:
    """Closed whatever its status was."""
    return await services.clients.accounts.close(fields.clientid, call)


def _answer(fields: CloseClientFields, _: Done) -> Body:
    """`clientid` is documented as an answer, though the documented sample does not have it."""
    return {"clientid": str(fields.clientid)}


ACTION = Action(
    name="closeclient", fields=CloseClientFields, run=close_client, is_command=True, answer=_answer
)
