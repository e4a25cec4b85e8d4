"""Decides the end of services: asked for, carried out with the refund that is due, taken back.

Pure; only `decide` imports it. What is checked before is HOSTKEY's (request_cancellation: licences, payment
of invoices, exceeded traffic), how each check is meant is this project's choice. What is carried out, at once
or when the period it waited for is over, is one decision with all that follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.cancellation_commands import CancellationKind
from service.domain.cancellation_state import Cancellation, Stage
from service.domain.events.cancellations import (
    ServiceCancellationRequested,
    ServiceCancellationWithdrawn,
    ServiceCancelled,
    SubscriptionCancellationRequested,
)
from service.domain.invoice_state import OPEN
from service.domain.invoice_status import InvoiceStatus
from service.domain.invoicing import CLOSED
from service.domain.paid_periods import invoices_about, paid_periods
from service.domain.posting import Posting
from service.domain.refund import refunds_of
from service.domain.refusals import AlreadyRecorded, Decision, Refusal, RefusalCode
from service.domain.service_commands import ServiceStatus
from service.domain.services import changed, is_about, service_on

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.cancellation_commands import (
        CarryOutCancellations,
        RequestCancellation,
        RequestSubscriptionCancellation,
        WithdrawCancellation,
    )
    from service.domain.commands import Offer
    from service.domain.refund import PaidPeriod
    from service.domain.services import Service

HOURLY = frozenset({"instant", "gpu"})
"""Kinds of services of which unused hours are given back: instant servers and virtual GPU servers (HOSTKEY's
terms). Licences, domains, certificates and administration never are."""
CANCELLED = ServiceStatus.CANCELLED.value


def request_cancellation(state: AccountState, command: RequestCancellation, offer: Offer) -> Decision:
    """`service.cancellation_requested`, the unpaid invoices that go with it, and the end itself if it is due.

    Recorded before if the same holds already; a wish to end at once replaces one to end with the period.
    SERVICE_NOT_FOUND, SERVICE_ENDED, TRAFFIC_EXCEEDED, LICENCE_ACTIVE, INVOICE_OVERDUE.
    """
    service = state.services.get(command.service_id)
    if service is None:
        return Refusal(RefusalCode.SERVICE_NOT_FOUND)
    earlier = state.cancellations.get(command.service_id, Cancellation())
    is_standing = earlier.stage is Stage.STANDING
    if earlier.kind == command.kind.value and (
        is_standing or (earlier.stage is Stage.CARRIED_OUT and service.has_ended)
    ):
        return AlreadyRecorded(earlier.request)
    refusal = _why_not(state, command, service, offer.now[:10])
    return refusal or _requested(state, command, service, earlier, offer)


def _why_not(
    state: AccountState, command: RequestCancellation, service: Service, today: str
) -> Refusal | None:
    if service.has_ended:
        return Refusal(RefusalCode.SERVICE_ENDED, service.status)
    if service.traffic_exceeded:
        return Refusal(RefusalCode.TRAFFIC_EXCEEDED)
    if service.has_licence and command.kind is CancellationKind.IMMEDIATE:
        return Refusal(RefusalCode.LICENCE_ACTIVE)
    if service.next_due_date and service.next_due_date < today:
        # The period that an invoice asks for has begun: it was used, and is owed.
        for number, invoice in invoices_about(state, command.service_id):
            if invoice.status in OPEN:
                return Refusal(RefusalCode.INVOICE_OVERDUE, str(number))
    return None


def _requested(
    state: AccountState, command: RequestCancellation, service: Service, earlier: Cancellation, offer: Offer
) -> Decision:
    posting = Posting(state, offer)
    is_replaced = earlier.stage is Stage.STANDING
    inherited = earlier.cancelled_invoices if is_replaced else ()
    if is_replaced:
        posting.record(_withdrawn(command.service_id, service, earlier, (), offer))
    cancelled, left = _unpaid(state, command.service_id, service, offer.now[:10])
    is_at_once = command.kind is CancellationKind.IMMEDIATE or not service.next_due_date
    requested = ServiceCancellationRequested(
        service_id=command.service_id,
        server_id=service.server_id,
        request=earlier.request + 1,
        kind=command.kind.value,
        reason="" if state.is_erased else command.reason,
        requested_by=command.requested_by,
        previous_status=service.status,
        ends_on=offer.now[:10] if is_at_once else service.next_due_date,
        cancelled_invoices=tuple(dict.fromkeys((*inherited, *cancelled))),
        left_invoices=left,
        requested_at=offer.now,
    )
    posting.record(requested)
    for number in cancelled:
        posting.change_status(number, InvoiceStatus.CANCELLED)
    if requested.ends_on <= offer.now[:10]:
        is_refunded = command.kind is CancellationKind.IMMEDIATE and service.kind in HOURLY
        periods = paid_periods(state, command.service_id, service, earlier) if is_refunded else []
        _end(posting, command.service_id, service, requested.request, periods, state.currency)
    return posting.decision()


def carry_out_cancellations(state: AccountState, command: CarryOutCancellations, offer: Offer) -> Decision:
    """`service.cancelled` for each service whose period is over since that was asked for, without refunds.

    NOTHING_DUE. One that was ended by other means meanwhile stays as it is, and its request is done.
    """
    del command
    posting = Posting(state, offer)
    for service_id, cancellation in state.cancellations.items():
        service = state.services[service_id]
        is_over = service.has_ended or service.next_due_date <= offer.now[:10]
        if cancellation.stage is Stage.STANDING and is_over:
            _end(posting, service_id, service, cancellation.request, [], state.currency)
    return posting.decision() or Refusal(RefusalCode.NOTHING_DUE)


def withdraw_cancellation(state: AccountState, command: WithdrawCancellation, offer: Offer) -> Decision:
    """`service.cancellation_withdrawn`: cancelled invoices are Unpaid again, the service is what it was.

    Recorded before if the last request was withdrawn already. SERVICE_NOT_FOUND, CANCELLATION_NOT_FOUND,
    CANCELLATION_REFUNDED, SERVICE_ENDED if it was carried out at the end of a period or by the operator, or
    the account is closed, and SERVER_TAKEN.
    """
    service = state.services.get(command.service_id)
    if service is None:
        return Refusal(RefusalCode.SERVICE_NOT_FOUND)
    cancellation = state.cancellations.get(command.service_id, Cancellation())
    if cancellation.stage is Stage.WITHDRAWN:
        return AlreadyRecorded(cancellation.request)
    why_not = _cannot_withdraw(state, service, cancellation)
    if why_not is not None:
        return why_not
    restored = tuple(
        [
            number
            for number in cancellation.cancelled_invoices
            if state.invoices[number].status is InvoiceStatus.CANCELLED
        ]
    )
    posting = Posting(state, offer)
    posting.record(_withdrawn(command.service_id, service, cancellation, restored, offer))
    for number in restored:
        posting.change_status(number, InvoiceStatus.UNPAID)
    if service.has_ended:
        status = {"status": cancellation.previous_status}
        posting.record(changed(command.service_id, service, status, "cancellation", offer.now))
    return posting.decision()


def _cannot_withdraw(state: AccountState, service: Service, cancellation: Cancellation) -> Refusal | None:
    is_done = cancellation.stage is Stage.CARRIED_OUT
    if cancellation.stage is Stage.NONE or (is_done and not service.has_ended):
        return Refusal(RefusalCode.CANCELLATION_NOT_FOUND)
    if cancellation.refund:
        return Refusal(RefusalCode.CANCELLATION_REFUNDED)
    is_at_once = cancellation.kind == CancellationKind.IMMEDIATE.value
    can_be_alive = is_done and is_at_once and service.status == CANCELLED and state.status != CLOSED
    if service.has_ended and not can_be_alive:
        return Refusal(RefusalCode.SERVICE_ENDED, service.status)
    other = service_on(state, service.server_id) if service.has_ended else 0
    return Refusal(RefusalCode.SERVER_TAKEN, str(other)) if other else None


def request_subscription_cancellation(
    state: AccountState, command: RequestSubscriptionCancellation, offer: Offer
) -> Decision:
    """`service.subscription_cancellation_requested`; recorded before if it is the ticket known already.

    SERVICE_NOT_FOUND.
    """
    service = state.services.get(command.service_id)
    if service is None:
        return Refusal(RefusalCode.SERVICE_NOT_FOUND)
    cancellation = state.cancellations.get(command.service_id)
    if cancellation is not None and cancellation.ticket == command.ticket:
        return AlreadyRecorded(cancellation.request)
    return (
        SubscriptionCancellationRequested(
            service_id=command.service_id,
            server_id=service.server_id,
            kind=command.kind.value,
            reason="" if state.is_erased else command.reason,
            ticket=command.ticket,
            requested_at=offer.now,
        ),
    )


def _end(
    posting: Posting,
    service_id: int,
    service: Service,
    request: int,
    periods: list[PaidPeriod],
    currency: str,
) -> None:
    now = posting.offer.now
    refunds = refunds_of(periods, now)
    refund = sum(each.amount for each in refunds)
    posting.record(
        ServiceCancelled(
            service_id=service_id,
            server_id=service.server_id,
            request=request,
            currency=currency,
            refund=refund,
            invoices=tuple([each.invoice_id for each in refunds]),
            prices=tuple([each.price for each in refunds]),
            days=tuple([each.days for each in refunds]),
            hours=tuple([each.hours for each in refunds]),
            amounts=tuple([each.amount for each in refunds]),
            cancelled_at=now,
        )
    )
    if not service.has_ended:
        posting.record(changed(service_id, service, {"status": CANCELLED}, "cancellation", now))
    if refund:
        posting.add_credit(refund, f"Refund for Cancelled Service #{service_id}", "refund", 0)


def _withdrawn(
    service_id: int, service: Service, cancellation: Cancellation, restored: tuple[int, ...], offer: Offer
) -> ServiceCancellationWithdrawn:
    return ServiceCancellationWithdrawn(
        service_id=service_id,
        server_id=service.server_id,
        request=cancellation.request,
        restored_invoices=restored,
        withdrawn_at=offer.now,
    )


def _unpaid(
    state: AccountState, service_id: int, service: Service, today: str
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Invoices that ask for the service: renewals to come that can be cancelled as a whole, and the others.

    What does not renew it, such as an order's invoice, is for what it was or is used for.
    """
    cancelled: list[int] = []
    left: list[int] = []
    for number, invoice in invoices_about(state, service_id):
        if invoice.status not in OPEN:
            continue
        renewal = service.renewals.get(number)
        is_to_come = renewal is not None and renewal.period_from >= today
        is_untouched = invoice.status is InvoiceStatus.UNPAID and not (invoice.credit or invoice.paid)
        is_whole = all(is_about(line, service_id) for line in invoice.lines)
        (cancelled if is_to_come and is_untouched and is_whole else left).append(number)
    return tuple(cancelled), tuple(left)
