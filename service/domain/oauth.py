"""OAuth credentials of applications, stream `oauth`: kept for whoever serves tokens and single sign-on.

State, commands, decider and fold together, as they are this small. Pure; anyone above the domain may
import it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from service.domain.events.oauth import (
    OAuthCredentialCreated,
    OAuthCredentialDeleted,
    OAuthCredentialUpdated,
    OAuthSecretReset,
)
from service.domain.refusals import Refusal, RefusalCode
from service.domain.values import value

if TYPE_CHECKING:
    from service.domain.events import Event

AUTHORIZATION_CODE = "authorization_code"
SINGLE_SIGN_ON = "single_sign_on"


@value(kw_only=True)
class Description:
    """What a credential is for. Fields as in `OAuthCredentialCreated`."""

    grant_type: str
    scopes: tuple[str, ...]
    name: str = ""
    description: str = ""
    service_id: int = 0
    logo_uri: str = ""
    redirect_uris: tuple[str, ...] = ()


@value(kw_only=True)
class OAuthCredential:
    """A credential that was not deleted."""

    credential_id: int
    client_identifier: str
    secret_id: str
    about: Description
    created_at: str
    updated_at: str


@value(kw_only=True)
class CreateOAuthCredential:
    """Make a credential; the secret is kept already under `secret_id`."""

    client_identifier: str
    secret_id: str
    about: Description


@value(kw_only=True)
class UpdateOAuthCredential:
    """Change those fields of the description that are given, and the secret if there is a new one."""

    credential_id: int
    changes: dict[str, Any]
    """Fields of `Description` by name."""
    secret_id: str = ""


@value(kw_only=True)
class DeleteOAuthCredential:
    """Remove a credential for good."""

    credential_id: int


OAuthCommand = CreateOAuthCredential | UpdateOAuthCredential | DeleteOAuthCredential


@dataclass(slots=True)
class OAuthState:
    """The credentials by number, oldest first, and the highest number ever given."""

    credentials: dict[int, OAuthCredential] = field(default_factory=dict)
    last_id: int = 0


def initial_state() -> OAuthState:
    """No application is known."""
    return OAuthState()


def decide(state: OAuthState, command: OAuthCommand, now: str) -> tuple[Event, ...] | Refusal:
    """The command's events. Refuses an unknown number, and a description that lacks what its grant needs."""
    if isinstance(command, CreateOAuthCredential):
        return missing(command.about) or (
            OAuthCredentialCreated(
                credential_id=state.last_id + 1,
                client_identifier=command.client_identifier,
                secret_id=command.secret_id,
                created_at=now,
                **_described(command.about),
            ),
        )
    known = state.credentials.get(command.credential_id)
    if known is None:
        return Refusal(RefusalCode.OAUTH_CREDENTIAL_NOT_FOUND, str(command.credential_id))
    if isinstance(command, DeleteOAuthCredential):
        return (OAuthCredentialDeleted(credential_id=command.credential_id),)
    about = replace(known.about, **command.changes)
    updated = OAuthCredentialUpdated(credential_id=known.credential_id, updated_at=now, **_described(about))
    reset = OAuthSecretReset(credential_id=known.credential_id, secret_id=command.secret_id, reset_at=now)
    return missing(about) or ((updated, reset) if command.secret_id else (updated,))


def missing(about: Description) -> Refusal | None:
    """What the grant needs and the description does not have: a name, or a service."""
    if about.grant_type == AUTHORIZATION_CODE and not about.name:
        return Refusal(RefusalCode.OAUTH_NAME_MISSING)
    if about.grant_type == SINGLE_SIGN_ON and not about.service_id:
        return Refusal(RefusalCode.OAUTH_SERVICE_MISSING)
    return None


def evolve(state: OAuthState, event: Event) -> OAuthState:
    """Apply one event to `state` itself and return it. Raises TypeError for an event of another stream."""
    match event:
        case OAuthCredentialCreated():
            state.last_id = event.credential_id
            state.credentials[event.credential_id] = OAuthCredential(
                credential_id=event.credential_id,
                client_identifier=event.client_identifier,
                secret_id=event.secret_id,
                about=Description(**_described(event)),
                created_at=event.created_at,
                updated_at=event.created_at,
            )
        case OAuthCredentialUpdated():
            about = Description(**_described(event))
            _change(state, event.credential_id, about=about, updated_at=event.updated_at)
        case OAuthSecretReset():
            _change(state, event.credential_id, secret_id=event.secret_id, updated_at=event.reset_at)
        case OAuthCredentialDeleted():
            del state.credentials[event.credential_id]
        case _:
            raise TypeError(f"the OAuth credentials cannot apply the event {event!r}")
    return state


_DESCRIBED = tuple(known.name for known in fields(Description))


def _described(source: Description | Event) -> dict[str, Any]:
    return {name: getattr(source, name) for name in _DESCRIBED}


def _change(state: OAuthState, credential_id: int, **changes: Any) -> None:
    state.credentials[credential_id] = replace(state.credentials[credential_id], **changes)
