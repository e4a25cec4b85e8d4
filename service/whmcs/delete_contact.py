"""DeleteContact: a contact is gone. Source: WHMCS API reference, DeleteContact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.refusals import Refusal
from service.whmcs.action import Action, Reply, recorded
from service.whmcs.fields import ContactId, Fields

if TYPE_CHECKING:
    from service.handling.answers import Call
    from service.whmcs.ports import Services


class DeleteContactFields(Fields):
    """Which one."""

    contactid: ContactId


async def delete_contact(services: Services, call: Call, fields: DeleteContactFields) -> Reply | Refusal:
    """`contactid` comes back as text."""
    done = await services.clients.accounts.remove_contact(fields.contactid, call)
    return done if isinstance(done, Refusal) else recorded(done, {"contactid": str(fields.contactid)})


ACTION = Action(name="deletecontact", fields=DeleteContactFields, run=delete_contact, is_command=True)
