"""Decides renewal invoices: the next periods of services become lines of an invoice, which credit may pay.

Pure; `decide` and `generation` import it. A period is invoiced while no invoice for one stands (see
`services.standing_renewal`), so never twice; the due date moves by payment only.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from service.domain.cancellation_state import is_ending
from service.domain.commands import NewItem
from service.domain.dues import Due, How, invoice_them
from service.domain.events.services import ServiceRenewalInvoiced
from service.domain.invoice_state import OPEN
from service.domain.invoicing import CLOSED
from service.domain.posting import Posting
from service.domain.refusals import Decision, Refusal, RefusalCode
from service.domain.services import HOSTING, MONTHS, Service, due_after, standing_renewal

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.billable_commands import InvoiceDue
    from service.domain.commands import Offer
    from service.domain.service_commands import RenewService

RENEWED = frozenset({"Active", "Suspended"})
"""In these statuses a service goes on to be invoiced. That a suspended one does is this project's choice."""


def renew_service(state: AccountState, command: RenewService, offer: Offer) -> Decision:
    """`invoice.issued`, `service.renewal_invoiced`, and what credit does to it.

    SERVICE_NOT_FOUND, RENEWAL_OPEN for one whose next period is on an invoice, RENEWAL_BLOCKED,
    AMOUNT_TOO_LARGE.
    """
    service = state.services.get(command.service_id)
    if service is None:
        return Refusal(RefusalCode.SERVICE_NOT_FOUND)
    standing = standing_renewal(state, command.service_id)
    if standing:
        return Refusal(RefusalCode.RENEWAL_OPEN, str(standing))
    why_not = _why_not(state, command, service, offer.now[:10])
    if why_not:
        return Refusal(RefusalCode.RENEWAL_BLOCKED, why_not)
    posting = Posting(state, offer)
    how = How(command.default_payment_method, notify=command.notify)
    wrong = invoice_them(posting, state, [_due(command.service_id, service)], how, offer)
    return wrong or posting.decision()


def renewals_due(state: AccountState, command: InvoiceDue) -> list[Due]:
    """The next periods that are to be invoiced, in the order of the services' numbers."""
    named = command.service_ids
    chosen = state.services if named is None else {*named} & state.services.keys()
    return [
        _due(number, service)
        for number in sorted(chosen)
        if is_renewable(service := state.services[number])
        and (named is not None or service.next_due_date <= command.renew_until)
        and not standing_renewal(state, number)
        and not is_ending(state, number)
    ]


def _due(number: int, service: Service) -> Due:
    period_to = due_after(service, service.cycle)
    line = NewItem(
        description=line_text(service, period_to), amount=service.price, kind=HOSTING, relation_id=number
    )
    return Due(
        line,
        service.next_due_date,
        lambda invoice_id: ServiceRenewalInvoiced(
            service_id=number,
            invoice_id=invoice_id,
            cycle=service.cycle,
            period_from=service.next_due_date,
            period_to=period_to,
            amount=service.price,
        ),
    )


def is_renewable(service: Service) -> bool:
    """Whether there is a next period, and it costs something."""
    has_next = service.cycle in MONTHS and service.next_due_date != ""
    return has_next and service.price > 0 and service.status in RENEWED


def line_text(service: Service, period_to: str) -> str:
    """The product, what it is called, and the period with its last day: as WHMCS writes such lines."""
    last = (date.fromisoformat(period_to) - timedelta(days=1)).isoformat()
    name = f"{service.product} - {service.label}" if service.label else service.product
    return f"{name} ({service.next_due_date} - {last})"


def _why_not(state: AccountState, command: RenewService, service: Service, today: str) -> str:
    """A word or the number of an invoice, "" if nothing stands against it."""
    if service.status not in RENEWED or state.status == CLOSED:
        return "status"
    if is_ending(state, command.service_id):
        return "cancellation"
    if not is_renewable(service):
        return "cycle"
    over = (date.fromisoformat(today) - date.fromisoformat(service.next_due_date)).days
    if over <= command.days_over:
        return "date"
    unpaid = (
        number
        for number, invoice in state.invoices.items()
        if invoice.status in OPEN
        and any((line.kind, line.relation_id) == (HOSTING, command.service_id) for line in invoice.lines)
    )
    return str(next(unpaid, ""))
