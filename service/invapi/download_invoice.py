"""download_invoice: an invoice of the client as PDF, or as proforma invoice. Source: HOSTKEY, whmcs.php.

Documented is "a PDF in base64", without the name of its key: the JSON is this project's choice. With
`viewpdf` comes the PDF itself, to be shown (1) or saved (0).
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from service.invapi.answer import Answer, Failure, File, ok
from service.invapi.method import Method
from service.paper.document import invoice_document
from service.paper.printer import TooLarge

if TYPE_CHECKING:
    from service.invapi.method import Asked
    from service.paper.document import Document

CONTENT_TYPE = "application/pdf"


async def download_invoice(asked: Asked) -> Answer:
    """In whatever status the invoice is."""
    invoice_id = asked.parameters.number("invoice_id")
    is_proforma = asked.parameters.flag("proforma_invoice")
    document = await _document(asked, invoice_id, is_proforma=is_proforma)
    if document is None:
        raise Failure("Invalid invoice id or invalid billing location", "invoice_not_found")
    try:
        pdf = await asked.services.printer.pdf(document, asked.call.deadline)
    except TooLarge:
        raise Failure(f"Invoice #{invoice_id} is too large for a PDF", "pdf_too_large") from None
    name = f"{'Proforma' if is_proforma else 'Invoice'}-{invoice_id}.pdf"
    if asked.parameters.text("viewpdf"):
        is_inline = asked.parameters.flag("viewpdf")
        return Answer({}, file=File(content=pdf, content_type=CONTENT_TYPE, name=name, is_inline=is_inline))
    return ok(
        {
            "invoice_id": invoice_id,
            "filename": name,
            "content_type": CONTENT_TYPE,
            "pdf": b64encode(pdf).decode(),
        }
    )


async def _document(asked: Asked, invoice_id: int | None, *, is_proforma: bool) -> Document | None:
    services = asked.services
    invoice = await asked.own_invoice(invoice_id)
    client = await services.reader.client(asked.client_id, deadline=asked.call.deadline)
    if invoice is None or client is None:
        return None
    configuration = await services.configuration.current()
    return invoice_document(
        invoice,
        client,
        configuration.currency(invoice.currency),
        services.options.seller,
        {name: gateway.display_name for name, gateway in configuration.gateways.items()},
        is_proforma=is_proforma,
    )


METHOD = Method("download_invoice", download_invoice)
