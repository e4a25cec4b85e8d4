"""What becomes of an account as such and of its contacts, given/when/then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.account import dump, restore
from service.domain.client_commands import (
    AddContact,
    ChangeAccount,
    ChangeContact,
    ClientCommand,
    CloseAccount,
    DeleteAccount,
    RemoveContact,
)
from service.domain.clients import email_versions
from service.domain.commands import AddCredit, ApplyCredit, OpenAccount, RecordPayment
from service.domain.events import InvoiceStatusChanged
from service.domain.events.clients import (
    MAIL_FLAGS,
    AccountDeleted,
    AccountProfileChanged,
    AccountSettingsChanged,
    AccountStatusChanged,
    ContactAdded,
    ContactChanged,
    ContactRemoved,
)
from service.domain.refusals import RefusalCode
from tests.support.client_samples import (
    ACCOUNT_DELETED,
    CONTACT_ADDED,
    CONTACT_CHANGED,
    CONTACT_REMOVED,
    PROFILE_CHANGED,
    SETTINGS_CHANGED,
    STATUS_CHANGED,
)
from tests.support.decider import NOW, OFFER, fold, given
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED, INVOICE_ISSUED, PAYMENT_RECORDED
from tests.support.system_samples import BILLABLE_ADDED

NEW = {"email": "new@example.org"}
UNSAID = AccountSettingsChanged(
    group_id=None, language=None, payment_method=None, marketing_opt_in=None, flags={}, changed_at=NOW
)
_OWNED = replace(ACCOUNT_OPENED, owner_id=3)


def _changed(name: str, previous: str) -> AccountProfileChanged:
    return AccountProfileChanged(
        profile=NEW,
        changes_email=bool(name),
        email_name=name,
        previous_email_name=previous,
        changed_at=NOW,
    )


def test_only_what_is_given_changes() -> None:
    """Personal data, settings and status are three events; what was not said is not in them."""
    command = ChangeAccount(
        profile={"city": "Turin"}, language="italian", flags={"tax_exempt": True}, status="Inactive"
    )
    given(ACCOUNT_OPENED).when(command).then(
        AccountProfileChanged(
            profile={"city": "Turin"},
            changes_email=False,
            email_name="",
            previous_email_name="",
            changed_at=NOW,
        ),
        replace(UNSAID, language="italian", flags={"tax_exempt": True}),
        AccountStatusChanged(previous="Active", status="Inactive", changed_at=NOW),
    )


def test_a_change_of_nothing_is_recorded_as_such() -> None:
    """It was asked for; the status that it has already is no change, its own currency neither."""
    command = ChangeAccount(status="Active", currency="EUR")
    given(ACCOUNT_OPENED).when(command).then(UNSAID)


def test_another_currency_is_refused() -> None:
    """All amounts of an account are in the currency it was opened in."""
    given(ACCOUNT_OPENED).when(ChangeAccount(currency="USD")).refused(RefusalCode.CURRENCY_MISMATCH)


def test_a_new_address_takes_the_place_of_the_old_one() -> None:
    """What the event told that told the address before is given back: the opening, later the last change."""
    opened = given(ACCOUNT_OPENED)
    change = ChangeAccount(profile=NEW, email_name="email:new", names={1: "email:old"})
    opened.when(change).then(_changed("email:new", "email:old"))
    changed = given(ACCOUNT_OPENED, CREDIT_ADDED, PROFILE_CHANGED)
    changed.when(change).refused(RefusalCode.STALE)
    changed.when(replace(change, names={3: "email:last"})).then(_changed("email:new", "email:last"))


def test_the_same_address_stays_claimed() -> None:
    """In other letters, say: nothing is given back and nothing taken."""
    command = ChangeAccount(profile=NEW, email_name="email:old", names={1: "email:old"})
    given(ACCOUNT_OPENED).when(command).then(_changed("", ""))


def test_the_address_of_an_account_that_belongs_to_another_is_not_claimed() -> None:
    """As it was not when it was opened."""
    given(_OWNED).when(ChangeAccount(profile=NEW, email_name="email:new")).then(_changed("", ""))
    assert not email_versions(fold(_OWNED))


def test_somebody_has_to_get_mail_about_domains() -> None:
    """The client, unless a contact does; a contact, unless the client or another contact does."""
    off = {"mail_domain": False}
    refused = RefusalCode.DOMAIN_MAIL_NEEDED
    given(ACCOUNT_OPENED).when(ChangeAccount(flags=off)).refused(refused)
    with_contact = (ACCOUNT_OPENED, CONTACT_ADDED)
    given(*with_contact).when(ChangeAccount(flags=off)).then(replace(UNSAID, flags=off))
    change = ChangeContact(contact_id=71, flags=off)
    given(*with_contact, SETTINGS_CHANGED).when(change).refused(refused)
    assert given(*with_contact).when(change).events
    second = replace(CONTACT_ADDED, contact_id=72)
    assert given(*with_contact, SETTINGS_CHANGED, second).when(change).events
    silent = replace(CONTACT_CHANGED, flags=off)
    given(*with_contact, silent).when(ChangeAccount(flags=off)).refused(refused)


def test_closing_cancels_what_is_unpaid() -> None:
    """Closed, and one change of status per Unpaid invoice; others stay as they are."""
    draft = replace(INVOICE_ISSUED, invoice_id=18, status="Draft")
    given(ACCOUNT_OPENED, INVOICE_ISSUED, draft).when(CloseAccount()).then(
        AccountStatusChanged(previous="Active", status="Closed", changed_at=NOW),
        InvoiceStatusChanged(invoice_id=17, previous="Unpaid", status="Cancelled", changed_at=NOW),
    )
    given(ACCOUNT_OPENED, STATUS_CHANGED).when(CloseAccount()).then(
        AccountStatusChanged(previous="Closed", status="Closed", changed_at=NOW)
    )


def test_a_deletion_tells_what_was_given_up() -> None:
    """The credit, what was to be invoiced, and the addresses that are free again."""
    history = (ACCOUNT_OPENED, CREDIT_ADDED, BILLABLE_ADDED, CONTACT_ADDED)
    given(*history).when(DeleteAccount(names={1: "email:a"})).refused(RefusalCode.STALE)
    names = {1: "email:a", 4: "email:b", 2: "email:of-nobody"}
    given(*history).when(DeleteAccount(with_transactions=True, names=names)).then(
        AccountDeleted(
            client_id=7,
            currency="EUR",
            credit=CREDIT_ADDED.balance,
            with_transactions=True,
            billables=(61,),
            released_names=["email:a", "email:b"],
            deleted_at=NOW,
            servers=(),
        )
    )


@pytest.mark.parametrize(
    "command",
    [
        ChangeAccount(),
        CloseAccount(),
        DeleteAccount(),
        AddContact(profile={}),
        AddCredit(amount=1, description=""),
    ],
)
def test_nothing_can_be_done_with_a_deleted_account(command: ClientCommand | AddCredit) -> None:
    """It is not there any more, as if it had never been."""
    deleted = (ACCOUNT_OPENED, CREDIT_ADDED, INVOICE_ISSUED, PAYMENT_RECORDED, ACCOUNT_DELETED)
    given(*deleted).when(command).refused(RefusalCode.CLIENT_NOT_FOUND)
    given().when(command).refused(RefusalCode.CLIENT_NOT_FOUND)


def test_nothing_of_a_deleted_account_can_be_found() -> None:
    """Neither its invoices nor its contacts; and its number is never used again."""
    deleted = given(ACCOUNT_OPENED, INVOICE_ISSUED, CONTACT_ADDED, ACCOUNT_DELETED)
    deleted.when(ApplyCredit(invoice_id=17)).refused(RefusalCode.INVOICE_NOT_FOUND)
    deleted.when(RecordPayment(invoice_id=17)).refused(RefusalCode.INVOICE_NOT_FOUND)
    deleted.when(ChangeContact(contact_id=71)).refused(RefusalCode.CONTACT_NOT_FOUND)
    deleted.when(OpenAccount(currency="EUR", currency_id=1, profile={})).refused(RefusalCode.ACCOUNT_EXISTS)
    assert not deleted.state.exists


def test_a_contact_gets_all_mail_unless_it_is_said_otherwise() -> None:
    """Its address is claimed only where that was asked for."""
    flags = dict.fromkeys(MAIL_FLAGS, True)
    plain = AddContact(profile=NEW, flags={"mail_invoice": False})
    event = ContactAdded(
        contact_id=OFFER.contact,
        profile=NEW,
        claims_email=False,
        email_name="",
        flags=flags | {"mail_invoice": False},
        added_at=NOW,
    )
    given(ACCOUNT_OPENED).when(plain).then(event)
    given(ACCOUNT_OPENED).when(AddContact(profile=NEW, email_name="email:n")).then(
        replace(event, claims_email=True, email_name="email:n", flags=flags)
    )


_CHANGED = ContactChanged(
    contact_id=71,
    profile=NEW,
    claims_email=None,
    email_name="",
    previous_email_name="",
    flags={},
    changed_at=NOW,
)


def test_a_claimed_address_of_a_contact_moves_or_goes() -> None:
    """A new one takes the place of the old one, none gives it back, the same one stays."""
    unique = given(ACCOUNT_OPENED, CONTACT_ADDED)
    change = ChangeContact(contact_id=71, profile=NEW, email_name="email:n", names={2: "email:o"})
    unique.when(change).then(
        replace(_CHANGED, claims_email=True, email_name="email:n", previous_email_name="email:o")
    )
    unique.when(replace(change, names={})).refused(RefusalCode.STALE)
    unique.when(replace(change, email_name="email:o")).then(_CHANGED)
    unique.when(replace(change, email_name="")).then(
        replace(_CHANGED, claims_email=False, previous_email_name="email:o")
    )
    unique.when(ChangeContact(contact_id=71, profile={"city": "x"})).then(
        replace(_CHANGED, profile={"city": "x"})
    )


def test_an_address_that_was_not_claimed_is_claimed_when_asked_for() -> None:
    """And only then."""
    plain = given(ACCOUNT_OPENED, replace(CONTACT_ADDED, claims_email=False, email_name=""))
    change = ChangeContact(contact_id=71, profile=NEW, email_name="email:n")
    plain.when(change).then(_CHANGED)
    plain.when(replace(change, claims_email=True)).then(
        replace(_CHANGED, claims_email=True, email_name="email:n")
    )


def test_a_contact_is_removed_with_its_claim() -> None:
    """Once; its number then belongs to nobody."""
    unique = given(ACCOUNT_OPENED, CONTACT_ADDED, CONTACT_CHANGED)
    unique.when(RemoveContact(contact_id=71)).refused(RefusalCode.STALE)
    unique.when(RemoveContact(contact_id=71, names={3: "email:o"})).then(
        ContactRemoved(contact_id=71, previous_email_name="email:o", removed_at=NOW)
    )
    removed = given(ACCOUNT_OPENED, CONTACT_ADDED, CONTACT_REMOVED)
    removed.when(RemoveContact(contact_id=71)).refused(RefusalCode.CONTACT_NOT_FOUND)


def test_what_decisions_need_survives_a_snapshot() -> None:
    """Contacts, settings and versions; an account that was deleted stays deleted."""
    state = fold(ACCOUNT_OPENED, PROFILE_CHANGED, SETTINGS_CHANGED, STATUS_CHANGED, CONTACT_ADDED)
    assert restore(dump(state)) == state
    assert (state.status, state.payment_method, state.gets_domain_mail) == ("Closed", "paypal", False)
    assert email_versions(state) == {2, 5}
    deleted = fold(ACCOUNT_OPENED, CONTACT_ADDED, ACCOUNT_DELETED)
    assert restore(dump(deleted)) == deleted
