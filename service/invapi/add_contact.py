"""add_contact: somebody else to write to at the client.

With `type` 0 the contact is made of `profile_data`, all of it as documented. Without a type a known client
sends nothing at all, and HOSTKEY makes a random contact: here its address ends in `.invalid`, where no mail
goes, until update_contact gives it a better one. Contacts cannot log in: passwords are checked, not kept.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from service.domain.client_commands import AddContact
from service.domain.events.clients import ContactAdded
from service.invapi.answer import Failure
from service.invapi.method import Method
from service.invapi.parameters import Parameters
from service.invapi.person import NEEDED, NotValid, has_two_passwords, profile_of
from service.invapi.wording import answered

if TYPE_CHECKING:
    from service.domain.events import Profile
    from service.handling.answers import Done
    from service.invapi.answer import Answer, Body
    from service.invapi.method import Asked

FILL = ("fill_required_fields", "fields_missing")
"""The documented text, and the reason for the log."""


async def add_contact(asked: Asked) -> Answer:
    """`clientid` is the client's number, as one reads HOSTKEY's sample; `contactid` stands beside it."""
    given = asked.parameters.within("profile_data") or Parameters({})
    if asked.parameters.text("type") == "0":
        if not all(given.text(name) for name in NEEDED) or not has_two_passwords(given):
            raise Failure(*FILL)
        profile = _profile(given)
    else:
        profile = {
            "first_name": "Contact",
            "last_name": "",
            "email": f"contact-{secrets.token_hex(8)}@contact.invalid",
            **_profile(given),
        }
    outcome = await asked.services.accounts.add_contact(
        asked.client_id, AddContact(profile=profile), asked.call, is_unique=False
    )

    def body(done: Done) -> Body:
        added = next(event for event in done.events if isinstance(event, ContactAdded))
        told = added.profile or {}
        return {
            "clientid": asked.client_id,
            "contactid": added.contact_id,
            "firstname": told.get("first_name", ""),
            "lastname": told.get("last_name", ""),
            "email": told.get("email", ""),
        }

    return answered(outcome, body)


def _profile(given: Parameters) -> Profile:
    try:
        return profile_of(given)
    except NotValid as wrong:
        if str(wrong).endswith("empty"):
            raise Failure(*FILL) from wrong
        raise Failure(str(wrong), "profile_not_valid") from wrong


METHOD = Method("add_contact", add_contact, is_command=True)
