"""What an account knows of requests to end its services: how it follows from events, and stands in snapshots.

Pure; the account keeps it, `cancellations` decides on it, `renewals` asks whether a service is about to end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from service.domain.events.cancellations import (
    ServiceCancellationRequested,
    ServiceCancellationWithdrawn,
    ServiceCancelled,
    SubscriptionCancellationRequested,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.account import AccountState
    from service.domain.events import Event


class Stage(Enum):
    """What has become of a request."""

    NONE = ""
    """There was no request yet."""
    STANDING = "standing"
    CARRIED_OUT = "carried_out"
    WITHDRAWN = "withdrawn"


@dataclass(slots=True)
class Cancellation:
    """The last request to end a service."""

    request: int = 0
    """How many there were."""
    kind: str = ""
    stage: Stage = Stage.NONE
    previous_status: str = ""
    """Of the service when it was asked for."""
    cancelled_invoices: tuple[int, ...] = ()
    refund: int = 0
    given_back: dict[int, int] = field(default_factory=dict)
    """How much, by the invoice that had paid for it, 0 for what was paid before the service was registered.
    Of all requests: it is given back once."""
    ticket: str = ""
    """The last one that asks to end its subscription, "" if none ever did."""
    ticket_at: str = ""
    """When that was asked for."""


def is_ending(state: AccountState, service_id: int) -> bool:
    """Whether the service is to end with its period: no further one is invoiced then."""
    cancellation = state.cancellations.get(service_id)
    return cancellation is not None and cancellation.stage is Stage.STANDING


def cancellation_row(service_id: int, cancellation: Cancellation) -> list[Any]:
    """The request as plain JSON values."""
    return [
        service_id,
        cancellation.request,
        cancellation.kind,
        cancellation.stage.value,
        cancellation.previous_status,
        list(cancellation.cancelled_invoices),
        cancellation.refund,
        [*cancellation.given_back.items()],
        cancellation.ticket,
        cancellation.ticket_at,
    ]


def cancellation_from(row: list[Any]) -> tuple[int, Cancellation]:
    """What `cancellation_row` wrote."""
    service_id, request, kind, stage, previous, cancelled, refund, given_back, *ticket = row
    return service_id, Cancellation(
        request, kind, Stage(stage), previous, tuple(cancelled), refund, dict(given_back), *ticket
    )


def _requested(state: AccountState, event: ServiceCancellationRequested) -> None:
    cancellation = state.cancellations.setdefault(event.service_id, Cancellation())
    cancellation.request = event.request
    cancellation.kind = event.kind
    cancellation.stage = Stage.STANDING
    cancellation.previous_status = event.previous_status
    cancellation.cancelled_invoices = event.cancelled_invoices
    cancellation.refund = 0


def _carried_out(state: AccountState, event: ServiceCancelled) -> None:
    cancellation = state.cancellations[event.service_id]
    cancellation.stage = Stage.CARRIED_OUT
    cancellation.refund = event.refund
    cancellation.given_back |= dict(zip(event.invoices, event.amounts, strict=True))


def _withdrawn(state: AccountState, event: ServiceCancellationWithdrawn) -> None:
    cancellation = state.cancellations[event.service_id]
    cancellation.stage = Stage.WITHDRAWN
    cancellation.cancelled_invoices = event.restored_invoices


def _ticket_made(state: AccountState, event: SubscriptionCancellationRequested) -> None:
    cancellation = state.cancellations.setdefault(event.service_id, Cancellation())
    cancellation.ticket, cancellation.ticket_at = event.ticket, event.requested_at


CANCELLATIONS: dict[type[Event], Callable[[AccountState, Any], None]] = {
    ServiceCancellationRequested: _requested,
    ServiceCancelled: _carried_out,
    ServiceCancellationWithdrawn: _withdrawn,
    SubscriptionCancellationRequested: _ticket_made,
}
"""How these events change an account."""
