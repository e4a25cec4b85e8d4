"""generate_due_invoice: invoices what is due of the client.

HOSTKEY bills a server, and its documents contradict each other about when. This ledger knows no servers: the
client's billable items that are due go on one invoice, which credit pays as far as there is some, and `id` is
not looked at. That, and the success, are this project's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.billable_commands import InvoiceBillableItems
from service.invapi.create_addfunds import issued_invoice
from service.invapi.method import Method
from service.invapi.wording import answered

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked

LINES_MAX = 200
"""Lines of one invoice; what is left over goes on the next call's."""
TEXT_BYTES_MAX = 1 << 17


async def generate_due_invoice(asked: Asked) -> Answer:
    """Repeated, there is nothing due any more."""
    configuration = await asked.services.configuration.recent()
    command = InvoiceBillableItems(
        lines_max=LINES_MAX,
        text_bytes_max=TEXT_BYTES_MAX,
        due_days=asked.services.options.invoice_due_days,
        default_payment_method=configuration.default_gateway,
    )
    return answered(
        await asked.services.billing.invoice(asked.client_id, command, asked.call), issued_invoice
    )


METHOD = Method("generate_due_invoice", generate_due_invoice, is_command=True)
