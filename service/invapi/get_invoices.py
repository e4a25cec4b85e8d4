"""get_invoices: the client's invoices, without their lines.

WHMCS's GetInvoices with `success` and `invoices.invoice`, as HOSTKEY's terraform provider reads it. All of
them, unless `limitnum` says less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.invapi.answer import Answer, Failure
from service.invapi.method import Method
from service.invapi.rows import invoice
from service.invapi.wording import CLIENT_NOT_FOUND

if TYPE_CHECKING:
    from service.invapi.method import Asked


async def get_invoices(asked: Asked) -> Answer:
    """By number; `totalresults` is how many there are, `numreturned` how many of these are told."""
    rows_max = asked.services.options.rows_max
    if not await asked.services.ledger.client_exists(asked.client_id):
        raise Failure(_failed(CLIENT_NOT_FOUND), "client_not_found")
    wanted = asked.parameters.count("limitnum")
    page = await asked.services.reader.invoices(
        client_id=asked.client_id,
        status=None,
        due_before=None,
        order_by="id",
        descending=False,
        start=asked.parameters.count("limitstart"),
        limit=min(wanted or rows_max, rows_max),
        deadline=asked.call.deadline,
    )
    if min(wanted or page.total, page.total - page.start) > rows_max:
        text = f"more than {rows_max} invoices; ask for fewer with limitstart and limitnum"
        raise Failure(_failed(text), "too_many_rows")
    return Answer(
        {
            "result": "success",
            "totalresults": page.total,
            "startnumber": page.start,
            "numreturned": len(page.rows),
            "invoices": {"invoice": [invoice(row.invoice) for row in page.rows]},
        }
    )


def _failed(text: str) -> str:
    return f"failed to retrive invoices: {text}"


METHOD = Method("get_invoices", get_invoices)
