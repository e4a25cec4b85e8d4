"""delete_cancellation_request: the client has changed its mind about the end of a service.

`invoice` is the renewal that is Unpaid again, or null: where there was none, GenInvoices makes one when it is
time. A service that was cancelled with a refund stays so. The success, and all texts but that for an unknown
server, are this project's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.cancellation_commands import WithdrawCancellation
from service.domain.events.cancellations import ServiceCancellationWithdrawn
from service.domain.refusals import Refusal, RefusalCode
from service.invapi.answer import Answer, Failure
from service.invapi.cancelling import last_request, service_meant
from service.invapi.method import Method
from service.invapi.wording import words

if TYPE_CHECKING:
    from service.invapi.method import Asked

NOT_FOUND = "Server {} doesn't have a relid data"
_TEXTS = {
    RefusalCode.SERVICE_NOT_FOUND: NOT_FOUND,
    RefusalCode.CANCELLATION_NOT_FOUND: "Server {} doesn't have a cancellation request",
    RefusalCode.CANCELLATION_REFUNDED: "Server {} was cancelled with a refund",
    RefusalCode.SERVICE_ENDED: "Server {} is {detail} already",
    RefusalCode.SERVER_TAKEN: "Server {} is in use by another service",
}


async def delete_cancellation_request(asked: Asked) -> Answer:
    """Repeated, it answers the same."""
    meant = await service_meant(asked, NOT_FOUND)
    command = WithdrawCancellation(service_id=meant.service_id)
    outcome = await asked.services.endings.requests.execute(asked.client_id, command, asked.call)
    if isinstance(outcome, Refusal):
        text = _TEXTS.get(outcome.code, "").format(meant.server_id, detail=outcome.detail)
        raise Failure(text or words(outcome), outcome.code.value)
    withdrawn = (event for event in outcome.events if isinstance(event, ServiceCancellationWithdrawn))
    event = next(withdrawn, None)
    restored = event.restored_invoices if event else (await last_request(asked, meant)).cancelled_invoices
    body = {"result": "OK", "id": meant.server_id, "invoice": max(restored, default=None)}
    return Answer(body, outcome.position, outcome.replayed)


METHOD = Method("delete_cancellation_request", delete_cancellation_request, is_command=True)
