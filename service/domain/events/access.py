"""Facts about who may use the ledger: admins, API credentials, roles, allowed addresses, the access key.

Who did it stands in each event's metadata. No secret is in here, nor a hash of one: `secret_id` is the name
under which a hash is kept beside the log.
"""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class AdminAdded(Event):
    """Somebody may act in the ledger's name."""

    TYPE = "admin.added"
    admin_id: int
    name: str


@value(kw_only=True)
class AdminPasswordSet(Event):
    """The admin may log in by name and password; an earlier password no longer counts."""

    TYPE = "admin.password_set"
    admin_id: int
    secret_id: str


@value(kw_only=True)
class AdminDisabled(Event):
    """The admin may do nothing, nor may the credentials that act in the admin's name."""

    TYPE = "admin.disabled"
    admin_id: int


@value(kw_only=True)
class AdminEnabled(Event):
    """A disabled admin may act again."""

    TYPE = "admin.enabled"
    admin_id: int


@value(kw_only=True)
class CredentialIssued(Event):
    """An API credential exists; the hash of its secret lives beside the log, never in it.

    It may do everything until it is restricted.
    """

    TYPE = "credential.issued"
    identifier: str
    name: str
    admin_id: int


@value(kw_only=True)
class CredentialRestricted(Event):
    """From now on the credential may do what one of these roles allows, and nothing else."""

    TYPE = "credential.restricted"
    LISTS = ("roles",)
    identifier: str
    roles: tuple[str, ...]
    """Names of roles; earlier ones no longer count."""


@value(kw_only=True)
class CredentialUnrestricted(Event):
    """From now on the credential may do everything."""

    TYPE = "credential.unrestricted"
    identifier: str


@value(kw_only=True)
class CredentialFeedLimited(Event):
    """Of the events the credential may follow these types and clients; none named is all of them."""

    TYPE = "credential.feed_limited"
    LISTS = ("types", "clients")
    identifier: str
    types: tuple[str, ...]
    """Names such as `credit.added`, or patterns such as `invoice.*`."""
    clients: tuple[int, ...]
    is_personal: bool
    """Whether it may read personal data there."""


@value(kw_only=True)
class CredentialRevoked(Event):
    """An API credential stopped working."""

    TYPE = "credential.revoked"
    identifier: str


@value(kw_only=True)
class RoleDefined(Event):
    """The role of this name allows exactly these actions, whatever it allowed before."""

    TYPE = "role.defined"
    LISTS = ("actions",)
    name: str
    actions: tuple[str, ...]
    """Lower-case names of actions, sorted."""


@value(kw_only=True)
class RoleRemoved(Event):
    """There is no role of this name any more."""

    TYPE = "role.removed"
    name: str


@value(kw_only=True)
class AddressAllowed(Event):
    """Calls may come from there. While no address is allowed, they may come from anywhere."""

    TYPE = "address.allowed"
    address: str
    """An IP address, or a network in CIDR notation."""
    note: str


@value(kw_only=True)
class AddressRemoved(Event):
    """The address is not on the list any more."""

    TYPE = "address.removed"
    address: str


@value(kw_only=True)
class AccessKeySet(Event):
    """Whoever sends the access key may call from any address; an earlier key no longer counts."""

    TYPE = "access_key.set"
    secret_id: str


@value(kw_only=True)
class AccessKeyRemoved(Event):
    """There is no access key."""

    TYPE = "access_key.removed"


ACCESS_EVENTS: tuple[type[Event], ...] = (
    AdminAdded,
    AdminPasswordSet,
    AdminDisabled,
    AdminEnabled,
    CredentialIssued,
    CredentialRestricted,
    CredentialUnrestricted,
    CredentialRevoked,
    CredentialFeedLimited,
    RoleDefined,
    RoleRemoved,
    AddressAllowed,
    AddressRemoved,
    AccessKeySet,
    AccessKeyRemoved,
)
