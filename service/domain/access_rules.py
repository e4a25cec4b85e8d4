"""What is decided on the access list: one command in, its events or a refusal out.

Pure; anyone above the domain may import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.domain.access_commands import (
    AccessCommand,
    AddAdmin,
    AllowAddress,
    ChangeRole,
    CreateRole,
    DisableAdmin,
    EnableAdmin,
    IssueCredential,
    LimitFeed,
    RemoveAccessKey,
    RemoveAddress,
    RemoveRole,
    RestrictCredential,
    RevokeCredential,
    SetAccessKey,
    SetAdminPassword,
    UnrestrictCredential,
)
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
from service.domain.refusals import Refusal, RefusalCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.access import AccessState
    from service.domain.events import Event

Answer = tuple["Event", ...] | Refusal


def decide(state: AccessState, command: AccessCommand) -> Answer:
    """What `command` does to the access list in `state`, which is left as it is."""
    return _DECIDERS[type(command)](state, command)


def _add_admin(state: AccessState, command: AddAdmin) -> Answer:
    # Letter case tells no two admins apart: they log in by name, and WHMCS takes any case there.
    if any(admin.name.casefold() == command.name.casefold() for admin in state.admins.values()):
        return Refusal(RefusalCode.ADMIN_EXISTS, command.name)
    return (AdminAdded(admin_id=max(state.admins, default=0) + 1, name=command.name),)


def _set_admin_password(state: AccessState, command: SetAdminPassword) -> Answer:
    if command.admin_id not in state.admins:
        return _no_admin(command.admin_id)
    return (AdminPasswordSet(admin_id=command.admin_id, secret_id=command.secret_id),)


def _disable_admin(state: AccessState, command: DisableAdmin) -> Answer:
    admin = state.admins.get(command.admin_id)
    if admin is None:
        return _no_admin(command.admin_id)
    if not admin.is_enabled:
        return Refusal(RefusalCode.ADMIN_DISABLED, admin.name)
    return (AdminDisabled(admin_id=command.admin_id),)


def _enable_admin(state: AccessState, command: EnableAdmin) -> Answer:
    admin = state.admins.get(command.admin_id)
    if admin is None:
        return _no_admin(command.admin_id)
    if admin.is_enabled:
        return Refusal(RefusalCode.ADMIN_NOT_DISABLED, admin.name)
    return (AdminEnabled(admin_id=command.admin_id),)


def _issue_credential(state: AccessState, command: IssueCredential) -> Answer:
    admin = state.admins.get(command.admin_id)
    if admin is None:
        return _no_admin(command.admin_id)
    if not admin.is_enabled:
        return Refusal(RefusalCode.ADMIN_DISABLED, admin.name)
    issued = CredentialIssued(identifier=command.identifier, name=command.name, admin_id=command.admin_id)
    if command.roles is None:
        return (issued,)
    return _unknown_role(state, command.roles) or (
        issued,
        CredentialRestricted(identifier=command.identifier, roles=command.roles),
    )


def _restrict_credential(state: AccessState, command: RestrictCredential) -> Answer:
    if command.identifier not in state.credentials:
        return Refusal(RefusalCode.CREDENTIAL_NOT_FOUND, command.identifier)
    return _unknown_role(state, command.roles) or (
        CredentialRestricted(identifier=command.identifier, roles=command.roles),
    )


def _unrestrict_credential(state: AccessState, command: UnrestrictCredential) -> Answer:
    if command.identifier not in state.credentials:
        return Refusal(RefusalCode.CREDENTIAL_NOT_FOUND, command.identifier)
    return (CredentialUnrestricted(identifier=command.identifier),)


def _limit_feed(state: AccessState, command: LimitFeed) -> Answer:
    if command.identifier not in state.credentials:
        return Refusal(RefusalCode.CREDENTIAL_NOT_FOUND, command.identifier)
    return (
        CredentialFeedLimited(
            identifier=command.identifier,
            types=command.types,
            clients=command.clients,
            is_personal=command.is_personal,
        ),
    )


def _revoke_credential(state: AccessState, command: RevokeCredential) -> Answer:
    if command.identifier not in state.credentials:
        return Refusal(RefusalCode.CREDENTIAL_NOT_FOUND, command.identifier)
    return (CredentialRevoked(identifier=command.identifier),)


def _create_role(state: AccessState, command: CreateRole) -> Answer:
    if command.name in state.roles:
        return Refusal(RefusalCode.ROLE_EXISTS, command.name)
    return (RoleDefined(name=command.name, actions=command.actions),)


def _change_role(state: AccessState, command: ChangeRole) -> Answer:
    return _unknown_role(state, (command.name,)) or (RoleDefined(name=command.name, actions=command.actions),)


def _remove_role(state: AccessState, command: RemoveRole) -> Answer:
    for identifier, credential in state.credentials.items():
        if command.name in (credential.roles or ()):
            return Refusal(RefusalCode.ROLE_IN_USE, identifier)
    return _unknown_role(state, (command.name,)) or (RoleRemoved(name=command.name),)


def _allow_address(state: AccessState, command: AllowAddress) -> Answer:
    if command.address in state.addresses:
        return Refusal(RefusalCode.ADDRESS_EXISTS, command.address)
    return (AddressAllowed(address=command.address, note=command.note),)


def _remove_address(state: AccessState, command: RemoveAddress) -> Answer:
    if command.address not in state.addresses:
        return Refusal(RefusalCode.ADDRESS_NOT_FOUND, command.address)
    if len(state.addresses) == 1 and not command.may_open_to_all:
        return Refusal(RefusalCode.LAST_ADDRESS, command.address)
    return (AddressRemoved(address=command.address),)


def _set_access_key(state: AccessState, command: SetAccessKey) -> Answer:
    del state
    return (AccessKeySet(secret_id=command.secret_id),)


def _remove_access_key(state: AccessState, command: RemoveAccessKey) -> Answer:
    del command
    return (AccessKeyRemoved(),) if state.access_key_id else Refusal(RefusalCode.ACCESS_KEY_NOT_FOUND)


def _no_admin(admin_id: int) -> Refusal:
    return Refusal(RefusalCode.ADMIN_NOT_FOUND, str(admin_id))


def _unknown_role(state: AccessState, roles: tuple[str, ...]) -> Refusal | None:
    for role in roles:
        if role not in state.roles:
            return Refusal(RefusalCode.ROLE_NOT_FOUND, role)
    return None


_DECIDERS: dict[type, Callable[[AccessState, Any], Answer]] = {
    AddAdmin: _add_admin,
    SetAdminPassword: _set_admin_password,
    DisableAdmin: _disable_admin,
    EnableAdmin: _enable_admin,
    IssueCredential: _issue_credential,
    RestrictCredential: _restrict_credential,
    UnrestrictCredential: _unrestrict_credential,
    LimitFeed: _limit_feed,
    RevokeCredential: _revoke_credential,
    CreateRole: _create_role,
    ChangeRole: _change_role,
    RemoveRole: _remove_role,
    AllowAddress: _allow_address,
    RemoveAddress: _remove_address,
    SetAccessKey: _set_access_key,
    RemoveAccessKey: _remove_access_key,
}
