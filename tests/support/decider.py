"""Given past events, when a command comes, then these are the events: the account's decider in tests.

`Numbers` hands out offers as the service does, for tests that run long histories.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.domain.account import AccountState, evolve, initial_state
from service.domain.commands import Offer
from service.domain.decide import decide, numbers_used
from service.domain.refusals import AlreadyRecorded, Refusal

if TYPE_CHECKING:
    from service.domain.commands import AccountCommand
    from service.domain.events import Event
    from service.domain.refusals import Decision, RefusalCode

NOW = "2025-06-30 12:34:56"
TODAY = "2025-06-30"
OFFER = Offer(
    client=8, credit=101, transaction=201, invoice=301, item=401, billable=501, contact=601, now=NOW
)


@dataclass
class Outcome:
    """What was decided, to be compared."""

    decision: Decision

    def then(self, *events: Event) -> None:
        """Exactly these events, in this order."""
        assert self.decision == events

    def refused(self, code: RefusalCode, detail: str = "") -> None:
        """A refusal for exactly this reason."""
        assert self.decision == Refusal(code, detail)

    def already_recorded(self, transaction_id: int) -> None:
        """No events: the payment has this number since an earlier command."""
        assert self.decision == AlreadyRecorded(transaction_id)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events, where a test looks at a part of them only."""
        assert isinstance(self.decision, tuple)
        return self.decision


@dataclass
class Given:
    """An account with a past."""

    state: AccountState

    def when(self, command: AccountCommand) -> Outcome:
        """Decide `command` under OFFER."""
        return Outcome(decide(self.state, command, OFFER))


def fold(*events: Event) -> AccountState:
    """A fresh account after `events`."""
    state = initial_state()
    for event in events:
        state = evolve(state, event)
    return state


def given(*events: Event) -> Given:
    """An account whose past is `events`."""
    return Given(fold(*events))


class Numbers:
    """The next free number of each kind, from 1."""

    def __init__(self) -> None:
        self.client = self.credit = self.transaction = self.invoice = self.item = 1
        self.billable = self.contact = self.service = 1

    def offer(self) -> Offer:
        """What the next decision may use up."""
        return Offer(
            client=self.client,
            credit=self.credit,
            transaction=self.transaction,
            invoice=self.invoice,
            item=self.item,
            billable=self.billable,
            contact=self.contact,
            now=NOW,
        )

    def take(self, events: tuple[Event, ...]) -> None:
        """Move on past the numbers that `events` used."""
        for counter, count in numbers_used(events).items():
            setattr(self, counter, getattr(self, counter) + count)
