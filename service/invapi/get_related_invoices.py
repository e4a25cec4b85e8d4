"""get_related_invoices, and get_product_invoice that one known client calls: invoices about one account.

An account is WHMCS's hosting account, of which this ledger knows only what invoices say: the `relid` of lines
of the type `Hosting`. It knows no servers, so none is linked. The success is this project's choice, made of
what that client reads.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from service.invapi.answer import Failure, ok
from service.invapi.method import Method
from service.invapi.rows import invoice

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked

HOSTING = "Hosting"
INVOICES_MAX = 500
"""The newest: forty years of monthly ones."""
_KEYS = ("id", "invoiceid", "status", "total", "balance", "date", "duedate", "currencycode")


async def get_related_invoices(asked: Asked) -> Answer:
    """By `account_id`, or `product` as get_product_invoice names it; a server, `id`, is never known."""
    account_id = asked.parameters.number("account_id", "product")
    ledger, reader = asked.services.ledger, asked.services.reader
    numbers = await ledger.invoices_about(asked.client_id, HOSTING, account_id) if account_id else ()
    if not numbers:
        server = account_id or asked.parameters.number("id") or 0
        raise Failure(f"server {server} are not linked to the billing", "service_not_found")
    rows = await asyncio.gather(
        *(reader.invoice(number, deadline=asked.call.deadline) for number in numbers[-INVOICES_MAX:])
    )
    told = [invoice(row) for row in rows if row is not None]
    return ok({"invoices": [{key: each[key] for key in _KEYS} for each in told]})


METHOD = Method("get_related_invoices", get_related_invoices)
PRODUCT_METHOD = Method("get_product_invoice", get_related_invoices)
