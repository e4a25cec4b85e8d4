"""UpdateContact: changes what is given of a contact. Source: WHMCS API reference, UpdateContact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.client_commands import ChangeContact
from service.whmcs.action import Action
from service.whmcs.contact_fields import ContactFields
from service.whmcs.fields import ContactId, Fields
from service.whmcs.person_fields import profile_of

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

WARNING = "Sub Accounts are no longer supported. Please use UpdateUser"


class _ContactId(Fields):
    contactid: ContactId


class UpdateContactFields(ContactFields, _ContactId):
    """The contact's number stands first (bases count from the last), so it is the first to be wrong."""


async def update_contact(services: Services, call: Call, fields: UpdateContactFields) -> Done | Refusal:
    """Of whatever client."""
    command = ChangeContact(
        contact_id=fields.contactid,
        profile=profile_of(fields),
        claims_email=fields.is_subaccount,
        flags=fields.mail_flags,
    )
    return await services.clients.accounts.change_contact(command, call)


def _answer(fields: UpdateContactFields, _: Done) -> Body:
    """`contactid` comes back as text."""
    body = {"contactid": str(fields.contactid)}
    return body | {"warning": WARNING} if fields.is_subaccount else body


ACTION = Action(
    name="updatecontact", fields=UpdateContactFields, run=update_contact, is_command=True, answer=_answer
)
