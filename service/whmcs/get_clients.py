"""GetClients: a page of clients, all or those that match. Source: WHMCS API reference, GetClients.

There is no documented error: a status that is none matches nothing, an order that is none is the default one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator

from service.domain.clients import STATUSES
from service.http.values import NAME_BYTES_MAX, text_in
from service.whmcs.action import Action, Reply, found
from service.whmcs.fields import Count, Fields
from service.whmcs.pages import LIMIT_DEFAULT, check_rows
from service.whmcs.reading import check_text

if TYPE_CHECKING:
    from projections.views import ListedClient
    from service.handling.answers import Call
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

_ORDERS = {
    "id": "id",
    "firstname": "first_name",
    "lastname": "last_name",
    "companyname": "company_name",
    "email": "email",
    "groupid": "group_id",
    "datecreated": "opened_on",
    "status": "status",
}
_ORDER_DEFAULT = "first_name"
"""Not documented; the documented sample is in this order."""
_STATUSES = {status.lower(): status for status in STATUSES}


def _lower(value: object) -> str:
    return text_in(value).strip().lower()


def _search(value: object) -> str:
    return check_text(value, NAME_BYTES_MAX, "search").strip()


class GetClientsFields(Fields):
    """Every condition is optional. Zero and junk count as not given."""

    search: Annotated[str, PlainValidator(_search)] = ""
    status: Annotated[str, PlainValidator(_lower)] = ""
    orderby: Annotated[str, PlainValidator(_lower)] = ""
    sorting: Annotated[str, PlainValidator(_lower)] = ""
    limitstart: Count = None
    limitnum: Count = None


async def get_clients(services: Services, call: Call, fields: GetClientsFields) -> Reply:
    """The three counts are integers; no clients are an empty list."""
    limit = fields.limitnum or LIMIT_DEFAULT
    page = await services.clients.reader.clients(
        begins_with=fields.search or None,
        status=_STATUSES.get(fields.status, fields.status) or None,
        order_by=_ORDERS.get(fields.orderby, _ORDER_DEFAULT),
        is_descending=fields.sorting == "desc",
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
            "clients": {"client": [_row(row) for row in page.rows]},
        }
    )


def _row(row: ListedClient) -> Body:
    profile = row.profile
    return {
        "id": row.client_id,
        "firstname": profile.get("first_name", ""),
        "lastname": profile.get("last_name", ""),
        "companyname": profile.get("company_name", ""),
        "email": profile.get("email", ""),
        "datecreated": row.opened_on,
        "groupid": row.group_id,
        "status": row.status,
    }


ACTION = Action(name="getclients", fields=GetClientsFields, run=get_clients, is_command=False)
