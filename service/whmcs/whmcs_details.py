"""WhmcsDetails: the WHMCS whose protocol this service speaks. Source: WHMCS API reference, WhmcsDetails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.whmcs.action import Action, Reply, found
from service.whmcs.encoding.xml import WHMCS_VERSION
from service.whmcs.fields import Fields

if TYPE_CHECKING:
    from service.handling.answers import Call
    from service.whmcs.ports import Services


async def whmcs_details(services: Services, call: Call, fields: Fields) -> Reply:
    """Not the version of this service: client libraries decide by it what they may ask for."""
    del services, call, fields
    version = {"version": WHMCS_VERSION, "canonicalversion": f"{WHMCS_VERSION}-release.1"}
    return found({"whmcs": version})


ACTION = Action(name="whmcsdetails", fields=Fields, run=whmcs_details, is_command=False)
