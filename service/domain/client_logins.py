"""How one client logs in itself, stream `login-7`: by which password, and whether with a code.

State, commands, decider and fold together, as they are this small. Apart from the account, which is long:
whoever tries a password must not make anybody fold it. Secrets and their hashes are never in here, only the
names under which they are kept. Pure; anyone above the domain may import it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.domain.events.client_logins import (
    ClientPasswordChanged,
    ClientTotpDisabled,
    ClientTotpEnabled,
)
from service.domain.refusals import Refusal, RefusalCode
from service.domain.values import value

if TYPE_CHECKING:
    from service.domain.events import Event


@value(kw_only=True)
class SetClientPassword:
    """Let a password open the account, if the one before is still the one that the caller knows of."""

    client_id: int
    password_id: str
    previous_id: str


@value(kw_only=True)
class EnableClientTotp:
    """Ask for a code, too."""

    client_id: int
    totp_id: str


@value(kw_only=True)
class DisableClientTotp:
    """Ask for no code any more."""

    client_id: int


ClientLoginCommand = SetClientPassword | EnableClientTotp | DisableClientTotp


@dataclass(slots=True)
class ClientLoginState:
    """Names under which secrets are kept, "" for none."""

    password_id: str = ""
    totp_id: str = ""


def decide(state: ClientLoginState, command: ClientLoginCommand, now: str) -> tuple[Event, ...] | Refusal:
    """One event; STALE for a password set by somebody else meanwhile, TOTP_ENABLED, TOTP_NOT_ENABLED."""
    client_id = command.client_id
    match command:
        case SetClientPassword():
            if command.previous_id != state.password_id:
                return Refusal(RefusalCode.STALE)
            return (
                ClientPasswordChanged(client_id=client_id, password_id=command.password_id, changed_at=now),
            )
        case EnableClientTotp():
            if state.totp_id:
                return Refusal(RefusalCode.TOTP_ENABLED, str(client_id))
            return (ClientTotpEnabled(client_id=client_id, totp_id=command.totp_id, enabled_at=now),)
        case DisableClientTotp():
            if not state.totp_id:
                return Refusal(RefusalCode.TOTP_NOT_ENABLED, str(client_id))
            return (ClientTotpDisabled(client_id=client_id, disabled_at=now),)


def evolve(state: ClientLoginState, event: Event) -> ClientLoginState:
    """Apply one event to `state` itself and return it. Raises TypeError for an event of another stream."""
    match event:
        case ClientPasswordChanged():
            state.password_id = event.password_id
        case ClientTotpEnabled():
            state.totp_id = event.totp_id
        case ClientTotpDisabled():
            state.totp_id = ""
        case _:
            raise TypeError(f"the login of a client cannot apply the event {event!r}")
    return state
