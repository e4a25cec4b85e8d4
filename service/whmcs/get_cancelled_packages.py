"""GetCancelledPackages: requests to cancel services. Source: WHMCS API reference, GetCancelledPackages.

Those of this ledger's own services, carried out or not, but for those that were withdrawn; where a WHMCS
stands behind it, that one is asked. `id` is the position of the request's event in the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.whmcs.action import Action, Reply, found
from service.whmcs.fields import Count, Fields
from service.whmcs.pages import LIMIT_DEFAULT, check_rows

if TYPE_CHECKING:
    from projections.views import CancellationRow
    from service.handling.answers import Call
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


class GetCancelledPackagesFields(Fields):
    """The slice of the list."""

    limitstart: Count = None
    limitnum: Count = None


async def get_cancelled_packages(services: Services, call: Call, fields: GetCancelledPackagesFields) -> Reply:
    """Nested, as live servers send it; the documented sample is flattened."""
    limit = fields.limitnum or LIMIT_DEFAULT
    page = await services.endings.reader.cancellations(
        client_id=None,
        start=fields.limitstart or 0,
        limit=min(limit, services.options.rows_max),
        deadline=call.deadline,
    )
    check_rows(page, limit, services.options)
    return found(
        {
            "totalresults": page.total,
            "startnumber": page.start,
            "numreturned": len(page.rows),
            "packages": {"package": [_row(row) for row in page.rows]},
        }
    )


def _row(row: CancellationRow) -> Body:
    return {
        "id": row.position,
        "date": row.requested_at,
        "relid": row.service_id,
        "reason": row.reason or "",
        "type": row.kind,
        "created_at": row.requested_at,
        "updated_at": row.changed_at,
    }


ACTION = Action(
    name="getcancelledpackages",
    fields=GetCancelledPackagesFields,
    run=get_cancelled_packages,
    is_command=False,
    is_about_services=True,
)
