"""Given what happened to the access list, when the operator wants something, then these are the events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from service.domain import access_commands, access_rules
from service.domain.access import AccessState, Admin, Credential, FeedLimits, evolve, initial_state
from service.domain.access_commands import (
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
from service.domain.access_rules import decide
from service.domain.events.access import (
    ACCESS_EVENTS,
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
from tests.support.samples import ACCOUNT_OPENED

if TYPE_CHECKING:
    from service.domain.access_commands import AccessCommand
    from service.domain.events import Event

GRACE = AdminAdded(admin_id=1, name="Grace")
DISABLED = AdminDisabled(admin_id=1)
KEY = CredentialIssued(identifier="abc", name="panel", admin_id=1)
BILLING = RoleDefined(name="billing", actions=("addcredit", "getcredits"))
REPORTS = RoleDefined(name="reports", actions=("getinvoice",))
RESTRICTED = CredentialRestricted(identifier="abc", roles=("billing",))
OFFICE = AddressAllowed(address="192.0.2.0/24", note="office")
HOME = AddressAllowed(address="2001:db8::1", note="")


@dataclass
class When:
    """The decision on an access list with a past."""

    decision: tuple[Event, ...] | Refusal

    def then(self, *events: Event) -> None:
        """Exactly these events, in this order."""
        assert self.decision == events

    def refused(self, code: RefusalCode, detail: str = "") -> None:
        """A refusal for exactly this reason."""
        assert self.decision == Refusal(code, detail)


@dataclass
class Given:
    """An access list with a past."""

    state: AccessState

    def when(self, command: AccessCommand) -> When:
        """Decide the command."""
        return When(decide(self.state, command))


def fold(*events: Event) -> AccessState:
    """The access list after these events."""
    state = initial_state()
    for event in events:
        state = evolve(state, event)
    return state


def given(*events: Event) -> Given:
    """An access list whose past is `events`."""
    return Given(fold(*events))


def test_admins_are_numbered_from_one() -> None:
    """Each admin gets the number after the highest."""
    given().when(AddAdmin(name="Grace")).then(GRACE)
    seventh = AdminAdded(admin_id=7, name="Imported")
    given(GRACE, seventh).when(AddAdmin(name="Joan")).then(AdminAdded(admin_id=8, name="Joan"))


def test_a_user_name_is_there_once() -> None:
    """Letter case makes no other name of it, as it makes none for whoever logs in."""
    given(GRACE).when(AddAdmin(name="gRACE")).refused(RefusalCode.ADMIN_EXISTS, "gRACE")


def test_an_old_log_may_hold_a_name_twice() -> None:
    """What was recorded before names were looked at can still be folded."""
    assert len(fold(GRACE, AdminAdded(admin_id=2, name="Grace")).admins) == 2


def test_a_password_is_set_and_replaced() -> None:
    """The state knows the name of the newest hash, and nothing else of it."""
    set_it = SetAdminPassword(admin_id=1, secret_id="s2")
    first, second = AdminPasswordSet(admin_id=1, secret_id="s1"), AdminPasswordSet(admin_id=1, secret_id="s2")
    given(GRACE, first).when(set_it).then(second)
    assert fold(GRACE, first, second).admins == {1: Admin(name="Grace", secret_id="s2")}
    given().when(set_it).refused(RefusalCode.ADMIN_NOT_FOUND, "1")


def test_an_admin_is_disabled_once_and_enabled_once() -> None:
    """The second time there is nothing to do, and that is said."""
    disable, enable = DisableAdmin(admin_id=1), EnableAdmin(admin_id=1)
    given(GRACE).when(disable).then(DISABLED)
    given(GRACE, DISABLED).when(disable).refused(RefusalCode.ADMIN_DISABLED, "Grace")
    given(GRACE, DISABLED).when(enable).then(AdminEnabled(admin_id=1))
    given(GRACE).when(enable).refused(RefusalCode.ADMIN_NOT_DISABLED, "Grace")
    given().when(disable).refused(RefusalCode.ADMIN_NOT_FOUND, "1")
    given().when(enable).refused(RefusalCode.ADMIN_NOT_FOUND, "1")
    assert not fold(GRACE, DISABLED).admins[1].is_enabled
    assert fold(GRACE, DISABLED, AdminEnabled(admin_id=1)) == fold(GRACE)


def test_a_credential_is_issued_to_an_admin() -> None:
    """It may do everything, as those that were issued before there were roles."""
    command = IssueCredential(identifier="abc", name="panel", admin_id=1)
    given(GRACE).when(command).then(KEY)
    assert fold(GRACE, KEY).credentials == {"abc": Credential(name="panel", admin_id=1, roles=None)}


def test_a_credential_needs_an_admin_who_may_act() -> None:
    """Nobody acts in the name of somebody unknown or disabled."""
    command = IssueCredential(identifier="abc", name="panel", admin_id=1)
    given().when(command).refused(RefusalCode.ADMIN_NOT_FOUND, "1")
    given(GRACE, DISABLED).when(command).refused(RefusalCode.ADMIN_DISABLED, "Grace")


def test_a_credential_is_issued_with_roles() -> None:
    """The restriction comes with it, so that there is no moment without."""
    command = IssueCredential(identifier="abc", name="panel", admin_id=1, roles=("billing",))
    given(GRACE, BILLING).when(command).then(KEY, RESTRICTED)
    given(GRACE).when(command).refused(RefusalCode.ROLE_NOT_FOUND, "billing")


def test_a_credential_is_restricted_and_set_free() -> None:
    """The last word counts, whole."""
    restrict = RestrictCredential(identifier="abc", roles=("reports",))
    other = CredentialRestricted(identifier="abc", roles=("reports",))
    given(GRACE, KEY, BILLING, REPORTS, RESTRICTED).when(restrict).then(other)
    assert fold(GRACE, KEY, BILLING, REPORTS, RESTRICTED, other).credentials["abc"].roles == ("reports",)
    given(GRACE, KEY).when(restrict).refused(RefusalCode.ROLE_NOT_FOUND, "reports")
    given(GRACE, REPORTS).when(restrict).refused(RefusalCode.CREDENTIAL_NOT_FOUND, "abc")
    free = CredentialUnrestricted(identifier="abc")
    given(GRACE, KEY, BILLING, RESTRICTED).when(UnrestrictCredential(identifier="abc")).then(free)
    assert fold(GRACE, KEY, BILLING, RESTRICTED, free).credentials["abc"].roles is None
    given(GRACE).when(UnrestrictCredential(identifier="abc")).refused(RefusalCode.CREDENTIAL_NOT_FOUND, "abc")


def test_what_a_credential_may_follow_is_limited() -> None:
    """The last word counts, whole; at first it is everything but personal data."""
    limit = LimitFeed(identifier="abc", types=("credit.*",), clients=(7,), is_personal=True)
    limited = CredentialFeedLimited(identifier="abc", types=("credit.*",), clients=(7,), is_personal=True)
    given(GRACE, KEY).when(limit).then(limited)
    given(GRACE).when(limit).refused(RefusalCode.CREDENTIAL_NOT_FOUND, "abc")
    assert fold(GRACE, KEY).credentials["abc"].feed == FeedLimits()
    granted = FeedLimits(types=("credit.*",), clients=(7,), is_personal=True)
    assert fold(GRACE, KEY, limited).credentials["abc"].feed == granted


def test_a_revoked_credential_is_gone() -> None:
    """Revoking works once; the second time there is nothing to revoke."""
    revoke, revoked = RevokeCredential(identifier="abc"), CredentialRevoked(identifier="abc")
    given(GRACE, KEY).when(revoke).then(revoked)
    assert not fold(GRACE, KEY, revoked).credentials
    given(GRACE, KEY, revoked).when(revoke).refused(RefusalCode.CREDENTIAL_NOT_FOUND, "abc")


def test_roles_are_created_changed_and_removed() -> None:
    """A name stands for one list of actions at a time."""
    given().when(CreateRole(name="billing", actions=BILLING.actions)).then(BILLING)
    given(BILLING).when(CreateRole(name="billing", actions=())).refused(RefusalCode.ROLE_EXISTS, "billing")
    changed = RoleDefined(name="billing", actions=("addcredit",))
    given(BILLING).when(ChangeRole(name="billing", actions=("addcredit",))).then(changed)
    assert fold(BILLING, changed).roles == {"billing": ("addcredit",)}
    given().when(ChangeRole(name="billing", actions=())).refused(RefusalCode.ROLE_NOT_FOUND, "billing")
    given(BILLING).when(RemoveRole(name="billing")).then(RoleRemoved(name="billing"))
    given().when(RemoveRole(name="billing")).refused(RefusalCode.ROLE_NOT_FOUND, "billing")
    assert not fold(BILLING, RoleRemoved(name="billing")).roles


def test_a_role_in_use_stays() -> None:
    """Its removal would leave a credential restricted to nothing, or to nothing at all."""
    remove = RemoveRole(name="billing")
    given(GRACE, KEY, BILLING, RESTRICTED).when(remove).refused(RefusalCode.ROLE_IN_USE, "abc")
    revoked = CredentialRevoked(identifier="abc")
    given(GRACE, KEY, BILLING, RESTRICTED, revoked).when(remove).then(RoleRemoved(name="billing"))


def test_addresses_are_listed_once() -> None:
    """A listed address cannot be listed again, nor one be removed that is not."""
    allow = AllowAddress(address="192.0.2.0/24", note="office")
    given().when(allow).then(OFFICE)
    given(OFFICE).when(allow).refused(RefusalCode.ADDRESS_EXISTS, "192.0.2.0/24")
    given(OFFICE, HOME).when(RemoveAddress(address=HOME.address)).then(AddressRemoved(address=HOME.address))
    given(OFFICE).when(RemoveAddress(address="192.0.2.1")).refused(RefusalCode.ADDRESS_NOT_FOUND, "192.0.2.1")
    assert fold(OFFICE, HOME).addresses == {"192.0.2.0/24": "office", "2001:db8::1": ""}


def test_the_last_address_does_not_go_by_accident() -> None:
    """Without it everybody may call, so that has to be said."""
    given(OFFICE).when(RemoveAddress(address=OFFICE.address)).refused(
        RefusalCode.LAST_ADDRESS, OFFICE.address
    )
    removed = AddressRemoved(address=OFFICE.address)
    given(OFFICE).when(RemoveAddress(address=OFFICE.address, may_open_to_all=True)).then(removed)
    assert not fold(OFFICE, removed).addresses


def test_there_is_one_access_key() -> None:
    """A new one takes the place of the old one; there is nothing to remove where there is none."""
    key = AccessKeySet(secret_id="k2")
    given(AccessKeySet(secret_id="k1")).when(SetAccessKey(secret_id="k2")).then(key)
    assert fold(AccessKeySet(secret_id="k1"), key).access_key_id == "k2"
    given(key).when(RemoveAccessKey()).then(AccessKeyRemoved())
    given(key, AccessKeyRemoved()).when(RemoveAccessKey()).refused(RefusalCode.ACCESS_KEY_NOT_FOUND)


def test_no_command_and_no_event_is_forgotten() -> None:
    """Every command of the access list is decided, and every event of it is folded."""
    assert set(access_commands.AccessCommand.__args__) == set(access_rules._DECIDERS)  # noqa: SLF001 -- the table is the point
    happened: list[Event] = [GRACE, AdminPasswordSet(admin_id=1, secret_id="s"), DISABLED]
    happened += [AdminEnabled(admin_id=1), KEY, BILLING, RESTRICTED, CredentialUnrestricted(identifier="abc")]
    happened += [CredentialFeedLimited(identifier="abc", types=(), clients=(), is_personal=False)]
    happened += [RoleRemoved(name="billing"), CredentialRevoked(identifier="abc"), OFFICE]
    happened += [AddressRemoved(address=OFFICE.address), AccessKeySet(secret_id="k"), AccessKeyRemoved()]
    assert {type(event) for event in happened} == set(ACCESS_EVENTS)
    assert fold(*happened) == AccessState(admins={1: Admin(name="Grace", secret_id="s")})


def test_an_event_of_another_stream_is_an_error() -> None:
    """A fold never skips what it does not know."""
    with pytest.raises(TypeError, match="AccountOpened"):
        evolve(initial_state(), ACCOUNT_OPENED)
