"""What can be asked about the end of services, as `commands` has the rest of an account's; and its words."""

from __future__ import annotations

from enum import Enum

from service.domain.values import value


class CancellationKind(Enum):
    """When a service is to end: WHMCS's words, which stand in events."""

    IMMEDIATE = "Immediate"
    END_OF_PERIOD = "End of Billing Period"


@value(kw_only=True)
class RequestCancellation:
    """End a service. `requested_by` is `client` or `admin`; `reason` is "" for an erased person's."""

    service_id: int
    kind: CancellationKind
    reason: str = ""
    requested_by: str = "client"


@value(kw_only=True)
class WithdrawCancellation:
    """Take back the service's last request, with what can be taken back of it."""

    service_id: int


@value(kw_only=True)
class CarryOutCancellations:
    """End the services whose period has ended since that was asked for."""


@value(kw_only=True)
class RequestSubscriptionCancellation:
    """Note that the ticket `ticket` asks people to end the subscription that pays for a service."""

    service_id: int
    kind: CancellationKind
    ticket: str
    reason: str = ""
