"""Facts about services that clients want ended: asked for, carried out, taken back.

A service's requests are numbered from 1. That its status changes is told by `service.changed` beside these,
that unpaid invoices are cancelled by `invoice.status_changed`, that credit is given by `credit.added`.
"""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class ServiceCancellationRequested(Event):
    """Somebody wants the service ended: at once, or when what is paid for is used up."""

    TYPE = "service.cancellation_requested"
    SEALED = ("reason",)
    LISTS = ("cancelled_invoices", "left_invoices")
    service_id: int
    server_id: int
    request: int
    """Its number among those of this service."""
    kind: str
    """`Immediate` or `End of Billing Period`."""
    reason: str | None
    """What the person wrote; sealed with the client's key, None once that is destroyed."""
    requested_by: str
    """`client` or `admin`."""
    previous_status: str
    """Of the service."""
    ends_on: str
    """The day on which the service ends, as of now."""
    cancelled_invoices: tuple[int, ...]
    """Unpaid ones for periods to come that bill nothing else: cancelled with it, or with one it replaces."""
    left_invoices: tuple[int, ...]
    """Unpaid ones that bill other things or times too, or of which a part was paid: left to the operator."""
    requested_at: str


@value(kw_only=True)
class ServiceCancelled(Event):
    """A request was carried out: the service has ended, and `refund` of what was paid for it is credit again.

    The lists have a place for each period that something of is given back: the invoice that paid for it (0 if
    it was paid before the service was registered), its price, its days, the hours of them that are kept, and
    the amount, price - price * hours / (days * 24) rounded down.
    """

    TYPE = "service.cancelled"
    LISTS = ("invoices", "prices", "days", "hours", "amounts")
    service_id: int
    server_id: int
    request: int
    currency: str
    refund: int
    """The sum of the amounts."""
    invoices: tuple[int, ...]
    prices: tuple[int, ...]
    days: tuple[int, ...]
    hours: tuple[int, ...]
    amounts: tuple[int, ...]
    cancelled_at: str


@value(kw_only=True)
class ServiceCancellationWithdrawn(Event):
    """A request does not hold any more: because of another wish, or replaced by one to end at once."""

    TYPE = "service.cancellation_withdrawn"
    LISTS = ("restored_invoices",)
    service_id: int
    server_id: int
    request: int
    restored_invoices: tuple[int, ...]
    """Those cancelled with it that are Unpaid again."""
    withdrawn_at: str


@value(kw_only=True)
class SubscriptionCancellationRequested(Event):
    """People were asked, by a ticket, to end the subscription at a bank that pays for the service."""

    TYPE = "service.subscription_cancellation_requested"
    SEALED = ("reason",)
    service_id: int
    server_id: int
    kind: str
    """As in `service.cancellation_requested`."""
    reason: str | None
    """The same."""
    ticket: str
    """Its key, such as `OPS-17`."""
    requested_at: str


CANCELLATION_EVENTS: tuple[type[Event], ...] = (
    ServiceCancellationRequested,
    ServiceCancelled,
    ServiceCancellationWithdrawn,
    SubscriptionCancellationRequested,
)
