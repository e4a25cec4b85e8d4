"""What can be asked about services, as `commands` has the rest of an account's; and their words."""

from __future__ import annotations

from enum import Enum
from typing import Any

from service.domain.values import value


class ServiceCycle(Enum):
    """How long a service is paid for at a time: WHMCS's words, which stand in events."""

    MONTHLY = "Monthly"
    QUARTERLY = "Quarterly"
    SEMI_ANNUALLY = "Semi-Annually"
    ANNUALLY = "Annually"
    BIENNIALLY = "Biennially"
    TRIENNIALLY = "Triennially"
    ONE_TIME = "One Time"
    """It is never renewed."""


class ServiceStatus(Enum):
    """What a service is: WHMCS's words, which stand in events."""

    PENDING = "Pending"
    ACTIVE = "Active"
    SUSPENDED = "Suspended"
    CANCELLED = "Cancelled"
    TERMINATED = "Terminated"
    FRAUD = "Fraud"


ENDED = frozenset({ServiceStatus.CANCELLED.value, ServiceStatus.TERMINATED.value, ServiceStatus.FRAUD.value})
"""In these statuses a service has no server any more."""


@value(kw_only=True)
class RegisterService:
    """Keep a service of the client. Fields as in `ServiceRegistered`; `service_id` is reserved before.

    A cycle that recurs has a `next_due_date`.
    """

    service_id: int
    server_id: int
    order_id: int = 0
    kind: str
    product: str
    label: str = ""
    cycle: ServiceCycle
    price: int
    setup_fee: int = 0
    paid_before: int = 0
    registration_date: str = ""
    """"" means today."""
    next_due_date: str = ""
    status: ServiceStatus = ServiceStatus.ACTIVE
    has_licence: bool = False
    traffic_exceeded: bool = False
    location: str = ""
    hardware: tuple[str, ...] = ()


@value(kw_only=True)
class ChangeService:
    """Say some of CHANGEABLE (see `services`) anew, as they stand in events."""

    service_id: int
    changes: dict[str, Any]


@value(kw_only=True)
class RenewService:
    """Invoice the next period of one service, if the current one ended more than `days_over` days ago.

    `default_payment_method` as in `IssueInvoice`. Credit pays for it as far as there is some.
    """

    service_id: int
    days_over: int = 0
    default_payment_method: str = ""
    notify: bool = True
