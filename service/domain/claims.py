"""The names that events hold, each unique in its lane: the log refuses an event whose name is taken.

They also lead a command from an invoice number to its stream. The claim on an e-mail address is not here:
it is made with a secret. Pure; anyone above the domain may import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.domain.events import AdminAdded, CredentialIssued, CredentialRevoked, InvoiceIssued

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


_CLAIMS: dict[type[Event], Callable[[Any], str]] = {
    InvoiceIssued: lambda event: invoice_claim(event.invoice_id),
    AdminAdded: lambda event: admin_claim(event.admin_id),
    CredentialIssued: lambda event: credential_claim(event.identifier),
}
_RELEASES: dict[type[Event], Callable[[Any], str]] = {
    CredentialRevoked: lambda event: credential_claim(event.identifier)
}


def claims(events: tuple[Event, ...]) -> tuple[str, ...]:
    """The names that `events` take."""
    return tuple([_CLAIMS[type(event)](event) for event in events if type(event) in _CLAIMS])


def releases(events: tuple[Event, ...]) -> tuple[str, ...]:
    """The names that `events` give back."""
    return tuple([_RELEASES[type(event)](event) for event in events if type(event) in _RELEASES])
