"""What is left of an account whose person was forgotten, given/when/then."""

from __future__ import annotations

import pytest

from service.domain.account import dump, restore
from service.domain.client_commands import (
    AddContact,
    ChangeAccount,
    ChangeContact,
    ClientCommand,
    DeleteAccount,
    ErasePerson,
    RemoveContact,
)
from service.domain.clients import email_versions
from service.domain.commands import AccountCommand, AddCredit, ApplyCredit
from service.domain.decide import decide
from service.domain.events.clients import ContactChanged, ContactRemoved, PersonErased
from service.domain.refusals import RefusalCode
from tests.support.client_samples import ACCOUNT_DELETED, CONTACT_ADDED, PERSON_ERASED
from tests.support.decider import NOW, OFFER, given
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED, INVOICE_ISSUED

ERASED = (ACCOUNT_OPENED, CREDIT_ADDED, INVOICE_ISSUED, CONTACT_ADDED, PERSON_ERASED)


def test_an_erasure_gives_all_addresses_back() -> None:
    """The account's own and its contacts', once it is known which these are."""
    history = (ACCOUNT_OPENED, CREDIT_ADDED, CONTACT_ADDED)
    given(*history).when(ErasePerson(names={1: "email:a"})).refused(RefusalCode.STALE)
    given(*history).when(ErasePerson(names={1: "email:a", 3: "email:b"})).then(
        PersonErased(client_id=7, released_names=["email:a", "email:b"], erased_at=NOW)
    )
    given().when(ErasePerson()).refused(RefusalCode.CLIENT_NOT_FOUND)


def test_a_second_erasure_is_harmless() -> None:
    """Of an erased person and of a deleted account: it was done before."""
    given(*ERASED).when(ErasePerson()).already_recorded(0)
    given(ACCOUNT_OPENED, ACCOUNT_DELETED).when(ErasePerson()).already_recorded(0)
    assert email_versions(given(*ERASED).state) == set()


def test_the_money_moves_as_before() -> None:
    """Credit can be added, and pays invoices."""
    assert _kinds(AddCredit(amount=5, description="")) == ["credit.added"]
    assert _kinds(ApplyCredit(invoice_id=17)) == ["credit.applied", "invoice.settled"]


@pytest.mark.parametrize(
    "command",
    [
        ChangeAccount(profile={"city": "Turin"}),
        AddContact(profile={}),
        ChangeContact(contact_id=71, profile={"city": "Turin"}),
    ],
)
def test_nothing_personal_is_taken_any_more(command: ClientCommand) -> None:
    """Neither of the client nor of a contact."""
    given(*ERASED).when(command).refused(RefusalCode.PERSON_ERASED)


def test_what_is_not_personal_can_change() -> None:
    """A contact's flags; it can be removed, and the account be deleted, with no address to give back."""
    given(*ERASED).when(ChangeContact(contact_id=71, flags={"mail_affiliate": True})).then(
        ContactChanged(
            contact_id=71,
            profile={},
            claims_email=None,
            email_name="",
            previous_email_name="",
            flags={"mail_affiliate": True},
            changed_at=NOW,
        )
    )
    given(*ERASED).when(RemoveContact(contact_id=71)).then(
        ContactRemoved(contact_id=71, previous_email_name="", removed_at=NOW)
    )
    assert _kinds(DeleteAccount()) == ["account.deleted"]


def _kinds(command: AccountCommand) -> list[str]:
    decision = decide(given(*ERASED).state, command, OFFER)
    assert isinstance(decision, tuple)
    return [event.TYPE for event in decision]


def test_a_snapshot_remembers_the_erasure() -> None:
    """An account read from its snapshot refuses the same."""
    state = given(*ERASED).state
    assert restore(dump(state)) == state
    assert state.is_erased
