"""GetCredits: a client's credit log, oldest first. Source: WHMCS API reference, GetCredits.

The reference shows flattened keys (`credits[credit][0][id]`); live servers nest, and so does this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.refusals import Refusal, RefusalCode
from service.whmcs.action import Action, MustExist, Reply, client_is_known, found
from service.whmcs.encoder import money
from service.whmcs.fields import ClientId, Fields
from service.whmcs.pages import PageFields, whole
from service.whmcs.reading import CLIENT_NOT_FOUND

if TYPE_CHECKING:
    from projections.views import CreditRow
    from service.handling.answers import Call
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


class _ClientFields(Fields):
    clientid: ClientId


class GetCreditsFields(PageFields, _ClientFields):
    """The client's number stands first (bases count from the last), so it is the first to be wrong."""


async def get_credits(services: Services, call: Call, fields: GetCreditsFields) -> Reply | Refusal:
    """`clientid` comes back as text; `startnumber` and `numreturned` only where a slice was asked for."""
    page = await services.reader.credits(
        fields.clientid,
        start=fields.start,
        limit=fields.limit(services.options),
        date_from=fields.datefrom,
        date_to=fields.dateto,
        deadline=call.deadline,
    )
    if page is None:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    rows = whole(page, fields, services.options)
    body: Body = {
        "totalresults": page.total,
        "clientid": str(fields.clientid),
        "credits": {"credit": [_credit(row) for row in rows]},
    }
    if fields.limitstart or fields.limitnum:
        body |= {"startnumber": fields.start, "numreturned": len(rows)}
    return found(body)


def _credit(row: CreditRow) -> Body:
    return {
        "id": row.credit_id,
        "date": row.date,
        "description": row.description,
        "amount": money(row.amount),
        "relid": row.relation_id,
    }


ACTION = Action(
    name="getcredits",
    fields=GetCreditsFields,
    run=get_credits,
    is_command=False,
    must_exist=(MustExist("clientid", client_is_known, *CLIENT_NOT_FOUND),),
)
