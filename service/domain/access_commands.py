"""What may be asked of the access list: commands on the stream `access`, all from the operator.

Their values are checked and in their one spelling when they come here. Pure; anyone above the domain may
import it.
"""

from __future__ import annotations

from service.domain.values import value


@value(kw_only=True)
class AddAdmin:
    """Let somebody act in the ledger's name."""

    name: str


@value(kw_only=True)
class SetAdminPassword:
    """Let an admin log in; `secret_id` names the hash of the password's MD5, which is kept already."""

    admin_id: int
    secret_id: str


@value(kw_only=True)
class DisableAdmin:
    """Stop an admin, and the credentials that act in the admin's name."""

    admin_id: int


@value(kw_only=True)
class EnableAdmin:
    """Undo `DisableAdmin`."""

    admin_id: int


@value(kw_only=True)
class IssueCredential:
    """Give an admin an API credential. That `identifier` is not in use is held by its claim in the log."""

    identifier: str
    name: str
    admin_id: int
    roles: tuple[str, ...] | None = None
    """What restricts it; None for a credential that may do everything."""


@value(kw_only=True)
class RestrictCredential:
    """Let a credential do what one of these roles allows, and nothing else."""

    identifier: str
    roles: tuple[str, ...]


@value(kw_only=True)
class UnrestrictCredential:
    """Let a credential do everything."""

    identifier: str


@value(kw_only=True)
class LimitFeed:
    """Let a credential follow these events and no others; no types or clients named is all of them."""

    identifier: str
    types: tuple[str, ...]
    clients: tuple[int, ...]
    is_personal: bool


@value(kw_only=True)
class RevokeCredential:
    """Stop an API credential from working."""

    identifier: str


@value(kw_only=True)
class CreateRole:
    """Make a role that allows these actions, lower-case names."""

    name: str
    actions: tuple[str, ...]


@value(kw_only=True)
class ChangeRole:
    """Let a role allow exactly these actions from now on."""

    name: str
    actions: tuple[str, ...]


@value(kw_only=True)
class RemoveRole:
    """Remove a role that no credential is restricted to."""

    name: str


@value(kw_only=True)
class AllowAddress:
    """Put an address or network on the list of those that calls may come from."""

    address: str
    note: str


@value(kw_only=True)
class RemoveAddress:
    """Take an address off the list; the last one only if calls may come from anywhere after it."""

    address: str
    may_open_to_all: bool = False


@value(kw_only=True)
class SetAccessKey:
    """Let whoever sends the access key call from anywhere; `secret_id` names its hash, kept already."""

    secret_id: str


@value(kw_only=True)
class RemoveAccessKey:
    """Let nobody pass the list of addresses by a key."""


AccessCommand = (
    AddAdmin
    | SetAdminPassword
    | DisableAdmin
    | EnableAdmin
    | IssueCredential
    | RestrictCredential
    | UnrestrictCredential
    | LimitFeed
    | RevokeCredential
    | CreateRole
    | ChangeRole
    | RemoveRole
    | AllowAddress
    | RemoveAddress
    | SetAccessKey
    | RemoveAccessKey
)
