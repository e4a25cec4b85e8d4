"""What is kept of activity: of the ledger as such in streams `activity-DATE`, of a client in its account.

And the verifications of the ledger, stream `audit`. Commands, deciders and folds together, as they are this
small. Pure; anyone above the domain may import it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.domain.events.activity import ActivityLogged, InvoicesGenerated, LedgerVerified
from service.domain.refusals import Decision, Refusal, RefusalCode
from service.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.account import AccountState
    from service.domain.commands import Offer
    from service.domain.events import Event


@value(kw_only=True)
class LogActivity:
    """Keep a text, of a client or of the ledger as such."""

    description: str


@value(kw_only=True)
class RecordGeneration:
    """What was due was invoiced for all clients: so many invoices."""

    count: int


@value(kw_only=True)
class RecordVerification:
    """The ledger was verified. Fields as in `LedgerVerified`."""

    position: int
    head_hash: str
    problems: int


@dataclass(slots=True)
class AuditState:
    """The last verification, if there ever was one."""

    last: LedgerVerified | None = None


def log_client_activity(state: AccountState, command: LogActivity, offer: Offer) -> Decision:
    """`activity.logged`; CLIENT_NOT_FOUND."""
    del offer
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    return (ActivityLogged(description=command.description),)


def _logged(state: AccountState, event: ActivityLogged) -> None:
    """An account does not change by what is said about it."""
    del state, event


ACTIVITY: dict[type[Event], Callable[[AccountState, Any], None]] = {ActivityLogged: _logged}
"""How these events change an account."""


def decide_activity(command: LogActivity | RecordGeneration, now: str) -> tuple[Event, ...]:
    """The one event of the command."""
    if isinstance(command, LogActivity):
        return (ActivityLogged(description=command.description),)
    return (InvoicesGenerated(count=command.count, date=now[:10]),)


def evolve_activity(state: None, event: Event) -> None:
    """Nothing is decided on what was logged. Raises TypeError for an event of another stream."""
    del state
    if not isinstance(event, ActivityLogged | InvoicesGenerated):
        raise TypeError(f"the activity log cannot apply the event {event!r}")


def decide_audit(command: RecordVerification, now: str) -> tuple[Event, ...]:
    """`ledger.verified`."""
    return (
        LedgerVerified(
            position=command.position,
            head_hash=command.head_hash,
            problems=command.problems,
            verified_at=now,
        ),
    )


def evolve_audit(state: AuditState, event: Event) -> AuditState:
    """Apply one event to `state` itself and return it. Raises TypeError for an event of another stream."""
    if not isinstance(event, LedgerVerified):
        raise TypeError(f"the verifications cannot apply the event {event!r}")
    state.last = event
    return state
