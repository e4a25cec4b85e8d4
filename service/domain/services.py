"""Services of an account: what each is, until when it is paid for, and the decisions to keep and change it.

Pure; the account keeps the state, `decide`, `account`, `posting` and `renewals` import this. A service's own
number is what WHMCS calls `relid`. Which invoice renews it is in `renewals`; that a paid one does, in
`posting`, by way of what is here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from service.domain.billable_commands import RecurCycle
from service.domain.due_dates import later, months_between
from service.domain.events.services import (
    ServiceChanged,
    ServiceRegistered,
    ServiceRenewalInvoiced,
    ServiceRenewed,
)
from service.domain.invoice_state import OPEN, InvoiceState
from service.domain.invoice_status import InvoiceStatus
from service.domain.refund import PaidPeriod
from service.domain.refusals import AlreadyRecorded, Decision, Refusal, RefusalCode
from service.domain.service_commands import ENDED, ServiceCycle, ServiceStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.account import AccountState
    from service.domain.commands import Offer
    from service.domain.events import Event
    from service.domain.service_commands import ChangeService, RegisterService

HOSTING = "Hosting"
"""The kind of an invoice line that bills a service; its relation is the service's number (WHMCS's words)."""
OVERAGE = "TrafficOverage"
"""The kind of a line that bills traffic beyond what was agreed; its relation is the service's number."""

CHANGEABLE = (
    "order_id",
    "kind",
    "product",
    "label",
    "cycle",
    "price",
    "setup_fee",
    "next_due_date",
    "status",
    "has_licence",
    "traffic_exceeded",
    "location",
    "hardware",
)
"""What can be said anew of a service."""
MONTHS = {
    ServiceCycle.MONTHLY.value: 1,
    ServiceCycle.QUARTERLY.value: 3,
    ServiceCycle.SEMI_ANNUALLY.value: 6,
    ServiceCycle.ANNUALLY.value: 12,
    ServiceCycle.BIENNIALLY.value: 24,
    ServiceCycle.TRIENNIALLY.value: 36,
}
"""Of the cycles that recur."""
_STANDING = OPEN | {InvoiceStatus.DRAFT}


@dataclass(slots=True)
class Renewal:
    """What an invoice bills of a service; `period_to` is the day after the period."""

    cycle: str
    period_from: str
    period_to: str


@dataclass(slots=True)
class Service:
    """A service as it is. Fields as in `ServiceRegistered`."""

    server_id: int
    order_id: int
    kind: str
    product: str
    label: str
    cycle: str
    price: int
    setup_fee: int
    paid_before: int
    registration_date: str
    next_due_date: str
    status: str
    has_licence: bool
    traffic_exceeded: bool
    location: str
    hardware: tuple[str, ...]
    counted_from: str
    """Months are counted from this due date, so that a 31st stays one where there is one."""
    renewals: dict[int, Renewal] = field(default_factory=dict)
    """By invoice: those that were made to renew it and were not paid yet, whatever became of them."""
    paid: tuple[PaidPeriod, ...] = ()
    """Periods that were not over when the last one was paid for, oldest first; invoice 0 stands for what was
    paid before the service was registered."""

    @property
    def has_ended(self) -> bool:
        """Whether its server is free for another service."""
        return self.status in ENDED


def register_service(state: AccountState, command: RegisterService, offer: Offer) -> Decision:
    """`service.registered`; recorded before if just this one is already.

    CLIENT_NOT_FOUND, SERVICE_EXISTS for its number, SERVER_TAKEN (other accounts' are for the log to find).
    """
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    registered = ServiceRegistered(
        service_id=command.service_id,
        server_id=command.server_id,
        order_id=command.order_id,
        kind=command.kind,
        product=command.product,
        label=command.label,
        cycle=command.cycle.value,
        price=command.price,
        setup_fee=command.setup_fee,
        paid_before=command.paid_before,
        currency=state.currency,
        registration_date=command.registration_date or offer.now[:10],
        next_due_date=command.next_due_date,
        status=command.status.value,
        has_licence=command.has_licence,
        traffic_exceeded=command.traffic_exceeded,
        location=command.location,
        hardware=command.hardware,
        registered_at=offer.now,
    )
    for number, known in state.services.items():
        if _is_same(known, registered):
            return AlreadyRecorded(number)
    taken = service_on(state, command.server_id)
    if taken and registered.status not in ENDED:
        return Refusal(RefusalCode.SERVER_TAKEN, str(taken))
    if command.service_id in state.services:
        return Refusal(RefusalCode.SERVICE_EXISTS, str(command.service_id))
    return (registered,)


