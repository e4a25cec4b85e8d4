"""get_invoice: an invoice of the client with its lines and payments.

HOSTKEY documents a few keys; the others are WHMCS's GetInvoice, as known clients read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.invapi.answer import Failure, ok
from service.invapi.method import Method
from service.invapi.rows import client, invoice, item, transaction

if TYPE_CHECKING:
    from service.invapi.answer import Answer, Body
    from service.invapi.method import Asked


async def get_invoice(asked: Asked) -> Answer:
    """`customer` only where it is asked for."""
    number = asked.parameters.number("invoice_id")
    row = await asked.own_invoice(number)
    location = asked.services.options.location
    if row is None:
        raise Failure(f"invalid invoice id {number or 0} at {location}", "invoice_not_found")
    services = await asked.services.register.of_client(asked.client_id)
    body: Body = {
        "billing": location,
        **invoice(row),
        "items": {"item": [item(each, services) for each in row.items]},
        "transactions": {"transaction": [transaction(each) for each in row.transactions]},
    }
    if asked.parameters.flag("load_client_data"):
        owner = await asked.services.reader.client(asked.client_id, deadline=asked.call.deadline)
        body["customer"] = {"client": client(owner) if owner else {}}
    return ok(body)


METHOD = Method("get_invoice", get_invoice)
