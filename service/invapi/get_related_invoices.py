"""get_related_invoices, and get_product_invoice that one known client calls: invoices about one service.

It is named by its server (`id`) or by its own number (`account_id`, or `product` as get_product_invoice calls
it). An invoice is about it by a line of the type `Hosting` with this number as `relid`, whoever made that
line. The success is this project's choice, made of what that client reads.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from service.domain.services import HOSTING
from service.handling.service_register import service_with
from service.invapi.answer import Failure, ok
from service.invapi.method import Method
from service.invapi.rows import invoice
from service.invapi.wording import NOT_LINKED

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked

INVOICES_MAX = 500
"""The newest: forty years of monthly ones."""
_KEYS = ("id", "invoiceid", "status", "total", "balance", "date", "duedate", "currencycode")


async def get_related_invoices(asked: Asked) -> Answer:
    """Oldest first."""
    ledger, reader = asked.services.ledger, asked.services.reader
    services = await asked.services.register.of_client(asked.client_id)
    service_id = asked.parameters.number("account_id", "product") or 0
    server_id = asked.parameters.number("id") or 0
    if not service_id:
        service_id = service_with(services, server_id)
    numbers = await ledger.invoices_about(asked.client_id, HOSTING, service_id) if service_id else ()
    if not numbers and service_id not in services:
        raise Failure(NOT_LINKED.format(service_id or server_id), "service_not_found")
    rows = await asyncio.gather(
        *(reader.invoice(number, deadline=asked.call.deadline) for number in numbers[-INVOICES_MAX:])
    )
    told = [invoice(row) for row in rows if row is not None]
    return ok({"invoices": [{key: each[key] for key in _KEYS} for each in told]})


METHOD = Method("get_related_invoices", get_related_invoices)
PRODUCT_METHOD = Method("get_product_invoice", get_related_invoices)
