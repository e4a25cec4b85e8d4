"""get_contacts: the client's contacts.

HOSTKEY's contacts may have permissions, and `email` asks which contact has them. Contacts of this ledger
cannot log in: `permissions` is empty, and `email` finds those with this address.
`permission_contacts_granted` is about whoever asks, who has the client's own key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.invapi.answer import Failure, ok
from service.invapi.method import Method
from service.invapi.rows import contact

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked


async def get_contacts(asked: Asked) -> Answer:
    """With `full` everything that is known of them."""
    if not await asked.services.ledger.client_exists(asked.client_id):
        raise Failure("fail to get contacts list", "client_not_found")
    email = asked.parameters.text("email")
    page = await asked.services.reader.contacts(
        client_id=asked.client_id,
        matching={"email": email} if email else {},
        start=0,
        limit=asked.services.options.rows_max,
        deadline=asked.call.deadline,
    )
    if page.total > len(page.rows):
        raise Failure("fail to get contacts list", "too_many_rows")
    is_full = asked.parameters.flag("full")
    return ok(
        {
            "permission_contacts_granted": True,
            "contacts": [contact(row, full=is_full) for row in page.rows],
        }
    )


METHOD = Method("get_contacts", get_contacts)
