"""The names that events hold, each unique in its lane: the log refuses an event whose name is taken.

They also lead a command from an invoice number to its stream. The claim on an e-mail address is not here:
it is made with a secret. Pure; anyone above the domain may import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events import AdminAdded, CredentialIssued, CredentialRevoked, InvoiceIssued

if TYPE_CHECKING:
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


def claims(event: Event) -> tuple[str, ...]:
    """The names `event` takes."""
    match event:
        case InvoiceIssued():
            return (invoice_claim(event.invoice_id),)
        case AdminAdded():
            return (admin_claim(event.admin_id),)
        case CredentialIssued():
            return (credential_claim(event.identifier),)
        case _:
            return ()


def releases(event: Event) -> tuple[str, ...]:
    """The names `event` gives back."""
    if isinstance(event, CredentialRevoked):
        return (credential_claim(event.identifier),)
    return ()
