"""What the events of accounts make of clients, contacts and claimed addresses, for the ledger in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from projections.views import ClientRow, ContactRow
from service.domain.account import ACTIVE
from service.domain.claims import claims, releases
from service.domain.events import AccountOpened
from service.domain.events.clients import (
    AccountDeleted,
    AccountProfileChanged,
    AccountSettingsChanged,
    AccountStatusChanged,
    ContactAdded,
    ContactChanged,
    ContactRemoved,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.domain.events import Event, Profile

_SETTINGS = ("group_id", "language", "payment_method", "marketing_opt_in")


def client_row(events: Sequence[Event], balance: int = 0) -> ClientRow | None:
    """The client that these events make, None if it is not there or not any more."""
    row: ClientRow | None = None
    for event in events:
        match event:
            case AccountOpened():
                names = ("client_id", "owner_id", "currency", "currency_id", "profile", *_SETTINGS)
                values = {name: getattr(event, name) for name in names}
                row = ClientRow(**values, status=ACTIVE, opened_on=event.date, balance=balance)
            case AccountProfileChanged() if row is not None:
                row = replace(row, profile=merged(row.profile or {}, event.profile or {}))
            case AccountSettingsChanged() if row is not None:
                said = {name: value for name in _SETTINGS if (value := getattr(event, name)) is not None}
                row = replace(row, **said, flags=row.flags | event.flags)
            case AccountStatusChanged() if row is not None:
                row = replace(row, status=event.status)
            case AccountDeleted():
                return None
            case _:
                pass
    return row


def merged(old: Profile, new: Profile) -> Profile:
    """Personal data after a change; custom fields one by one."""
    custom = orjson.loads(old.get("custom_fields") or "{}") | orjson.loads(new.get("custom_fields") or "{}")
    return {**old, **new, "custom_fields": orjson.dumps(custom).decode()}


def taken_names(streams: dict[int, list[Event]]) -> dict[str, int]:
    """The addresses that are claimed, with the client that has them."""
    names: dict[str, int] = {}
    for client_id, events in streams.items():
        for event in events:
            for name in releases((event,)):
                names.pop(name, None)
            if isinstance(event, AccountOpened) and event.owner_id == event.client_id and event.profile:
                names[email_name(event.profile)] = client_id
            if isinstance(event, ContactAdded) and event.email_name:
                names[event.email_name] = client_id
            names |= dict.fromkeys(claims((event,)), client_id)
    return names


def email_name(profile: Profile) -> str:
    """The name under which the address in it is claimed, "" if there is none."""
    email = profile.get("email", "").strip().casefold()
    return f"email:{email}" if email else ""


def contact_rows(client_id: int, events: Sequence[Event]) -> list[ContactRow]:
    """The contacts of these events that are still there."""
    rows: dict[int, ContactRow] = {}
    for event in events:
        match event:
            case ContactAdded():
                rows[event.contact_id] = ContactRow(
                    contact_id=event.contact_id,
                    client_id=client_id,
                    profile=event.profile or {},
                    flags=event.flags,
                    added_at=event.added_at,
                    changed_at=event.added_at,
                )
            case ContactChanged():
                old = rows[event.contact_id]
                rows[event.contact_id] = replace(
                    old,
                    profile=old.profile | (event.profile or {}),
                    flags=old.flags | event.flags,
                    changed_at=event.changed_at,
                )
            case ContactRemoved():
                del rows[event.contact_id]
            case AccountDeleted():
                rows.clear()
            case _:
                pass
    return list(rows.values())
