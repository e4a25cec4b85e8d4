"""get_client: who the client is, and its credit.

HOSTKEY documents `OK` as the result; its own reseller module takes only `success`, which the operator can
choose. What `full` adds (contacts, group) is documented without a shape: that is this project's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.invapi.answer import Answer, Failure
from service.invapi.get_clientgroups import group
from service.invapi.method import Method
from service.invapi.rows import client, contact

if TYPE_CHECKING:
    from projections.views import ClientRow
    from service.invapi.answer import Body
    from service.invapi.method import Asked


async def get_client(asked: Asked) -> Answer:
    """The token's client, whatever the request says."""
    options = asked.services.options
    row = await asked.services.reader.client(asked.client_id, deadline=asked.call.deadline)
    if row is None:
        text = f"Request failed for {asked.client_id}@{options.location}: client not found"
        raise Failure(text, "client_not_found")
    told = client(row)
    body: Body = {
        "result": options.client_result,
        "action": "get_client",
        "client": told,
        "billing_location": options.location,
        "internal": {"id": row.client_id, "email": told["email"], "active_since": row.opened_on},
        "groupdata": None,
    }
    if asked.parameters.flag("full"):
        body |= await _more(asked, row)
    return Answer(body)


async def _more(asked: Asked, row: ClientRow) -> Body:
    groups = (await asked.services.configuration.current()).groups
    page = await asked.services.reader.contacts(
        client_id=asked.client_id,
        matching={},
        start=0,
        limit=asked.services.options.rows_max,
        deadline=asked.call.deadline,
    )
    known = groups.get(row.group_id)
    return {
        "groupdata": None if known is None else group(known),
        "contacts": [contact(each, full=True) for each in page.rows],
    }


METHOD = Method("get_client", get_client)
