"""mass_pay: one invoice that pays several of the client's others when it is paid.

The success is not documented; the number under `invoice`, as for create_addfunds, is this project's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.commands import CombineInvoices
from service.domain.refusals import Refusal, RefusalCode
from service.invapi.answer import Failure, ok
from service.invapi.create_addfunds import issued_invoice
from service.invapi.method import Method
from service.invapi.wording import INVOICE_NOT_FOUND, answered

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked

INVOICES_MIN = 2
INVOICES_MAX = 200
"""Lines of one invoice, which is one event."""


async def mass_pay(asked: Asked) -> Answer:
    """Asked again for the same as long as that is unpaid, it answers with the same invoice."""
    numbers = list(dict.fromkeys(asked.parameters.numbers("invoices")))
    if len(numbers) < INVOICES_MIN:
        raise Failure("mass_pay_requires_2_invoices", "too_few_invoices")
    if len(numbers) > INVOICES_MAX:
        raise Failure(f"mass_pay takes {INVOICES_MAX} invoices at most", "too_many_invoices")
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        raise Failure(INVOICE_NOT_FOUND, "invoice_not_found")
    configuration = await asked.services.configuration.recent()
    command = CombineInvoices(
        invoice_ids=tuple(known),
        due_days=asked.services.options.invoice_due_days,
        default_payment_method=configuration.default_gateway,
    )
    # Other clients' invoices are not in the account that decides: to it there are none of these numbers.
    outcome = await asked.services.ledger.on_client(asked.client_id, command, asked.call)
    if isinstance(outcome, Refusal) and outcome.code is RefusalCode.MASS_PAYMENT_OPEN:
        return ok({"invoice": int(outcome.detail)})
    return answered(outcome, issued_invoice)


METHOD = Method("mass_pay", mass_pay, is_command=True)
