"""Every fact the ledger records, and its translation to and from the plain dict that the log stores.

A field is part of the log's format for ever: adding one means a new schema version and an upcaster.
Amounts are integer hundredths of the event's currency, dates ISO `YYYY-MM-DD`, times `YYYY-MM-DD HH:MM:SS`
in the ledger's time zone, rates thousandths of a percent. Pure; anyone above the domain may import it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from service.domain.events.access import ACCESS_EVENTS, AdminAdded, CredentialIssued, CredentialRevoked
from service.domain.events.activity import ACTIVITY_EVENTS
from service.domain.events.base import PROFILE_FIELDS, Event, Profile
from service.domain.events.billables import BILLABLE_EVENTS
from service.domain.events.cancellations import CANCELLATION_EVENTS
from service.domain.events.client_keys import CLIENT_KEY_EVENTS
from service.domain.events.client_logins import CLIENT_LOGIN_EVENTS
from service.domain.events.clients import CLIENT_EVENTS, AccountOpened
from service.domain.events.config import CONFIG_EVENTS, CurrencyAdded
from service.domain.events.credit import CreditAdded, CreditApplied, CreditRemoved
from service.domain.events.invoices import (
    InvoiceAmended,
    InvoiceIssued,
    InvoiceItem,
    InvoicePublished,
    InvoiceSettled,
    InvoiceStatusChanged,
    PaymentRecorded,
)
from service.domain.events.log_keys import LOG_KEY_EVENTS
from service.domain.events.oauth import OAUTH_EVENTS
from service.domain.events.services import SERVICE_EVENTS
from service.domain.events.transactions import (
    TRANSACTION_EVENTS,
    TransactionCorrected,
    TransactionRecorded,
)
from service.domain.events.webhooks import WEBHOOK_EVENTS

__all__ = [
    "EVENT_TYPES",
    "PROFILE_FIELDS",
    "AccountOpened",
    "AdminAdded",
    "CredentialIssued",
    "CredentialRevoked",
    "CreditAdded",
    "CreditApplied",
    "CreditRemoved",
    "CurrencyAdded",
    "Event",
    "InvoiceAmended",
    "InvoiceIssued",
    "InvoiceItem",
    "InvoicePublished",
    "InvoiceSettled",
    "InvoiceStatusChanged",
    "PaymentRecorded",
    "Profile",
    "TransactionCorrected",
    "TransactionRecorded",
    "from_data",
    "to_data",
]

_TYPES: tuple[type[Event], ...] = (
    AccountOpened,
    CreditAdded,
    CreditRemoved,
    CreditApplied,
    InvoiceIssued,
    InvoiceSettled,
    PaymentRecorded,
    InvoiceAmended,
    InvoicePublished,
    InvoiceStatusChanged,
    *CLIENT_EVENTS,
    *TRANSACTION_EVENTS,
    *BILLABLE_EVENTS,
    *SERVICE_EVENTS,
    *CANCELLATION_EVENTS,
    *CONFIG_EVENTS,
    *ACCESS_EVENTS,
    *OAUTH_EVENTS,
    *ACTIVITY_EVENTS,
    *LOG_KEY_EVENTS,
    *WEBHOOK_EVENTS,
    *CLIENT_KEY_EVENTS,
    *CLIENT_LOGIN_EVENTS,
)

EVENT_TYPES: dict[str, type[Event]] = {cls.TYPE: cls for cls in _TYPES}

_FIELDS: dict[type, tuple[str, ...]] = {
    cls: tuple(f.name for f in fields(cls)) for cls in (*EVENT_TYPES.values(), InvoiceItem)
}


def to_data(event: Event | InvoiceItem) -> dict[str, Any]:
    """The plain dict the log stores for `event`, keys as its fields."""
    data = {name: getattr(event, name) for name in _FIELDS[type(event)]}
    if isinstance(event, Event):
        for name in event.ITEMS:
            data[name] = [to_data(item) for item in data[name]]
        for name in event.LISTS:
            data[name] = list(data[name])
    return data


def from_data(event_type: str, data: dict[str, Any]) -> Event:
    """The event that `to_data` wrote. Raises KeyError for an unknown type, TypeError for wrong fields."""
    cls = EVENT_TYPES[event_type]
    if cls.ITEMS:
        items = {name: tuple(InvoiceItem(**item) for item in data[name]) for name in cls.ITEMS}
        data = {**data, **items}
    if cls.LISTS:
        data = {**data, **{name: tuple(data[name]) for name in cls.LISTS}}
    return cls(**data)
