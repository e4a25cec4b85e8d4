"""The names that events hold, each unique in its lane: the log refuses an event whose name is taken.

They also lead a command from an invoice number to its stream. Names of e-mail addresses are made outside,
with a secret, and stand in the events; those of new accounts and contacts come with their commands. Pure;
anyone above the domain may import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.domain.events import (
    AdminAdded,
    CredentialIssued,
    CredentialRevoked,
    InvoiceIssued,
    TransactionCorrected,
)
from service.domain.events.client_keys import ClientKeyIssued, ClientKeyRevoked
from service.domain.events.clients import (
    AccountDeleted,
    AccountProfileChanged,
    ContactAdded,
    ContactChanged,
    ContactRemoved,
    PersonErased,
)
from service.domain.events.services import ServiceChanged, ServiceRegistered
from service.domain.service_commands import ENDED

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.events import Event


def invoice_claim(invoice_id: int) -> str:
    """The name that belongs to the stream of an invoice."""
    return f"invoice:{invoice_id}"


def admin_claim(admin_id: int) -> str:
    """The name that shows that an admin exists."""
    return f"admin:{admin_id}"


def credential_claim(identifier: str) -> str:
    """The name that an API credential holds while it works."""
    return f"credential:{identifier}"


def client_key_claim(key_id: str) -> str:
    """The name that a client's key holds while it works."""
    return f"client-key:{key_id}"


def reference_claim(reference: str) -> str:
    """The name that a gateway's number holds, so that two transactions at once cannot both be its first."""
    return f"transid:{reference}"


def contact_claim(contact_id: int) -> str:
    """The name that belongs to the stream of a contact's account."""
    return f"contact:{contact_id}"


def deletion_claim(client_id: int) -> str:
    """The name that shows that an account was deleted: reads ask for it."""
    return f"deleted:{client_id}"


def service_claim(service_id: int) -> str:
    """The name that belongs to the stream of a service's account."""
    return f"service:{service_id}"


def server_claim(server_id: int) -> str:
    """The name that a server holds while a service has it."""
    return f"server:{server_id}"


def _taken_back(event: ServiceChanged) -> bool | None:
    """Whether the service has its server again, or (False) no more; None if nothing about that changed."""
    before, after = event.previous.get("status"), event.changes.get("status")
    if (before in ENDED) == (after in ENDED):
        return None
    return before in ENDED


_CLAIMS: dict[type[Event], Callable[[Any], tuple[str, ...]]] = {
    InvoiceIssued: lambda event: (invoice_claim(event.invoice_id),),
    AdminAdded: lambda event: (admin_claim(event.admin_id),),
    CredentialIssued: lambda event: (credential_claim(event.identifier),),
    ClientKeyIssued: lambda event: (client_key_claim(event.key_id),),
    AccountDeleted: lambda event: (deletion_claim(event.client_id),),
    AccountProfileChanged: lambda event: (event.email_name,),
    ContactAdded: lambda event: (contact_claim(event.contact_id),),
    ContactChanged: lambda event: (event.email_name,),
    ServiceRegistered: lambda event: (
        service_claim(event.service_id),
        "" if event.status in ENDED else server_claim(event.server_id),
    ),
    ServiceChanged: lambda event: (server_claim(event.server_id),) if _taken_back(event) else (),
}
_RELEASES: dict[type[Event], Callable[[Any], tuple[str, ...]]] = {
    CredentialRevoked: lambda event: (credential_claim(event.identifier),),
    ClientKeyRevoked: lambda event: (client_key_claim(event.key_id),),
    TransactionCorrected: lambda event: (
        reference_claim(event.previous_reference) if event.reference != event.previous_reference else "",
    ),
    AccountProfileChanged: lambda event: (event.previous_email_name,),
    ContactChanged: lambda event: (event.previous_email_name,),
    ContactRemoved: lambda event: (event.previous_email_name,),
    AccountDeleted: lambda event: (*(event.released_names or ()), *map(server_claim, event.servers)),
    PersonErased: lambda event: tuple(event.released_names or ()),
    ServiceChanged: lambda event: (server_claim(event.server_id),) if _taken_back(event) is False else (),
}

CLAIMING: frozenset[type[Event]] = frozenset({*_CLAIMS, *_RELEASES})
"""The events that take or give back names by themselves."""


def claims(events: tuple[Event, ...]) -> tuple[str, ...]:
    """The names that `events` take."""
    return _names(_CLAIMS, events)


def releases(events: tuple[Event, ...]) -> tuple[str, ...]:
    """The names that `events` give back."""
    return _names(_RELEASES, events)


def _names(
    told: dict[type[Event], Callable[[Any], tuple[str, ...]]], events: tuple[Event, ...]
) -> tuple[str, ...]:
    return tuple(
        [name for event in events if type(event) in told for name in told[type(event)](event) if name]
    )
