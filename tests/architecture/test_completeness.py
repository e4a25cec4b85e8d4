"""What must not be forgotten when something is added."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from projections.registry import PROJECTIONS
from service.audit.sentences import SENTENCES
from service.audit.verification import PARTS
from service.domain import commands, decide
from service.domain.events import EVENT_TYPES
from service.domain.refusals import Refusal, RefusalCode
from service.settings import Settings
from service.whmcs.actions import ACTIONS
from service.whmcs.known_actions import KNOWN_ACTIONS
from service.whmcs.wording import words

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_event_is_a_value_and_golden(event_type: str) -> None:
    """An event is a value with slots and a dotted name, and a sample that never changes."""
    cls = EVENT_TYPES[event_type]
    assert "__slots__" in vars(cls)
    assert "." in event_type
    assert set(cls.SEALED) <= {field.name for field in fields(cls)}  # type: ignore[arg-type] # all are dataclasses
    assert event_type in (ROOT / "tests" / "golden" / "events.json").read_text(encoding="utf-8")


def test_every_account_command_has_a_decider() -> None:
    """No command falls through."""
    assert set(commands.AccountCommand.__args__) == set(decide._DECIDERS)  # noqa: SLF001 -- the table is the point


@pytest.mark.parametrize("code", RefusalCode)
def test_every_refusal_has_words(code: RefusalCode) -> None:
    """Whatever the ledger refuses, a client of the protocol is told in a sentence."""
    for action in ACTIONS:
        assert words(Refusal(code, "1"), action).strip()


def test_every_projection_can_be_verified_and_rebuilt() -> None:
    """Each names its tables with their keys: that is what the refold and the comparison need."""
    for projection in PROJECTIONS:
        assert projection.tables
        assert all(projection.tables.values())
        assert projection.sql("tables", "s")


def test_every_projection_is_verified() -> None:
    """No projection without a verifier: each is a part of `verify`, and each of its tables has an owner.

    That is a column `client_id`, or a condition that tells whose a row is: what an incremental check needs.
    """
    assert {projection.name for projection in PROJECTIONS} <= set(PARTS)
    for projection in PROJECTIONS:
        assert set(projection.owners) <= set(projection.tables)
        for table in projection.tables:
            text = projection.sql("tables", "s").partition(f"create table s.{table} (")[2]
            columns = text.partition("\n)")[0]
            assert table in projection.owners or "client_id" in columns, f"{projection.name}.{table}"


def test_every_action_is_known_and_documented() -> None:
    """The README's table lists every action that is served, and the full list knows them all."""
    for name in ACTIONS:
        assert name in KNOWN_ACTIONS
        assert name in README.lower()


def test_every_setting_is_documented() -> None:
    """The README's table lists every setting under its flag."""
    for name, field in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')}" in README
        assert field.description


def test_the_golden_vectors_are_json() -> None:
    """Whoever checks the log with a program of their own can read the vectors."""
    for path in (ROOT / "tests" / "golden").glob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_event_has_a_sentence(event_type: str) -> None:
    """Auditors are told of every kind of event in a sentence of its own."""
    assert EVENT_TYPES[event_type] in SENTENCES
