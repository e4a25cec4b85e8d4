"""One sample of each event about the end of services; a part of `samples`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events.cancellations import (
    ServiceCancellationRequested,
    ServiceCancellationWithdrawn,
    ServiceCancelled,
    SubscriptionCancellationRequested,
)

if TYPE_CHECKING:
    from service.domain.events import Event

CANCELLATION_REQUESTED = ServiceCancellationRequested(
    service_id=81,
    server_id=9001,
    request=1,
    kind="Immediate",
    reason="Zu teuer, said Ada",
    requested_by="client",
    previous_status="Active",
    ends_on="2025-04-10",
    cancelled_invoices=(17,),
    left_invoices=(18,),
    requested_at="2025-04-10 10:30:00",
)
CANCELLED = ServiceCancelled(
    service_id=81,
    server_id=9001,
    request=1,
    currency="EUR",
    refund=53950,
    invoices=(17,),
    prices=(83000,),
    days=(30,),
    hours=(252,),
    amounts=(53950,),
    cancelled_at="2025-04-10 10:30:00",
)
WITHDRAWN = ServiceCancellationWithdrawn(
    service_id=81,
    server_id=9001,
    request=1,
    restored_invoices=(17,),
    withdrawn_at="2025-04-11 00:00:00",
)
SUBSCRIPTION_CANCELLATION_REQUESTED = SubscriptionCancellationRequested(
    service_id=81,
    server_id=9001,
    kind="End of Billing Period",
    reason="New bank",
    ticket="OPS-17",
    requested_at="2025-04-12 00:00:00",
)

CANCELLATION_SAMPLES: tuple[Event, ...] = (
    CANCELLATION_REQUESTED,
    CANCELLED,
    WITHDRAWN,
    SUBSCRIPTION_CANCELLATION_REQUESTED,
)

DATA_TYPES: dict[str, type] = {
    "account_id": int,
    "amount": float,
    "billing": str,
    "cancellation_reason": str,
    "cancellation_type": str,
    "clientid": int,
    "created": str,
    "currency": str,
    "customfields": list,
    "dc_location": str,
    "description": str,
    "displayid": str,
    "email": str,
    "hwconfig": list,
    "invoiceid": int,
    "last_inv_id": int,
    "prev_inv_id": int,
    "relid": int,
    "service_price": float,
}
"""Of the keys that HOSTKEY documents for `data` of request_subscription_cancellation."""
