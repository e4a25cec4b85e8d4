"""One sample of each event about services; a part of `samples`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events.services import (
    ServiceChanged,
    ServiceRegistered,
    ServiceRenewalInvoiced,
    ServiceRenewed,
)

if TYPE_CHECKING:
    from service.domain.events import Event

SERVICE_REGISTERED = ServiceRegistered(
    service_id=81,
    server_id=9001,
    order_id=31,
    kind="instant",
    product="VPS nano",
    label="pl-vmv2-nano",
    cycle="Monthly",
    price=83000,
    setup_fee=5000,
    paid_before=0,
    currency="EUR",
    registration_date="2025-03-02",
    next_due_date="2025-03-31",
    status="Active",
    has_licence=False,
    traffic_exceeded=True,
    location="PL",
    hardware=("2 vCPU", "4 GB"),
    registered_at="2025-03-02 10:00:00",
)
SERVICE_CHANGED = ServiceChanged(
    service_id=81,
    server_id=9001,
    previous={"status": "Active", "price": 83000, "hardware": ["2 vCPU", "4 GB"]},
    changes={"status": "Terminated", "price": 90000, "hardware": ["2 vCPU", "8 GB"]},
    reason="manual",
    changed_at="2025-03-10 10:00:00",
)
RENEWAL_INVOICED = ServiceRenewalInvoiced(
    service_id=81,
    invoice_id=17,
    cycle="Monthly",
    period_from="2025-03-31",
    period_to="2025-04-30",
    amount=83000,
)
SERVICE_RENEWED = ServiceRenewed(
    service_id=81,
    invoice_id=17,
    amount=83000,
    previous_due_date="2025-03-31",
    next_due_date="2025-04-30",
    renewed_at="2025-03-20 10:00:00",
)

SERVICE_SAMPLES: tuple[Event, ...] = (
    SERVICE_REGISTERED,
    SERVICE_CHANGED,
    RENEWAL_INVOICED,
    SERVICE_RENEWED,
)