def _is_same(known: Service, registered: ServiceRegistered) -> bool:
    """Whether this was registered, however often it was renewed since."""
    told = replace(known, next_due_date=known.counted_from)
    names = ("server_id", "paid_before", *CHANGEABLE)
    return all(getattr(told, name) == getattr(registered, name) for name in names)


def change_service(state: AccountState, command: ChangeService, offer: Offer) -> Decision:
    """`service.changed`, or recorded before if it is so already.

    SERVICE_NOT_FOUND, DUE_DATE_MISSING for one that is to recur and was never due, SERVER_TAKEN.
    """
    service = state.services.get(command.service_id)
    if service is None:
        return Refusal(RefusalCode.SERVICE_NOT_FOUND)
    changes = {name: new for name, new in command.changes.items() if _plain(getattr(service, name)) != new}
    if not changes:
        return AlreadyRecorded(command.service_id)
    if changes.get("cycle") in MONTHS and not changes.get("next_due_date", service.next_due_date):
        return Refusal(RefusalCode.DUE_DATE_MISSING)
    other = service_on(state, service.server_id)
    if service.has_ended and other and changes.get("status", service.status) not in ENDED:
        return Refusal(RefusalCode.SERVER_TAKEN, str(other))
    return (changed(command.service_id, service, changes, "manual", offer.now),)


def changed(
    service_id: int, service: Service, changes: dict[str, Any], reason: str, now: str
) -> ServiceChanged:
    """The event that `service` is told anew, whatever of CHANGEABLE is in `changes`."""
    return ServiceChanged(
        service_id=service_id,
        server_id=service.server_id,
        previous={name: _plain(getattr(service, name)) for name in changes},
        changes=changes,
        reason=reason,
        changed_at=now,
    )


def end_services(state: AccountState, reason: str, now: str) -> list[ServiceChanged]:
    """Every service Cancelled, or Terminated if it was Suspended."""
    ends = {ServiceStatus.SUSPENDED.value: ServiceStatus.TERMINATED.value}
    return [
        changed(
            number, service, {"status": ends.get(service.status, ServiceStatus.CANCELLED.value)}, reason, now
        )
        for number, service in state.services.items()
        if not service.has_ended
    ]


def service_on(state: AccountState, server_id: int) -> int:
    """The number of the account's service that has this server, 0 if none has."""
    for number, service in state.services.items():
        if service.server_id == server_id and not service.has_ended:
            return number
    return 0


def standing_renewal(state: AccountState, service_id: int) -> int:
    """The invoice that renews the service once it is paid, 0 if the next period can be invoiced.

    An invoice that was cancelled, or from which the service's line was taken, does not stand any more.
    """
    for invoice_id in state.services[service_id].renewals:
        invoice = state.invoices.get(invoice_id)
        if invoice is not None and invoice.status in _STANDING and bills(invoice, service_id):
            return invoice_id
    return 0


def due_after(service: Service, cycle: str) -> str:
    """When the service is due next, once it is paid for another `cycle`, which recurs."""
    months = months_between(service.counted_from, service.next_due_date) + MONTHS[cycle]
    return later(service.counted_from, months, RecurCycle.MONTHS)


def effects_of_payment(
    invoice_id: int, invoice: InvoiceState, service_of: Callable[[int], Service | None], now: str
) -> list[ServiceRenewed | ServiceChanged]:
    """What an invoice that becomes Paid does to services, which are left as they are.

    As WHMCS does, each paid renewal moves the due date by one cycle from where it is. Traffic that was
    exceeded is forgiven only by an invoice that bills it.
    """
    events: list[ServiceRenewed | ServiceChanged] = []
    for kind, service_id in dict.fromkeys((line.kind, line.relation_id) for line in invoice.lines):
        service = service_of(service_id) if kind in {HOSTING, OVERAGE} else None
        if service is None:
            continue
        if kind == OVERAGE and service.traffic_exceeded:
            events.append(changed(service_id, service, {"traffic_exceeded": False}, "overage_paid", now))
        elif kind == HOSTING and invoice_id in service.renewals and service.next_due_date:
            events.append(
                ServiceRenewed(
                    service_id=service_id,
                    invoice_id=invoice_id,
                    amount=sum(line.amount for line in invoice.lines if is_about(line, service_id)),
                    previous_due_date=service.next_due_date,
                    next_due_date=due_after(service, service.renewals[invoice_id].cycle),
                    renewed_at=now,
                )
            )
    return events


