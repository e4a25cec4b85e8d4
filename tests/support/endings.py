"""A service and what happens to it, for tests of its end: past events, and what may be asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from service.domain.cancellation_commands import CancellationKind, RequestCancellation
from service.domain.events import CreditApplied
from service.domain.events.cancellations import ServiceCancellationRequested, ServiceCancelled
from service.domain.events.services import ServiceChanged
from service.domain.service_commands import RegisterService, ServiceCycle
from tests.support.decider import NOW, TODAY, given
from tests.support.samples import ACCOUNT_OPENED, INVOICE_ISSUED, INVOICE_SETTLED
from tests.support.service_samples import RENEWAL_INVOICED, SERVICE_REGISTERED, SERVICE_RENEWED

if TYPE_CHECKING:
    from service.domain.events import Event

SERVICE = replace(
    SERVICE_REGISTERED,
    price=72_000,
    paid_before=72_000,
    next_due_date="2025-07-15",
    traffic_exceeded=False,
    has_licence=False,
)
"""An instant server, number 81, paid from 15 June to 15 July: 30 days at 1.00 an hour."""
HERE = (ACCOUNT_OPENED, SERVICE)
AT_ONCE = RequestCancellation(service_id=81, kind=CancellationKind.IMMEDIATE, reason="Enough")
LATER = replace(AT_ONCE, kind=CancellationKind.END_OF_PERIOD)
HOURS = 15 * 24 + 13 + 12
"""Used and kept of that period, now."""
LINE = replace(
    INVOICE_ISSUED.items[0], kind="Hosting", relation_id=81, amount=72_000, taxed=False, description="VPS"
)
RENEWAL = replace(
    INVOICE_ISSUED, items=(LINE,), subtotal=72_000, tax=0, tax2=0, total=72_000, tax_rate=0, tax_rate2=0
)
"""Invoice 17 for 15 July to 15 August."""
INVOICED = replace(RENEWAL_INVOICED, period_from="2025-07-15", period_to="2025-08-15", amount=72_000)
CREDIT_PAID = CreditApplied(
    credit_id=90,
    invoice_id=17,
    amount=72_000,
    balance=0,
    currency="EUR",
    date=TODAY,
    description="",
    invoice_credit=72_000,
    invoice_due=0,
    notify=True,
    recorded_at=NOW,
)
RENEWED = replace(
    SERVICE_RENEWED,
    amount=72_000,
    previous_due_date="2025-07-15",
    next_due_date="2025-08-15",
    renewed_at="2025-06-20 00:00:00",
)
PAID_AHEAD = (RENEWAL, INVOICED, CREDIT_PAID, INVOICE_SETTLED, RENEWED)


def registration(number: int, **more: Any) -> RegisterService:
    """An instant server, paid until the same day as SERVICE."""
    fields: dict[str, Any] = {
        "service_id": number,
        "server_id": number,
        "kind": "instant",
        "product": "VPS",
        "cycle": ServiceCycle.MONTHLY,
        "price": 72_000,
        "paid_before": 72_000,
        "next_due_date": SERVICE.next_due_date,
    }
    return RegisterService(**(fields | more))


def requested(command: RequestCancellation, *past: Event) -> ServiceCancellationRequested:
    """The first event of what the command gives."""
    event = given(*HERE, *past).when(command).events[0]
    assert isinstance(event, ServiceCancellationRequested)
    return event


def cancelled(*past: Event) -> ServiceCancelled:
    """What an immediate end gives back."""
    events = given(*HERE, *past).when(AT_ONCE).events
    return next(event for event in events if isinstance(event, ServiceCancelled))


def changed(**changes: str | bool) -> ServiceChanged:
    """The register says it anew."""
    return ServiceChanged(
        service_id=81,
        server_id=9001,
        previous=dict.fromkeys(changes, ""),
        changes=dict(changes),
        reason="manual",
        changed_at=NOW,
    )
