"""What a caller is told by a ledger that cannot do it now, whatever the protocol."""

from __future__ import annotations

from eventstore.records import OutcomeUnknown, QueueFull, Unavailable
from projections.views import BehindError

NOT_NOW = (QueueFull, Unavailable, OutcomeUnknown, BehindError)
"""Not what was asked is wrong, but the moment."""


def why_not_now(problem: Exception) -> tuple[str, str]:
    """A code for the log, and a sentence that says whether something may have been recorded."""
    match problem:
        case QueueFull():
            return "queue_full", "The ledger is busy, please try again; nothing was recorded"
        case Unavailable():
            return "unavailable", "The ledger cannot be reached; nothing was recorded"
        case OutcomeUnknown():
            return (
                "outcome_unknown",
                "It is not known whether this was recorded; repeat it with the same idempotency key",
            )
        case _:
            return "behind", "The answer is not up to date yet, please try again"
