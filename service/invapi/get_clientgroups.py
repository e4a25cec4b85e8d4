"""get_clientgroups: the groups that clients may belong to.

The success is not documented; the keys are those of WHMCS's GetClientGroups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.invapi.answer import REFUSED, ok
from service.invapi.method import Method
from service.invapi.rows import money

if TYPE_CHECKING:
    from service.domain.events.config import ClientGroupAdded
    from service.invapi.answer import Answer, Body
    from service.invapi.method import Asked


async def get_clientgroups(asked: Asked) -> Answer:
    """All that the operator made."""
    groups = (await asked.services.configuration.current()).groups.values()
    return ok({"totalresults": len(groups), "groups": {"group": [group(each) for each in groups]}})


def group(row: ClientGroupAdded) -> Body:
    """A group; yes is `on` and no is empty, as WHMCS documents."""
    return {
        "id": row.group_id,
        "groupname": row.name,
        "groupcolour": row.colour,
        "discountpercent": money(row.discount),
        "susptermexempt": "on" if row.suspension_exempt else "",
        "separateinvoices": "on" if row.separate_invoices else "",
    }


METHOD = Method("get_clientgroups", get_clientgroups, no_token=(REFUSED, "Invalid token or access denied"))
