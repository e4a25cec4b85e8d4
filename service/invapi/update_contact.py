"""update_contact: changes what is given of one of the client's contacts.

Documented with an array `params`, of which address and first name are required; a known client sends the
parameters flat and only what changes. A phone number is kept, but is no second factor here. The success, and
the text for a contact that is not there, are this project's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.client_commands import ChangeContact
from service.invapi.add_contact import FILL
from service.invapi.answer import Failure
from service.invapi.method import Method
from service.invapi.person import NEEDED, NotValid, has_two_passwords, profile_of
from service.invapi.wording import answered

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked

NOT_FOUND = ("verification failed, subcontact not found", "contact_not_found")


async def update_contact(asked: Asked) -> Answer:
    """Two passwords that differ change nothing; equal ones are not kept."""
    nested = asked.parameters.within("params")
    given = nested or asked.parameters
    contact_id = given.number("contact_id")
    if contact_id is None or (nested and not all(nested.text(name) for name in NEEDED)):
        raise Failure(*FILL)
    if not await asked.owns_contact(contact_id):
        raise Failure(*NOT_FOUND)
    if given.has("password1") and not has_two_passwords(given):
        raise Failure("passwords do not match", "passwords_differ")
    try:
        profile = profile_of(given)
    except NotValid as wrong:
        if str(wrong).endswith("empty"):
            raise Failure(*FILL) from wrong
        raise Failure(str(wrong), "profile_not_valid") from wrong
    command = ChangeContact(contact_id=contact_id, profile=profile)
    outcome = await asked.services.accounts.change_contact(command, asked.call)
    return answered(outcome, lambda _: {"contactid": contact_id})


METHOD = Method("update_contact", update_contact, is_command=True)
