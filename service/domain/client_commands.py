"""What can be asked of a client's account itself and of its contacts, in the imperative.

As in `commands`, values are checked already. The names of e-mail addresses are hashed with a secret that the
domain does not have: whoever makes a command brings those that it may have to claim or to give back. Pure.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from service.domain.values import value

if TYPE_CHECKING:
    from service.domain.events import Profile

Names = dict[int, str]
"""Names of e-mail addresses, by the version of the event that tells the address; "" for none."""


@value(kw_only=True)
class ChangeAccount:
    """Change what is given. `profile` and `flags` hold what changes; None leaves as it is.

    `email_name` is the name of the address in `profile`, if there is one. `currency` can only be confirmed.
    """

    profile: Profile = field(default_factory=dict)
    email_name: str = ""
    names: Names = field(default_factory=dict)
    currency: str | None = None
    status: str | None = None
    group_id: int | None = None
    language: str | None = None
    payment_method: str | None = None
    marketing_opt_in: bool | None = None
    flags: dict[str, bool] = field(default_factory=dict)


@value(kw_only=True)
class CloseAccount:
    """Close the account and cancel what is unpaid."""


@value(kw_only=True)
class CancelUnpaid:
    """Cancel so many of the unpaid invoices, the oldest first: of an account that is about to be closed."""

    invoices_max: int


@value(kw_only=True)
class DeleteAccount:
    """Delete the account for good, its transactions too if `with_transactions`."""

    with_transactions: bool = False
    names: Names = field(default_factory=dict)


@value(kw_only=True)
class ErasePerson:
    """Erase the personal data of the account and its contacts, and leave everything else."""

    names: Names = field(default_factory=dict)


@value(kw_only=True)
class AddContact:
    """Add a contact; `flags` not given are on. `email_name` is "" unless its address is to be unique."""

    profile: Profile
    email_name: str = ""
    flags: dict[str, bool] = field(default_factory=dict)


@value(kw_only=True)
class ChangeContact:
    """Change what is given of a contact; `email_name` is that of the address in `profile`, if there is one.

    The address is claimed if `claims_email`, or if the one before was.
    """

    contact_id: int
    profile: Profile = field(default_factory=dict)
    email_name: str = ""
    claims_email: bool = False
    names: Names = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)


@value(kw_only=True)
class RemoveContact:
    """Remove a contact."""

    contact_id: int
    names: Names = field(default_factory=dict)


ClientCommand = (
    ChangeAccount
    | CloseAccount
    | CancelUnpaid
    | DeleteAccount
    | ErasePerson
    | AddContact
    | ChangeContact
    | RemoveContact
)
