"""GetTransactions: money that moved, by client, invoice or the gateway's number.

Source: WHMCS API reference, GetTransactions. Conditions that are empty do not count; all may be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from service.http.values import REFERENCE_BYTES_MAX, read_id
from service.whmcs.action import Action, Reply, found
from service.whmcs.pages import PageFields, transaction, whole
from service.whmcs.reading import optional, text_up_to

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call
    from service.whmcs.ports import Services

_NOBODY = -1
"""Not 0: that is what transactions without an invoice or a client have there."""


def _number(value: object) -> int:
    # There is no documented error: what numbers nothing matches nothing, rather than everything.
    return read_id(value) or _NOBODY


class GetTransactionsFields(PageFields):
    """Every condition is optional."""

    invoiceid: Annotated[int | None, optional(_number)] = None
    clientid: Annotated[int | None, optional(_number)] = None
    transid: Annotated[str, text_up_to(REFERENCE_BYTES_MAX, "transid")] = ""


async def get_transactions(services: Services, call: Call, fields: GetTransactionsFields) -> Reply | Refusal:
    """`numreturned` is an integer because a client library adds it up; no rows are an empty list."""
    page = await services.reader.transactions(
        client_id=fields.clientid,
        invoice_id=fields.invoiceid,
        reference=fields.transid.strip() or None,
        start=fields.start,
        limit=fields.limit(services.options),
        date_from=fields.datefrom,
        date_to=fields.dateto,
        deadline=call.deadline,
    )
    rows = whole(page, fields, services.options)
    return found(
        {
            "totalresults": page.total,
            "startnumber": fields.start,
            "numreturned": len(rows),
            "transactions": {"transaction": [transaction(row) for row in rows]},
        }
    )


ACTION = Action(name="gettransactions", fields=GetTransactionsFields, run=get_transactions, is_command=False)
