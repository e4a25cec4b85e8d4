"""Who may act on the ledger, stream `access`: admins, and the API credentials that act in their name.

Secrets and their hashes are never in here. State, commands, decider and fold together, as they are this
small. Pure; anyone above the domain may import it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.domain.events import AdminAdded, CredentialIssued, CredentialRevoked
from service.domain.refusals import Refusal, RefusalCode

if TYPE_CHECKING:
    from service.domain.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAdmin:
    """Let somebody act in the ledger's name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCredential:
    """Give an admin an API credential. That `identifier` is not in use is held by its claim in the log."""

    identifier: str
    name: str
    admin_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeCredential:
    """Stop an API credential from working."""

    identifier: str


AccessCommand = AddAdmin | IssueCredential | RevokeCredential


@dataclass(slots=True)
class AccessState:
    """Names of admins by number, and the credentials that work now by identifier."""

    admins: dict[int, str] = field(default_factory=dict)
    credentials: dict[str, CredentialIssued] = field(default_factory=dict)


def initial_state() -> AccessState:
    """Nobody may do anything."""
    return AccessState()


def decide(state: AccessState, command: AccessCommand) -> tuple[Event, ...] | Refusal:
    """`admin.added`, `credential.issued` or `credential.revoked`; ADMIN_NOT_FOUND, CREDENTIAL_NOT_FOUND."""
    if isinstance(command, AddAdmin):
        return (AdminAdded(admin_id=max(state.admins, default=0) + 1, name=command.name),)
    if isinstance(command, IssueCredential):
        if command.admin_id not in state.admins:
            return Refusal(RefusalCode.ADMIN_NOT_FOUND, str(command.admin_id))
        return (
            CredentialIssued(identifier=command.identifier, name=command.name, admin_id=command.admin_id),
        )
    if command.identifier not in state.credentials:
        return Refusal(RefusalCode.CREDENTIAL_NOT_FOUND, command.identifier)
    return (CredentialRevoked(identifier=command.identifier),)


def evolve(state: AccessState, event: Event) -> AccessState:
    """Apply one event to `state` itself and return it. Raises TypeError for an event of another stream."""
    match event:
        case AdminAdded():
            state.admins[event.admin_id] = event.name
        case CredentialIssued():
            state.credentials[event.identifier] = event
        case CredentialRevoked():
            del state.credentials[event.identifier]
        case _:
            raise TypeError(f"the access list cannot apply the event {event!r}")
    return state
