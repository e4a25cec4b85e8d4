"""request_cancellation: a service of the client ends, at once with a refund or with what is paid for.

What comes back is computed here by HOSTKEY's published rule (see `domain.refund`); the amounts that HOSTKEY's
parameter table lists are never looked at, nor is `pin`. Documented is only the failure about traffic; the
success (with the keys of request_subscription_cancellation) and the other texts are this project's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.cancellation_commands import RequestCancellation
from service.domain.events.cancellations import ServiceCancellationRequested
from service.domain.refusals import Refusal, RefusalCode
from service.invapi.answer import REFUSED, Answer, Failure
from service.invapi.cancelling import SERVICE_NOT_FOUND, kind_asked, reason_asked, service_meant, told
from service.invapi.method import Method
from service.invapi.wording import NOT_LINKED, words

if TYPE_CHECKING:
    from projections.views import CancellationRow
    from service.handling.answers import Done
    from service.invapi.cancelling import Meant
    from service.invapi.method import Asked

TRAFFIC_EXCEEDED = -3
_TEXTS = {
    RefusalCode.SERVICE_NOT_FOUND: NOT_LINKED,
    RefusalCode.TRAFFIC_EXCEEDED: "whmcs_server_exceded_traffic",
    RefusalCode.SERVICE_ENDED: "server {} is {detail} already",
    RefusalCode.LICENCE_ACTIVE: "server {} has an active licence: it can only end with its billing period",
    RefusalCode.INVOICE_OVERDUE: "invoice {detail} for server {} is overdue",
}


async def request_cancellation(asked: Asked) -> Answer:
    """Asked again for the same, it answers the same; it can be repeated as often as its caller likes."""
    kind, reason = kind_asked(asked), reason_asked(asked)
    meant = await service_meant(asked, NOT_LINKED)
    command = RequestCancellation(service_id=meant.service_id, kind=kind, reason=reason)
    outcome = await asked.services.endings.requests.execute(asked.client_id, command, asked.call)
    if isinstance(outcome, Refusal):
        text = _TEXTS.get(outcome.code, "").format(meant.server_id, detail=outcome.detail)
        code = TRAFFIC_EXCEEDED if outcome.code is RefusalCode.TRAFFIC_EXCEEDED else REFUSED
        raise Failure(text or words(outcome), outcome.code.value, code=code)
    row = await _recorded(asked, meant, outcome)
    data = await told(
        asked,
        meant,
        kind=row.kind,
        reason=row.reason or "",
        created=row.requested_at,
        amount=row.refund,
        invoice_id=row.invoice_id,
    )
    return Answer({"result": "OK", "data": data}, outcome.position, outcome.replayed)


async def _recorded(asked: Asked, meant: Meant, done: Done) -> CancellationRow:
    """The request that this one made, or that held already."""
    made = (event for event in done.events if isinstance(event, ServiceCancellationRequested))
    number = next((event.request for event in made), done.transaction_id)
    page = await asked.services.endings.reader.cancellations(
        client_id=asked.client_id, with_withdrawn=True, deadline=asked.call.deadline
    )
    for row in page.rows:
        if (row.service_id, row.request) == (meant.service_id, number):
            return row
    raise Failure(NOT_LINKED.format(meant.server_id), SERVICE_NOT_FOUND)  # with its account, meanwhile


METHOD = Method("request_cancellation", request_cancellation, is_command=True)
