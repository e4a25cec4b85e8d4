"""download_invoice: this ledger makes no PDF of an invoice, and says so; get_invoice tells what is on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.invapi.answer import Failure
from service.invapi.method import Method

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked

NO_PDF = "invoices are not available as PDF here"


async def download_invoice(asked: Asked) -> Answer:
    """The documented text where the invoice is not the client's."""
    invoice_id = asked.parameters.number("invoice_id")
    if invoice_id is None or not await asked.owns_invoice(invoice_id):
        raise Failure("Invalid invoice id or invalid billing location", "invoice_not_found")
    raise Failure(NO_PDF, "pdf_not_served")


METHOD = Method("download_invoice", download_invoice)
