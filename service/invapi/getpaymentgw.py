"""getpaymentgw: how an invoice of the client can be paid. Source: HOSTKEY, whmcs.php.

`call` is a URL or HTML, as documented. Every gateway that the operator added is told: by a payment link of
this service, where there are links; else by the provider's page, where it has one; else by name, with the sum
and the number to quote. `banktransfer` is always text, with the bank details if there are any.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from service.domain.invoice_status import InvoiceStatus
from service.invapi.answer import Failure, ok
from service.invapi.method import Method
from service.invapi.rows import money
from service.invapi.wording import INVOICE_NOT_FOUND, INVOICE_NOT_UNPAID

if TYPE_CHECKING:
    from projections.views import InvoiceRow
    from service.domain.gateways import Gateway
    from service.handling.payment_links import PaymentLinks
    from service.invapi.answer import Answer
    from service.invapi.method import Asked

BANK_TRANSFER = "banktransfer"


async def getpaymentgw(asked: Asked) -> Answer:
    """Only for an invoice that is Unpaid."""
    row = await asked.own_invoice(asked.parameters.number("invoice_id"))
    if row is None:
        raise Failure(_failed(INVOICE_NOT_FOUND), "invoice_not_found")
    if row.status != InvoiceStatus.UNPAID:
        raise Failure(_failed(INVOICE_NOT_UNPAID), "invoice_not_unpaid")
    gateways = (await asked.services.configuration.current()).gateways.values()
    details = asked.services.options.seller.bank_details
    methods = {gateway.name: {"call": _call(asked.services.links, gateway, row)} for gateway in gateways}
    if details:
        methods[BANK_TRANSFER] = {"call": _bank_transfer(details, row)}
    return ok({"methods": methods})


def _call(links: PaymentLinks | None, gateway: Gateway, row: InvoiceRow) -> str:
    told = f"<span>{escape(gateway.display_name)}: {_what(row)}</span>"
    if gateway.name.casefold() == BANK_TRANSFER:
        return told
    if links is not None:
        return links.make(row.invoice_id, gateway.name)
    return gateway.page_for(row.invoice_id, money(row.total - row.paid), row.currency) or told


def _bank_transfer(details: str, row: InvoiceRow) -> str:
    text = "<p data-intl='please_wire_funds_in_favor'>Please wire funds in favor of: </p>"
    lines = "<br>".join(map(escape, details.splitlines()))
    return f"<span style='text-align:left'>{text}{lines}<p>{_what(row)}</p></span>"


def _what(row: InvoiceRow) -> str:
    return f"{money(row.total - row.paid)} {escape(row.currency)}, Invoice #{row.invoice_id}"


def _failed(text: str) -> str:
    return f"failed to retrive payment gw list: {text}"


METHOD = Method("getpaymentgw", getpaymentgw)
