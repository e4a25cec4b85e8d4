"""One sentence for each kind of event about services. Pure. `sentences` puts these beside the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.audit.wording import amount_of, listed, plain, quoted
from service.domain.events.services import (
    ServiceChanged,
    ServiceRegistered,
    ServiceRenewalInvoiced,
    ServiceRenewed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.audit.money_sentences import About
    from service.domain.events import Event

_AMOUNTS = frozenset({"price", "setup_fee"})


def _registered(event: ServiceRegistered, _about: About) -> str:
    price = amount_of(event.price, event.currency)
    due = f", due {event.next_due_date}" if event.next_due_date else ""
    paid = f", paid with {amount_of(event.paid_before, event.currency)}" if event.paid_before else ""
    return (
        f"Service {event.service_id}{quoted(event.product)} on server {event.server_id} was registered: "
        f"{price}, {plain(event.cycle)}{due}{paid}; it is {plain(event.status)}."
    )


def _changed(event: ServiceChanged, about: About) -> str:
    changes = [
        f"{name.replace('_', ' ')} {_told(name, told, about)} instead of "
        f"{_told(name, event.previous[name], about)}"
        for name, told in event.changes.items()
    ]
    return f"Service {event.service_id} was changed: {listed(changes) or 'nothing'}."


def _told(name: str, told: object, about: About) -> str:
    if isinstance(told, bool):
        return "yes" if told else "no"
    if isinstance(told, list):
        return f"{len(told)} lines"
    if name in _AMOUNTS and isinstance(told, int):
        return amount_of(told, about.currency)
    return plain(str(told)) or "none"


def _invoiced(event: ServiceRenewalInvoiced, about: About) -> str:
    return (
        f"Service {event.service_id} from {event.period_from} until {event.period_to}, "
        f"{amount_of(event.amount, about.currency)}, was put on invoice {event.invoice_id}."
    )


def _renewed(event: ServiceRenewed, _about: About) -> str:
    return (
        f"Service {event.service_id} was renewed by invoice {event.invoice_id}: it is due again on "
        f"{event.next_due_date} instead of {event.previous_due_date}."
    )


SERVICE_SENTENCES: dict[type[Event], Callable[[Any, About], str]] = {
    ServiceRegistered: _registered,
    ServiceChanged: _changed,
    ServiceRenewalInvoiced: _invoiced,
    ServiceRenewed: _renewed,
}
