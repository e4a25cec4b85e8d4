"""Contacts from facts. What is known of one is merged as in `projections.clients`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from projections.fact import client_of
from projections.projection import Projection, Write
from service.domain.events.clients import (
    AccountDeleted,
    ContactAdded,
    ContactChanged,
    ContactRemoved,
    PersonErased,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.fact import Fact
    from service.domain.events import Profile

_Columns = dict[str, Any]

_INSERTED = ("client_id", "profile", "folded", "flags", "added_at", "changed_at")
_UPDATED = ("profile", "folded", "flags", "changed_at", "is_erased")
"""In the order of the statements' arguments."""


def project(facts: Sequence[Fact]) -> list[Write]:
    """One row per contact that is still there."""
    added: dict[int, _Columns] = {}
    changed: dict[int, _Columns] = {}
    removed: list[tuple[int]] = []
    deleted: list[tuple[int]] = []
    erased: list[tuple[int]] = []
    for fact in facts:
        match fact.event:
            case ContactAdded() as event:
                added[event.contact_id] = columns = _columns(event.added_at)
                columns |= {"client_id": client_of(fact), "added_at": event.added_at}
                _learn(columns, event.profile, event.flags)
            case ContactChanged() as event:
                columns = added.get(event.contact_id) or changed.setdefault(event.contact_id, _columns(""))
                columns["changed_at"] = event.changed_at
                _learn(columns, event.profile, event.flags)
            case ContactRemoved() as event:
                removed.append((event.contact_id,))
            case AccountDeleted() as event:
                deleted.append((event.client_id,))
            case PersonErased() as event:
                erased.append((event.client_id,))
            case _:
                pass
    return [
        Write("insert_contact", [_row(number, columns, _INSERTED) for number, columns in added.items()]),
        Write("update_contact", [_row(number, columns, _UPDATED) for number, columns in changed.items()]),
        Write("erase_of_client", erased, removes=True),
        Write("delete_contact", removed),
        Write("delete_of_client", deleted, removes=True),
    ]


def _columns(at: str) -> _Columns:
    return {"profile": {}, "folded": {}, "flags": {}, "changed_at": at, "is_erased": False}


def _learn(columns: _Columns, profile: Profile | None, flags: dict[str, bool]) -> None:
    columns["flags"] |= flags
    if profile is None:
        columns |= {"profile": None, "folded": {}, "is_erased": True}
    elif not columns["is_erased"]:
        columns["profile"] |= profile
        columns["folded"] |= {name: text.casefold() for name, text in profile.items()}


def _row(contact_id: int, columns: _Columns, names: tuple[str, ...]) -> tuple[Any, ...]:
    return (contact_id, *[_value(columns[name]) for name in names])


def _value(column: Any) -> Any:
    return orjson.dumps(column, option=orjson.OPT_SORT_KEYS).decode() if isinstance(column, dict) else column


PROJECTION = Projection(
    name="contacts",
    version=2,
    tables={"contact": ("contact_id",)},
    handles=frozenset({ContactAdded, ContactChanged, ContactRemoved, AccountDeleted, PersonErased}),
    project=project,
)