def bills(invoice: InvoiceState, service_id: int) -> bool:
    """Whether any line of the invoice is about the service itself."""
    return any(is_about(line, service_id) for line in invoice.lines)


def is_about(line: Any, service_id: int) -> bool:
    """Whether a line of an invoice bills the service."""
    return bool(line.kind == HOSTING and line.relation_id == service_id)


def _plain(told: Any) -> Any:
    """As it stands in an event."""
    return list(told) if isinstance(told, tuple) else told


def _registered(state: AccountState, event: ServiceRegistered) -> None:
    state.services[event.service_id] = Service(
        server_id=event.server_id,
        order_id=event.order_id,
        kind=event.kind,
        product=event.product,
        label=event.label,
        cycle=event.cycle,
        price=event.price,
        setup_fee=event.setup_fee,
        paid_before=event.paid_before,
        registration_date=event.registration_date,
        next_due_date=event.next_due_date,
        status=event.status,
        has_licence=event.has_licence,
        traffic_exceeded=event.traffic_exceeded,
        location=event.location,
        hardware=event.hardware,
        counted_from=event.next_due_date,
        paid=_paid_before(event),
    )


def _paid_before(event: ServiceRegistered) -> tuple[PaidPeriod, ...]:
    """The period that ends when it is due for the first time, at the price of a cycle.

    Whether that was paid, `paid_periods` asks of the invoices and of what was said.
    """
    if event.cycle not in MONTHS or not event.next_due_date or event.status in ENDED:
        return ()
    start = later(event.next_due_date, -MONTHS[event.cycle], RecurCycle.MONTHS)
    starts_at = event.registered_at if event.registered_at[:10] == start else start
    return (PaidPeriod(invoice_id=0, price=event.price, starts_at=starts_at, ends_on=event.next_due_date),)


def apply_to(service: Service, event: ServiceChanged | ServiceRenewalInvoiced | ServiceRenewed) -> None:
    """Make of `service` itself what the event says."""
    if isinstance(event, ServiceRenewalInvoiced):
        service.renewals[event.invoice_id] = Renewal(event.cycle, event.period_from, event.period_to)
        return
    if isinstance(event, ServiceRenewed):
        service.renewals.pop(event.invoice_id, None)
        period = PaidPeriod(
            invoice_id=event.invoice_id,
            price=event.amount,
            starts_at=event.previous_due_date,
            ends_on=event.next_due_date,
        )
        service.paid = (*[each for each in service.paid if each.ends_on > event.renewed_at[:10]], period)
        service.next_due_date = event.next_due_date
        return
    for name, told in event.changes.items():
        setattr(service, name, tuple(told) if isinstance(told, list) else told)
    if "next_due_date" in event.changes:
        service.counted_from = service.next_due_date


def _applied(state: AccountState, event: ServiceChanged | ServiceRenewalInvoiced | ServiceRenewed) -> None:
    apply_to(state.services[event.service_id], event)


SERVICES: dict[type[Event], Callable[[AccountState, Any], None]] = {
    ServiceRegistered: _registered,
    ServiceChanged: _applied,
    ServiceRenewalInvoiced: _applied,
    ServiceRenewed: _applied,
}
"""How these events change an account."""


def copy_of(service: Service) -> Service:
    """One that can be changed without it."""
    return replace(service, renewals=dict(service.renewals))


def service_row(number: int, service: Service) -> list[Any]:
    """The service as plain JSON values."""
    fields = asdict(service)
    renewals = [[invoice, *renewal.values()] for invoice, renewal in fields.pop("renewals").items()]
    return [number, fields | {"hardware": list(service.hardware)}, renewals]


def service_from(row: list[Any]) -> tuple[int, Service]:
    """What `service_row` wrote."""
    number, fields, renewals = row
    service = Service(**fields)
    service.hardware = tuple(fields["hardware"])
    service.renewals = {invoice: Renewal(*renewal) for invoice, *renewal in renewals}
    service.paid = tuple([PaidPeriod(**period) for period in fields["paid"]])
    return number, service
