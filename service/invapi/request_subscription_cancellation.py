"""request_subscription_cancellation: JIRA asks people to end the subscription that pays for a service.

First the ticket, then the event: a ticket that no event tells of is found again by its label when the request
is repeated, an event about a ticket that never came to be would be a lie. The service itself goes on. That a
service must not have ended is this project's reading of "active orders"; unpaid invoices stand in the ticket.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from service.domain.cancellation_commands import RequestSubscriptionCancellation
from service.domain.events.cancellations import SubscriptionCancellationRequested
from service.domain.invoice_state import OPEN
from service.domain.refusals import Refusal
from service.domain.services import bills
from service.invapi.answer import Answer, Failure
from service.invapi.cancelling import kind_asked, last_request, reason_asked, service_meant, told
from service.invapi.jira import JiraError, Ticket, label_of
from service.invapi.method import Method
from service.invapi.wording import NOT_LINKED, words

if TYPE_CHECKING:
    from service.domain.cancellation_commands import CancellationKind
    from service.invapi.cancelling import Meant
    from service.invapi.method import Asked

FAILED = "sub_cancel_jira_error"


async def request_subscription_cancellation(asked: Asked) -> Answer:
    """As long as the ticket is open, the same again makes no other."""
    kind, reason = kind_asked(asked), reason_asked(asked)
    meant = await service_meant(asked, NOT_LINKED)
    if meant.service.has_ended:
        raise Failure(f"server {meant.server_id} is {meant.service.status} already", "service_ended")
    if asked.services.endings.jira is None:
        raise Failure(FAILED, "jira_not_configured")
    try:
        ticket = await asked.services.endings.jira.open_ticket(_ticket(asked, meant, kind, reason))
    except JiraError as problem:
        raise Failure(FAILED, "jira_failed") from problem
    # JIRA took its time; what follows has its own.
    deadline = asyncio.get_running_loop().time() + asked.services.options.answer_timeout_s
    asked = replace(asked, call=replace(asked.call, deadline=deadline))
    command = RequestSubscriptionCancellation(
        service_id=meant.service_id, kind=kind, ticket=ticket, reason=reason
    )
    outcome = await asked.services.endings.requests.execute(asked.client_id, command, asked.call)
    if isinstance(outcome, Refusal):
        raise Failure(words(outcome), outcome.code.value)
    made = (event for event in outcome.events if isinstance(event, SubscriptionCancellationRequested))
    created = next((event.requested_at for event in made), None)
    if created is None:
        created = (await last_request(asked, meant)).ticket_at
    data = await told(
        asked, meant, kind=kind.value, reason=reason, created=created, amount=meant.service.price
    )
    return Answer({"result": "OK", "data": data}, outcome.position, outcome.replayed)


def _ticket(asked: Asked, meant: Meant, kind: CancellationKind, reason: str) -> Ticket:
    service, location = meant.service, asked.services.options.location
    unpaid = [
        str(number)
        for number, invoice in meant.account.invoices.items()
        if invoice.status in OPEN and bills(invoice, meant.service_id)
    ]
    lines = (
        f"Client: {asked.client_id} at {location}",
        f"Service: {meant.service_id}, server {service.server_id}, {service.product}",
        f"Paid until: {service.next_due_date or '-'}",
        f"Unpaid invoices: {', '.join(unpaid) or '-'}",
        f"When: {kind.value}",
        f"Reason: {reason or '-'}",
    )
    return Ticket(
        label=label_of(location, meant.service_id),
        summary=f"Cancel the bank subscription of service {meant.service_id} (client {asked.client_id})",
        description="\n".join(lines),
    )


METHOD = Method("request_subscription_cancellation", request_subscription_cancellation, is_command=True)
