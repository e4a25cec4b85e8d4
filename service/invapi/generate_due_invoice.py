"""generate_due_invoice: the next period of a server of the client becomes an invoice.

HOSTKEY's documents contradict each other about when. Chosen here is what one build says: the current period
ended more than 30 days ago and there is no unpaid invoice about the server. One for just this next period is
no hindrance but the answer, so a repetition makes no second one. The success, and the text for a server that
is not the client's, are this project's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.refusals import Refusal, RefusalCode
from service.domain.service_commands import RenewService
from service.handling.service_register import service_with
from service.invapi.answer import Failure, ok
from service.invapi.create_addfunds import issued_invoice
from service.invapi.method import Method
from service.invapi.wording import NOT_LINKED, answered

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked

DAYS_OVER = 30
BLOCKED = "next_invoice_blocked_by_upgrade"


async def generate_due_invoice(asked: Asked) -> Answer:
    """Credit pays for it as far as there is some."""
    server_id = asked.parameters.number("id") or 0
    service_id = service_with(await asked.services.register.of_client(asked.client_id), server_id)
    if not service_id:
        raise Failure(NOT_LINKED.format(server_id), "service_not_found")
    configuration = await asked.services.configuration.recent()
    command = RenewService(
        service_id=service_id,
        days_over=DAYS_OVER,
        default_payment_method=configuration.default_gateway,
    )
    outcome = await asked.services.register.renew(asked.client_id, command, asked.call)
    if isinstance(outcome, Refusal):
        if outcome.code is RefusalCode.RENEWAL_OPEN:
            return ok({"invoice": int(outcome.detail)})
        if outcome.code is RefusalCode.RENEWAL_BLOCKED:
            raise Failure(BLOCKED, outcome.code.value)
    return answered(outcome, issued_invoice)


METHOD = Method("generate_due_invoice", generate_due_invoice, is_command=True)
