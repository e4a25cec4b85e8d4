"""Client accounts from facts.

What becomes of a person's data and of an account's flags is merged: here within a batch, in the database with
what was there before. Both ways give the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from projections.fact import client_of
from projections.projection import CannotApply, Projection, Write
from service.domain.events import AccountOpened
from service.domain.events.clients import (
    AccountDeleted,
    AccountProfileChanged,
    AccountSettingsChanged,
    AccountStatusChanged,
    PersonErased,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from projections.fact import Fact
    from service.domain.events import Event, Profile

_Columns = dict[str, Any]

_ACTIVE = "Active"
_CUSTOM_FIELDS = "custom_fields"
_KEYS = {
    "first_name": "first_key",
    "last_name": "last_key",
    "company_name": "company_key",
    "email": "email_key",
}
_SETTINGS = ("group_id", "language", "payment_method", "marketing_opt_in")
_INSERTED = (
    *("owner_id", "status", "currency", "currency_id", "group_id", "opened_on", "language", "payment_method"),
    *("marketing_opt_in", "flags", "profile", _CUSTOM_FIELDS, *_KEYS.values()),
)
_UPDATED = (*("status", *_SETTINGS, "flags", "profile", _CUSTOM_FIELDS, *_KEYS.values(), "is_erased"),)
"""In the order of the statements' arguments."""


def project(facts: Sequence[Fact]) -> list[Write]:
    """One row per account that was opened and not deleted."""
    opened: dict[int, _Columns] = {}
    changed: dict[int, _Columns] = {}
    deleted: list[tuple[int]] = []
    for fact in facts:
        event = fact.event
        if isinstance(event, AccountOpened):
            if event.client_id in opened or event.client_id in changed:
                raise CannotApply(f"position {fact.position}: client {event.client_id} is known already")
            opened[event.client_id] = _opened(event)
            continue
        if isinstance(event, AccountDeleted):
            deleted.append((event.client_id,))
            continue
        change = _CHANGES.get(type(event))
        if change is not None:
            client = client_of(fact)
            change(opened.get(client) or changed.setdefault(client, _nothing()), event)
    return [
        Write("insert_client", [_row(client, columns, _INSERTED) for client, columns in opened.items()]),
        Write("update_client", [_row(client, columns, _UPDATED) for client, columns in changed.items()]),
        Write("delete_client", deleted),
    ]


def _nothing() -> _Columns:
    """No change at all."""
    return {"profile": {}, _CUSTOM_FIELDS: {}, "flags": {}, "is_erased": False}


def _opened(event: AccountOpened) -> _Columns:
    columns = _nothing()
    columns |= {name: getattr(event, name) for name in ("owner_id", "currency", "currency_id", *_SETTINGS)}
    columns |= {"status": _ACTIVE, "opened_on": event.date, **dict.fromkeys(_KEYS.values(), "")}
    _learn(columns, event.profile)
    return columns


def _profile_changed(columns: _Columns, event: AccountProfileChanged) -> None:
    _learn(columns, event.profile)


def _learn(columns: _Columns, profile: Profile | None) -> None:
    if profile is None:
        columns |= {"profile": None, _CUSTOM_FIELDS: {}, "is_erased": True}
        columns |= dict.fromkeys(_KEYS.values(), "")
    elif not columns["is_erased"]:
        said = dict(profile)
        columns[_CUSTOM_FIELDS] |= orjson.loads(said.pop(_CUSTOM_FIELDS, "") or "{}")
        columns["profile"] |= said
        columns |= {key: said[name].casefold() for name, key in _KEYS.items() if name in said}


def _settings_changed(columns: _Columns, event: AccountSettingsChanged) -> None:
    columns |= {name: said for name in _SETTINGS if (said := getattr(event, name)) is not None}
    columns["flags"] |= event.flags


def _status_changed(columns: _Columns, event: AccountStatusChanged) -> None:
    columns["status"] = event.status


def _person_erased(columns: _Columns, event: PersonErased) -> None:
    del event
    _learn(columns, None)


_CHANGES: dict[type[Event], Callable[[_Columns, Any], None]] = {
    AccountProfileChanged: _profile_changed,
    AccountSettingsChanged: _settings_changed,
    AccountStatusChanged: _status_changed,
    PersonErased: _person_erased,
}


def _row(client_id: int, columns: _Columns, names: tuple[str, ...]) -> tuple[Any, ...]:
    return (client_id, *[_value(columns.get(name)) for name in names])


def _value(column: Any) -> Any:
    return orjson.dumps(column, option=orjson.OPT_SORT_KEYS).decode() if isinstance(column, dict) else column


PROJECTION = Projection(
    name="clients",
    version=3,
    tables={"client": ("client_id",)},
    handles=frozenset({AccountOpened, AccountDeleted, *_CHANGES}),
    project=project,
)
