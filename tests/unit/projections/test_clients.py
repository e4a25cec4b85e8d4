"""The read models of clients and contacts: facts to rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from projections.billables.project import project as billables
from projections.clients.project import project as clients
from projections.contacts.project import project as contacts
from projections.invoices.project import project as invoices
from projections.projection import CannotApply
from tests.support.client_samples import (
    ACCOUNT_DELETED,
    CONTACT_ADDED,
    CONTACT_CHANGED,
    CONTACT_REMOVED,
    PROFILE_CHANGED,
    SETTINGS_CHANGED,
    STATUS_CHANGED,
)
from tests.support.facts import facts
from tests.support.samples import ACCOUNT_OPENED, EVERY_EVENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from projections.projection import Write
    from service.domain.events import Event

_OPENED = (7, 7, "Active", "EUR", 1, 2, "2025-03-01", "english", "banktransfer", True)
_PROFILE = '{"country":"GB","email":"ada@example.org","first_name":"Ada","last_name":"Lövelace"}'
_KEYS = ("ada", "lövelace", "", "ada@example.org")


def _rows(project: Callable[..., list[Write]], *events: Event) -> dict[str, list[tuple[object, ...]]]:
    """The rows of each statement that writes any."""
    return {write.statement: list(write.rows) for write in project(facts(*events)) if write.rows}


def test_an_opened_account_is_an_active_client() -> None:
    """The row holds what it was opened with, personal data as JSON, and keys in folded case to search by."""
    assert _rows(clients, ACCOUNT_OPENED) == {"insert_client": [(*_OPENED, "{}", _PROFILE, "{}", *_KEYS)]}


def test_what_changes_in_the_batch_of_the_opening_is_in_its_row() -> None:
    """Only what was said changes; custom fields and flags one by one."""
    again = replace(SETTINGS_CHANGED, payment_method=None, flags={"mail_domain": True})
    more = replace(PROFILE_CHANGED, profile={"custom_fields": '{"4":"red"}'})
    events = (ACCOUNT_OPENED, PROFILE_CHANGED, SETTINGS_CHANGED, STATUS_CHANGED, again, more)
    profile = '{"country":"GB","email":"ada.king@example.org","first_name":"Ada","last_name":"King"}'
    assert _rows(clients, *events) == {
        "insert_client": [
            (
                *(7, 7, "Closed", "EUR", 1, 3, "2025-03-01", "english", "paypal", True),
                *('{"mail_domain":true,"tax_exempt":true}', profile, '{"3":"blue","4":"red"}'),
                *("ada", "king", "", "ada.king@example.org"),
            )
        ]
    }


def test_an_older_client_changes_only_what_was_said() -> None:
    """None is no change, and what is merged in the database is what was said."""
    profile = '{"email":"ada.king@example.org","last_name":"King"}'
    assert _rows(clients, PROFILE_CHANGED, STATUS_CHANGED) == {
        "update_client": [
            (
                *(7, "Closed", None, None, None, None, "{}", profile, '{"3":"blue"}'),
                *(None, "king", None, "ada.king@example.org", False),
            )
        ]
    }


@pytest.mark.parametrize("rest", [(), (replace(PROFILE_CHANGED, profile=None),)])
def test_an_erased_client_has_no_personal_data(rest: tuple[Event, ...]) -> None:
    """Where the subject's key was destroyed the profile is None, and nothing is left to search by."""
    rows = _rows(clients, replace(ACCOUNT_OPENED, profile=None), *rest)
    assert rows == {"insert_client": [(*_OPENED, "{}", None, "{}", "", "", "", "")]}
    [(*_, erased)] = _rows(clients, replace(PROFILE_CHANGED, profile=None))["update_client"]
    assert erased is True


def test_a_client_is_opened_once() -> None:
    """A second opening, or one after a change, is not quietly swallowed by batching."""
    for before in (ACCOUNT_OPENED, STATUS_CHANGED):
        with pytest.raises(CannotApply, match="client 7"):
            clients(facts(before, ACCOUNT_OPENED))


def test_everything_goes_with_a_deleted_client() -> None:
    """Whatever the batch held of it is deleted last; what was still to be invoiced never is."""
    for project, statements in (
        (clients, {"delete_client"}),
        (contacts, {"delete_of_client"}),
        (invoices, {"delete_items_of_client", "delete_of_client"}),
    ):
        assert _rows(project, ACCOUNT_DELETED) == {statement: [(7,)] for statement in statements}
        assert [write.statement for write in project(facts(*EVERY_EVENT))][-1] in statements
    assert _rows(billables, ACCOUNT_DELETED) == {"update_billable": [(61, None, False)]}


def test_a_contact_is_inserted_as_its_batch_leaves_it() -> None:
    """Personal data and what e-mails it gets are merged; what is searched by is in folded case."""
    [row] = _rows(contacts, CONTACT_ADDED, CONTACT_CHANGED)["insert_contact"]
    number, client, profile, folded, flags, added_at, changed_at = row
    assert (number, client, added_at, changed_at) == (71, 7, "2025-03-08 10:00:00", "2025-03-08 11:00:00")
    assert profile == '{"email":"cb@example.org","first_name":"Charles","last_name":"Babbage"}'
    assert folded == '{"email":"cb@example.org","first_name":"charles","last_name":"babbage"}'
    assert isinstance(flags, str)
    assert "false" not in flags


def test_an_older_contact_changes_only_what_was_said() -> None:
    """And where the key was destroyed nothing personal is left."""
    email = '{"email":"cb@example.org"}'
    flags = '{"mail_affiliate":true}'
    at = "2025-03-08 11:00:00"
    assert _rows(contacts, CONTACT_CHANGED, CONTACT_REMOVED) == {
        "update_contact": [(71, email, email, flags, at, False)],
        "delete_contact": [(71,)],
    }
    erased = replace(CONTACT_CHANGED, profile=None)
    assert _rows(contacts, erased) == {"update_contact": [(71, None, "{}", flags, at, True)]}
