"""The keys by which clients themselves reach their accounts, stream `client-keys`.

State, commands, decider and fold together, as they are this small. Pure; anyone above the domain may import
it. Secrets and their hashes are never in here, and nothing of the short-lived tokens that keys are changed
into.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.domain.events.client_keys import ClientKeyIssued, ClientKeyRevoked
from service.domain.refusals import Refusal, RefusalCode
from service.domain.values import value

if TYPE_CHECKING:
    from service.domain.events import Event


@value(kw_only=True)
class IssueClientKey:
    """Let whoever has the key act for a client, of whom the caller knows that there is one."""

    key_id: str
    client_id: int
    name: str


@value(kw_only=True)
class RevokeClientKey:
    """Let a key open nothing any more."""

    key_id: str


ClientKeyCommand = IssueClientKey | RevokeClientKey


@value(kw_only=True)
class ClientKey:
    """A key that was not revoked."""

    client_id: int
    name: str
    issued_at: str


@dataclass(slots=True)
class ClientKeysState:
    """The keys that work, by identifier, the oldest first."""

    keys: dict[str, ClientKey] = field(default_factory=dict)


def decide(state: ClientKeysState, command: ClientKeyCommand, now: str) -> tuple[Event, ...] | Refusal:
    """One event; CREDENTIAL_NOT_FOUND for a key that is none (any more)."""
    if isinstance(command, IssueClientKey):
        return (
            ClientKeyIssued(
                key_id=command.key_id, client_id=command.client_id, name=command.name, issued_at=now
            ),
        )
    if command.key_id not in state.keys:
        return Refusal(RefusalCode.CREDENTIAL_NOT_FOUND, command.key_id)
    return (ClientKeyRevoked(key_id=command.key_id, revoked_at=now),)


def evolve(state: ClientKeysState, event: Event) -> ClientKeysState:
    """Apply one event to `state` itself and return it. Raises TypeError for an event of another stream."""
    if isinstance(event, ClientKeyIssued):
        state.keys[event.key_id] = ClientKey(
            client_id=event.client_id, name=event.name, issued_at=event.issued_at
        )
    elif isinstance(event, ClientKeyRevoked):
        del state.keys[event.key_id]
    else:
        raise TypeError(f"the keys of clients cannot apply the event {event!r}")
    return state
