"""Facts about services: what a client rents, what it costs, and until when it is paid for.

A service has two numbers: its own, which is the billing's (WHMCS's `relid`), and that of the server in the
operator's inventory. Texts are the operator's and must not be personal data: they are not sealed.
"""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value

ServiceFields = dict[str, str | int | bool | list[str]]
"""Fields of a service by name, as `service.registered` has them."""


@value(kw_only=True)
class ServiceRegistered(Event):
    """The client has a service; from `next_due_date` on, `price` is to be paid for each `cycle`."""

    TYPE = "service.registered"
    COUNTER = "service"
    LISTS = ("hardware",)
    service_id: int
    server_id: int
    """In the operator's inventory. One service at a time has it: see `service.changed`."""
    order_id: int
    """0 if none is known."""
    kind: str
    """Such as `instant`, `gpu`, `dedicated` or `licence`."""
    product: str
    label: str
    """What it is called beside its product, such as the name or address of the server."""
    cycle: str
    """`Monthly`, `Quarterly`, `Semi-Annually`, `Annually`, `Biennially`, `Triennially` or `One Time`."""
    price: int
    setup_fee: int
    paid_before: int
    """What was paid for the period that ends with `next_due_date`, where no invoice of this ledger tells."""
    currency: str
    registration_date: str
    next_due_date: str
    """"" for a service that is never due."""
    status: str
    """`Pending`, `Active`, `Suspended`, `Cancelled`, `Terminated` or `Fraud`."""
    has_licence: bool
    traffic_exceeded: bool
    location: str
    hardware: tuple[str, ...]
    """One line each."""
    registered_at: str


@value(kw_only=True)
class ServiceChanged(Event):
    """Of a service these fields changed, from the previous values to these.

    A service that becomes Cancelled, Terminated or Fraud gives the server's number back for another one; one
    that leaves these takes it again.
    """

    TYPE = "service.changed"
    service_id: int
    server_id: int
    previous: ServiceFields
    changes: ServiceFields
    """The same fields."""
    reason: str
    """`manual`, `overage_paid`, `account_closed`, `cancellation`, or another cause."""
    changed_at: str


@value(kw_only=True)
class ServiceRenewalInvoiced(Event):
    """The next period of the service is a line of this invoice."""

    TYPE = "service.renewal_invoiced"
    service_id: int
    invoice_id: int
    cycle: str
    period_from: str
    period_to: str
    """The day on which the period after it begins."""
    amount: int


@value(kw_only=True)
class ServiceRenewed(Event):
    """A renewal invoice was paid: the service is due again one cycle later than before."""

    TYPE = "service.renewed"
    service_id: int
    invoice_id: int
    amount: int
    """Of the invoice's lines about the service when it was paid."""
    previous_due_date: str
    next_due_date: str
    renewed_at: str


SERVICE_EVENTS: tuple[type[Event], ...] = (
    ServiceRegistered,
    ServiceChanged,
    ServiceRenewalInvoiced,
    ServiceRenewed,
)
