"""GetClientGroups: the groups that clients may belong to. Source: WHMCS API reference, GetClientGroups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.whmcs.action import Action, Reply, found
from service.whmcs.encoder import money
from service.whmcs.fields import Fields

if TYPE_CHECKING:
    from service.handling.answers import Call
    from service.whmcs.ports import Services


async def get_client_groups(services: Services, call: Call, fields: Fields) -> Reply:
    """Yes is `on` and no is empty, as documented."""
    del call, fields
    rows = (await services.system.configuration.current()).groups.values()
    groups = [
        {
            "id": row.group_id,
            "groupname": row.name,
            "groupcolour": row.colour,
            "discountpercent": money(row.discount),
            "susptermexempt": _on(row.suspension_exempt),
            "separateinvoices": _on(row.separate_invoices),
        }
        for row in rows
    ]
    return found({"totalresults": len(groups), "groups": {"group": groups}})


def _on(value: bool) -> str:
    return "on" if value else ""


ACTION = Action(name="getclientgroups", fields=Fields, run=get_client_groups, is_command=False)
