"""AddContact: somebody else to write to at a client. Source: WHMCS API reference, AddContact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.client_commands import AddContact
from service.domain.events.clients import ContactAdded
from service.whmcs.action import Action, MustExist, client_is_known
from service.whmcs.contact_fields import ContactFields
from service.whmcs.fields import ClientId, Fields
from service.whmcs.person_fields import profile_of
from service.whmcs.reading import CLIENT_NOT_FOUND

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

WARNING = "Sub Accounts are no longer supported. Please use AddUser and CreateClientInvite"


class _ClientFields(Fields):
    clientid: ClientId


class AddContactFields(ContactFields, _ClientFields):
    """The client's number stands first (bases count from the last), so it is the first to be wrong."""


async def add_contact(services: Services, call: Call, fields: AddContactFields) -> Done | Refusal:
    """A contact that is asked for as a sub-account must have an address of its own."""
    return await services.clients.accounts.add_contact(
        fields.clientid,
        AddContact(profile=profile_of(fields), flags=fields.mail_flags),
        call,
        is_unique=fields.is_subaccount,
    )


def _answer(fields: AddContactFields, done: Done) -> Body:
    """`contactid` is an integer, as other new numbers are; the documented sample has it as text."""
    added = next(event for event in done.events if isinstance(event, ContactAdded))
    body = {"contactid": added.contact_id}
    return body | {"warning": WARNING} if fields.is_subaccount else body


ACTION = Action(
    name="addcontact",
    fields=AddContactFields,
    run=add_contact,
    is_command=True,
    answer=_answer,
    must_exist=(MustExist("clientid", client_is_known, *CLIENT_NOT_FOUND),),
)
