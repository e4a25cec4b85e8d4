"""DeleteClient: the client is gone, its personal data erased for good.

With it go its contacts, its credit, its invoices and what was to be invoiced. Its transactions are kept
unless `deletetransactions`. Users are no records of their own here: `deleteusers` changes nothing.
Source: WHMCS API reference, DeleteClient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.whmcs.action import Action
from service.whmcs.fields import ClientId, Fields, Flag

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


class DeleteClientFields(Fields):
    """In the documented order."""

    clientid: ClientId
    deleteusers: Flag = False
    deletetransactions: Flag = False


async def delete_client(services: Services, call: Call, fields: DeleteClientFields) -> Done | Refusal:
    """Gone for good."""
    return await services.clients.accounts.delete(
        fields.clientid, call, with_transactions=fields.deletetransactions
    )


def _answer(fields: DeleteClientFields, _: Done) -> Body:
    """`clientid` comes back as text."""
    return {"clientid": str(fields.clientid)}


ACTION = Action(
    name="deleteclient", fields=DeleteClientFields, run=delete_client, is_command=True, answer=_answer
)
