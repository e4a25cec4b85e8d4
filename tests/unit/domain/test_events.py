from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from service.domain.decide import numbers_used
from service.domain.events import EVENT_TYPES, PROFILE_FIELDS, Event, from_data, to_data
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED, EVERY_EVENT, INVOICE_ISSUED

_GOLDEN = Path(__file__).parents[2] / "golden" / "events.json"
"""What the first release wrote into its log. It may grow, but nothing in it ever changes."""

every_event = pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: event.TYPE)


@every_event
def test_an_event_survives_the_log(event: Event) -> None:
    """Through plain data and JSON text and back, every event is itself again."""
    stored = json.loads(json.dumps(to_data(event)))
    assert from_data(event.TYPE, stored) == event


@every_event
def test_the_stored_form_is_plain_data(event: Event) -> None:
    """Exactly the JSON types come out, no subclass of them such as an enum, and no float."""
    plain = {str, int, bool, type(None), dict, list}
    pending = [*to_data(event).values()]
    while pending:
        value = pending.pop()
        assert type(value) in plain
        if isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value


@every_event
def test_the_stored_form_never_changes(event: Event) -> None:
    """Keys, their order, values and version are those in the golden file, so logs stay readable for ever."""
    golden = json.loads(_GOLDEN.read_text("utf-8"))[f"{event.TYPE}/{event.VERSION}"]
    assert json.dumps(to_data(event)) == json.dumps(golden)
    assert from_data(event.TYPE, golden) == event


def test_every_type_has_one_sample() -> None:
    """No event type escapes the tests above, and the golden file holds nothing unknown."""
    names = [event.TYPE for event in EVERY_EVENT]
    assert sorted(names) == sorted(EVENT_TYPES)
    golden = json.loads(_GOLDEN.read_text("utf-8"))
    assert {name.partition("/")[0] for name in golden} == set(EVENT_TYPES)


def test_an_unknown_type_is_an_error() -> None:
    """Nothing is guessed about an event this version has never heard of."""
    with pytest.raises(KeyError):
        from_data("account.renamed", {})


@pytest.mark.parametrize("change", [{"amount": 1, "surprise": 2}, {}])
def test_wrong_fields_are_an_error(change: dict[str, int]) -> None:
    """Neither a missing nor an unknown field is passed over."""
    with pytest.raises(TypeError):
        from_data("credit.added", change)


def test_reading_leaves_the_stored_data_alone() -> None:
    """The items are made into objects in a copy."""
    stored = to_data(INVOICE_ISSUED)
    from_data("invoice.issued", stored)
    assert isinstance(stored["items"][0], dict)


def test_a_fact_cannot_be_changed() -> None:
    """The type checker refuses it (else it would report this `ignore`); at run time, only new fields."""
    with pytest.raises(AttributeError):
        CREDIT_ADDED.other = 1  # type: ignore[attr-defined]  # the point of the test
    changed = replace(CREDIT_ADDED)
    changed.amount = 1  # type: ignore[misc]  # the point of the test
    assert changed != CREDIT_ADDED


def test_only_profiles_names_of_addresses_and_reasons_are_personal() -> None:
    """The sealed fields are known to the codec, and the sample's profile uses known names."""
    assert {event.TYPE: event.SEALED for event in EVERY_EVENT if event.SEALED} == {
        "account.opened": ("profile",),
        "account.profile_changed": ("profile", "email_name", "previous_email_name"),
        "account.deleted": ("released_names",),
        "person.erased": ("released_names",),
        "contact.added": ("profile", "email_name"),
        "contact.changed": ("profile", "email_name", "previous_email_name"),
        "contact.removed": ("previous_email_name",),
        "service.cancellation_requested": ("reason",),
        "service.subscription_cancellation_requested": ("reason",),
    }
    assert ACCOUNT_OPENED.profile is not None
    assert set(ACCOUNT_OPENED.profile) <= set(PROFILE_FIELDS)


def test_used_numbers_are_counted_by_kind() -> None:
    """Every event of all together uses a number of its own kind, and every new line one."""
    used = {"client": 1, "credit": 3, "transaction": 2, "invoice": 1, "item": 3, "billable": 1, "contact": 1}
    used["service"] = 1
    assert numbers_used(EVERY_EVENT) == used
    assert numbers_used(()) == {}
