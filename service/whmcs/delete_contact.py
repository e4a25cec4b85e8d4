"""DeleteContact: a contact is gone. Source: WHMCS API reference, DeleteContact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.whmcs.action import Action
from service.whmcs.fields import ContactId, Fields

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


class DeleteContactFields(Fields):
    """Which one."""

    contactid: ContactId


async def delete_contact(services: Services, call: Call, fields: DeleteContactFields) -> Done | Refusal:
    """Of whatever client."""
    return await services.clients.accounts.remove_contact(fields.contactid, call)


def _answer(fields: DeleteContactFields, _: Done) -> Body:
    """`contactid` comes back as text."""
    return {"contactid": str(fields.contactid)}


ACTION = Action(
    name="deletecontact", fields=DeleteContactFields, run=delete_contact, is_command=True, answer=_answer
)
