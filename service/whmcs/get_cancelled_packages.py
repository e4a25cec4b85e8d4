"""GetCancelledPackages: requests to cancel services. Source: WHMCS API reference, GetCancelledPackages.

This ledger holds no services, so the list is empty; where a WHMCS stands behind it, that one is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.whmcs.action import Action, Reply, found
from service.whmcs.fields import Count, Fields

if TYPE_CHECKING:
    from service.handling.answers import Call
    from service.whmcs.ports import Services


class GetCancelledPackagesFields(Fields):
    """The slice of the list."""

    limitstart: Count = None
    limitnum: Count = None


async def get_cancelled_packages(services: Services, call: Call, fields: GetCancelledPackagesFields) -> Reply:
    """Nested, as live servers send it; the documented sample is flattened."""
    del services, call
    return found(
        {
            "totalresults": 0,
            "startnumber": fields.limitstart or 0,
            "numreturned": 0,
            "packages": {"package": []},
        }
    )


ACTION = Action(
    name="getcancelledpackages",
    fields=GetCancelledPackagesFields,
    run=get_cancelled_packages,
    is_command=False,
    is_about_services=True,
)
