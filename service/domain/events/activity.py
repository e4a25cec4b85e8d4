"""Facts about what was done to the ledger as such, or beside it. Who did it stands in the metadata."""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class ActivityLogged(Event):
    """Somebody wanted this kept."""

    TYPE = "activity.logged"
    description: str


@value(kw_only=True)
class InvoicesGenerated(Event):
    """What was due was invoiced for all clients; each invoice has events of its own."""

    TYPE = "invoices.generated"
    count: int
    date: str


@value(kw_only=True)
class LedgerVerified(Event):
    """The hash chain was recomputed up to `position`, and every read model compared with the log."""

    TYPE = "ledger.verified"
    position: int
    head_hash: str
    """Of the chain at `position`, in hexadecimal."""
    problems: int
    """How many were found; 0 is good."""
    verified_at: str


ACTIVITY_EVENTS: tuple[type[Event], ...] = (ActivityLogged, InvoicesGenerated, LedgerVerified)
