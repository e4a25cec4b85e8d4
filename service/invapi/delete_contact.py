"""delete_contact: one of the client's contacts is gone. The success is this project's choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.invapi.answer import Failure
from service.invapi.method import Method
from service.invapi.update_contact import NOT_FOUND
from service.invapi.wording import answered

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked


async def delete_contact(asked: Asked) -> Answer:
    """Another client's contact is not found, as one that never was."""
    contact_id = asked.parameters.number("contact_id")
    if contact_id is None or not await asked.owns_contact(contact_id):
        raise Failure(*NOT_FOUND)
    outcome = await asked.services.accounts.remove_contact(contact_id, asked.call)
    return answered(outcome, lambda _: {"contactid": contact_id}, lambda _: NOT_FOUND[0])


METHOD = Method("delete_contact", delete_contact, is_command=True)
