"""Facts about client accounts themselves."""

from __future__ import annotations

from service.domain.events.base import Event, Profile
from service.domain.values import value


@value(kw_only=True)
class AccountOpened(Event):
    """A client account exists from now on; its currency never changes."""

    TYPE = "account.opened"
    COUNTER = "client"
    SEALED = ("profile",)
    client_id: int
    owner_id: int
    currency: str
    currency_id: int
    group_id: int
    date: str
    language: str
    payment_method: str
    marketing_opt_in: bool
    profile: Profile | None
    notify: bool


@value(kw_only=True)
class AccountProfileChanged(Event):
    """Of the client's personal data this is what changed; of its custom fields too.

    The names are hashed e-mail addresses: the one that is claimed from now on, and the one given back, ""
    for none. They are sealed like the addresses themselves, as guesses could be tried against them.
    """

    TYPE = "account.profile_changed"
    SEALED = ("profile", "email_name", "previous_email_name")
    profile: Profile | None
    changes_email: bool
    email_name: str | None
    previous_email_name: str | None
    changed_at: str


@value(kw_only=True)
class AccountSettingsChanged(Event):
    """Of the account's settings this is what changed; None, and no flag, for what stayed."""

    TYPE = "account.settings_changed"
    group_id: int | None
    language: str | None
    payment_method: str | None
    marketing_opt_in: bool | None
    flags: dict[str, bool]
    """By name, see ACCOUNT_FLAGS."""
    changed_at: str


@value(kw_only=True)
class AccountStatusChanged(Event):
    """The account is in another status: `Active`, `Inactive` or `Closed`."""

    TYPE = "account.status_changed"
    previous: str
    status: str
    changed_at: str


@value(kw_only=True)
class AccountDeleted(Event):
    """The account and all that is in it is gone for every reader, its key destroyed, its number used up.

    `credit` is what it still had. The transactions stay to be read unless `with_transactions`.
    """

    TYPE = "account.deleted"
    VERSION = 2
    SEALED = ("released_names",)
    LISTS = ("billables", "servers")
    client_id: int
    currency: str
    credit: int
    with_transactions: bool
    billables: tuple[int, ...]
    """Items that were still to be invoiced."""
    released_names: list[str] | None
    """Hashed e-mail addresses that are free again. Nobody ever reads them: the key is destroyed."""
    deleted_at: str
    servers: tuple[int, ...]
    """Servers of its services, which are free again."""


@value(kw_only=True)
class PersonErased(Event):
    """The client's personal data and that of its contacts is gone, its key destroyed; all else goes on.

    Nothing personal is taken for the account any more.
    """

    TYPE = "person.erased"
    SEALED = ("released_names",)
    client_id: int
    released_names: list[str] | None
    """Hashed e-mail addresses that are free again. Nobody ever reads them: the key is destroyed."""
    erased_at: str


@value(kw_only=True)
class ContactAdded(Event):
    """The account has another person to write to. Only an address that must be unique has a name."""

    TYPE = "contact.added"
    COUNTER = "contact"
    SEALED = ("profile", "email_name")
    contact_id: int
    profile: Profile | None
    claims_email: bool
    email_name: str | None
    flags: dict[str, bool]
    """All of MAIL_FLAGS."""
    added_at: str


@value(kw_only=True)
class ContactChanged(Event):
    """Of a contact this is what changed; names as in `account.profile_changed`."""

    TYPE = "contact.changed"
    SEALED = ("profile", "email_name", "previous_email_name")
    contact_id: int
    profile: Profile | None
    claims_email: bool | None
    """Whether its address is unique from now on; None if nothing about that changed."""
    email_name: str | None
    previous_email_name: str | None
    flags: dict[str, bool]
    changed_at: str


@value(kw_only=True)
class ContactRemoved(Event):
    """The contact is gone for every reader."""

    TYPE = "contact.removed"
    SEALED = ("previous_email_name",)
    contact_id: int
    previous_email_name: str | None
    removed_at: str


MAIL_FLAGS = (
    "mail_general",
    "mail_invoice",
    "mail_support",
    "mail_product",
    "mail_domain",
    "mail_affiliate",
)
"""Which e-mails a client or a contact gets; all of them unless it is said otherwise."""

ACCOUNT_FLAGS = (
    "tax_exempt",
    "late_fee_override",
    "overdue_notices_override",
    "separate_invoices",
    "no_card_charges",
    "no_auto_close",
    *MAIL_FLAGS,
)
"""Settings of an account that are yes or no; those that are not of e-mails are no unless said otherwise."""

ERASING: frozenset[type[Event]] = frozenset({AccountDeleted, PersonErased})
"""Recorded in the moment in which a person's key is destroyed: what was sealed before is nothing since."""

CLIENT_EVENTS: tuple[type[Event], ...] = (
    AccountProfileChanged,
    AccountSettingsChanged,
    AccountStatusChanged,
    AccountDeleted,
    PersonErased,
    ContactAdded,
    ContactChanged,
    ContactRemoved,
)
