"""Who may act on the ledger, stream `access`: admins, API credentials with their roles, allowed addresses.

Secrets and their hashes are never in here. State and fold; what is decided on them is in `access_rules`.
Pure; anyone above the domain may import it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from service.domain.events.access import (
    AccessKeyRemoved,
    AccessKeySet,
    AddressAllowed,
    AddressRemoved,
    AdminAdded,
    AdminDisabled,
    AdminEnabled,
    AdminPasswordSet,
    CredentialFeedLimited,
    CredentialIssued,
    CredentialRestricted,
    CredentialRevoked,
    CredentialUnrestricted,
    RoleDefined,
    RoleRemoved,
)
from service.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.events import Event


@value(kw_only=True)
class Admin:
    """Somebody who may act in the ledger's name."""

    name: str
    is_enabled: bool = True
    secret_id: str = ""
    """Names the hash of the password's MD5; "" for an admin who cannot log in."""


@value(kw_only=True)
class FeedLimits:
    """What a credential may follow of the events; no types or clients named is all of them."""

    types: tuple[str, ...] = ()
    clients: tuple[int, ...] = ()
    is_personal: bool = False


@value(kw_only=True)
class Credential:
    """An API credential that was not revoked."""

    name: str
    admin_id: int
    roles: tuple[str, ...] | None = None
    """What it is restricted to; None if it may do everything, as every credential may at first."""
    feed: FeedLimits = FeedLimits()


@dataclass(slots=True)
class AccessState:
    """Admins by number; by their names credentials, roles with their actions, addresses with notes."""

    admins: dict[int, Admin] = field(default_factory=dict)
    credentials: dict[str, Credential] = field(default_factory=dict)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    access_key_id: str = ""
    """Names the hash of the access key; "" where there is none."""


def initial_state() -> AccessState:
    """Nobody may do anything."""
    return AccessState()


def evolve(state: AccessState, event: Event) -> AccessState:
    """Apply one event to `state` itself and return it. Raises TypeError for an event of another stream."""
    apply = _FOLDS.get(type(event))
    if apply is None:
        raise TypeError(f"the access list cannot apply the event {event!r}")
    apply(state, event)
    return state


def _admin_added(state: AccessState, event: AdminAdded) -> None:
    state.admins[event.admin_id] = Admin(name=event.name)


def _password_set(state: AccessState, event: AdminPasswordSet) -> None:
    state.admins[event.admin_id] = replace(state.admins[event.admin_id], secret_id=event.secret_id)


def _admin_disabled(state: AccessState, event: AdminDisabled) -> None:
    state.admins[event.admin_id] = replace(state.admins[event.admin_id], is_enabled=False)


def _admin_enabled(state: AccessState, event: AdminEnabled) -> None:
    state.admins[event.admin_id] = replace(state.admins[event.admin_id], is_enabled=True)


def _credential_issued(state: AccessState, event: CredentialIssued) -> None:
    state.credentials[event.identifier] = Credential(name=event.name, admin_id=event.admin_id)


def _credential_restricted(state: AccessState, event: CredentialRestricted) -> None:
    state.credentials[event.identifier] = replace(state.credentials[event.identifier], roles=event.roles)


def _credential_unrestricted(state: AccessState, event: CredentialUnrestricted) -> None:
    state.credentials[event.identifier] = replace(state.credentials[event.identifier], roles=None)


def _credential_feed_limited(state: AccessState, event: CredentialFeedLimited) -> None:
    limits = FeedLimits(types=event.types, clients=event.clients, is_personal=event.is_personal)
    state.credentials[event.identifier] = replace(state.credentials[event.identifier], feed=limits)


def _credential_revoked(state: AccessState, event: CredentialRevoked) -> None:
    del state.credentials[event.identifier]


def _role_defined(state: AccessState, event: RoleDefined) -> None:
    state.roles[event.name] = event.actions


def _role_removed(state: AccessState, event: RoleRemoved) -> None:
    del state.roles[event.name]


def _address_allowed(state: AccessState, event: AddressAllowed) -> None:
    state.addresses[event.address] = event.note


def _address_removed(state: AccessState, event: AddressRemoved) -> None:
    del state.addresses[event.address]


def _access_key_set(state: AccessState, event: AccessKeySet) -> None:
    state.access_key_id = event.secret_id


def _access_key_removed(state: AccessState, event: AccessKeyRemoved) -> None:
    del event
    state.access_key_id = ""


_FOLDS: dict[type[Event], Callable[[AccessState, Any], None]] = {
    AdminAdded: _admin_added,
    AdminPasswordSet: _password_set,
    AdminDisabled: _admin_disabled,
    AdminEnabled: _admin_enabled,
    CredentialIssued: _credential_issued,
    CredentialRestricted: _credential_restricted,
    CredentialUnrestricted: _credential_unrestricted,
    CredentialFeedLimited: _credential_feed_limited,
    CredentialRevoked: _credential_revoked,
    RoleDefined: _role_defined,
    RoleRemoved: _role_removed,
    AddressAllowed: _address_allowed,
    AddressRemoved: _address_removed,
    AccessKeySet: _access_key_set,
    AccessKeyRemoved: _access_key_removed,
}
