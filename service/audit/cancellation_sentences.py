"""One sentence for each kind of event about the end of services. Pure. `sentences` puts these with others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.audit.wording import amount_of, listed, plain
from service.domain.cancellation_commands import CancellationKind
from service.domain.events.cancellations import (
    ServiceCancellationRequested,
    ServiceCancellationWithdrawn,
    ServiceCancelled,
    SubscriptionCancellationRequested,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.audit.money_sentences import About
    from service.domain.events import Event

INVOICES_SHOWN = 6


def _requested(event: ServiceCancellationRequested, _about: About) -> str:
    is_at_once = event.kind == CancellationKind.IMMEDIATE.value
    when = "at once" if is_at_once else f"with its period, on {event.ends_on}"
    who = "The client" if event.requested_by == "client" else "An admin"
    cancelled = f"; cancelled with it: {_invoices(event.cancelled_invoices)}" * bool(event.cancelled_invoices)
    left = f"; unpaid and left: {_invoices(event.left_invoices)}" * bool(event.left_invoices)
    return f"{who} asked that service {event.service_id} ends {when}{cancelled}{left}."


def _cancelled(event: ServiceCancelled, _about: About) -> str:
    if not event.refund:
        return f"Service {event.service_id} ended, and nothing was given back."
    parts = [
        f"{amount_of(amount, event.currency)} of {amount_of(price, event.currency)} paid "
        f"{f'with invoice {invoice}' if invoice else 'before it was registered'}, as {hours} hours of "
        f"{days} days are kept"
        for invoice, price, days, hours, amount in zip(
            event.invoices, event.prices, event.days, event.hours, event.amounts, strict=True
        )
    ]
    refund = amount_of(event.refund, event.currency)
    return f"Service {event.service_id} ended, and {refund} became credit again: {listed(parts)}."


def _withdrawn(event: ServiceCancellationWithdrawn, _about: About) -> str:
    again = f"; Unpaid again: {_invoices(event.restored_invoices)}" * bool(event.restored_invoices)
    return f"It does not hold any more that service {event.service_id} is to end{again}."


def _asked_people(event: SubscriptionCancellationRequested, _about: About) -> str:
    return (
        f"The ticket {plain(event.ticket)} asks people to end the subscription that pays for service "
        f"{event.service_id}."
    )


def _invoices(numbers: tuple[int, ...]) -> str:
    if len(numbers) > INVOICES_SHOWN:
        return f"{len(numbers)} invoices"
    return f"invoice{'s' * (len(numbers) > 1)} {listed([str(number) for number in numbers])}"


CANCELLATION_SENTENCES: dict[type[Event], Callable[[Any, About], str]] = {
    ServiceCancellationRequested: _requested,
    ServiceCancelled: _cancelled,
    ServiceCancellationWithdrawn: _withdrawn,
    SubscriptionCancellationRequested: _asked_people,
}
