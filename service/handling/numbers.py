"""Where events hold numbers that people see, and which of them seal or erase a person: for whoever checks.

Told by the domain's own declarations, so a new type of event is in here by itself.
"""

from __future__ import annotations

from eventstore.verify_beside import Numbered
from service.domain.events import EVENT_TYPES, AccountOpened, Event, InvoiceAmended, InvoiceIssued
from service.domain.events.cancellations import CANCELLATION_EVENTS
from service.domain.events.clients import CLIENT_EVENTS
from service.domain.events.clients import ERASING as ERASING_EVENTS

NUMBERED = (
    *(
        Numbered(event.COUNTER, event.TYPE, f"{event.COUNTER}_id")
        for event in EVENT_TYPES.values()
        if event.COUNTER
    ),
    Numbered("item", InvoiceIssued.TYPE, "item_id", "items"),
    Numbered("item", InvoiceAmended.TYPE, "item_id", "added_items"),
)
ERASING = frozenset(event.TYPE for event in ERASING_EVENTS)
_OF_PERSONS: tuple[type[Event], ...] = (AccountOpened, *CLIENT_EVENTS, *CANCELLATION_EVENTS)
SEALING = frozenset(event.TYPE for event in _OF_PERSONS if event.SEALED) - ERASING
