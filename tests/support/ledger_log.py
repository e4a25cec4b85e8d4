"""Writes histories of accounts into a real log, decided by the real decider, for tests of what reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstore import privacy
from eventstore.identifiers import uuid7
from eventstore.records import Outcome, Proposal
from service.domain.account import AccountState, evolve, initial_state
from service.domain.claims import claims, releases
from service.domain.commands import OpenAccount
from service.domain.decide import decide
from service.domain.events.clients import ERASING
from service.domain.streams import account_stream
from service.handling.translation import Translator
from tests.support.decider import Numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from eventstore.store import EventStore
    from service.domain.commands import AccountCommand
    from service.domain.events import Event

PROFILE = {"first_name": "Ada", "last_name": "Lövelace", "email": "ada@example.org", "country": "GB"}
OPEN_ACCOUNT = OpenAccount(currency="EUR", currency_id=1, profile=PROFILE, payment_method="paypal")
FLUSH_COMMANDS = 200


class LedgerLog:
    """One lane; every stream is written through this object only. `head` is the last position."""

    def __init__(self, store: EventStore, on_flushed: Callable[[int], None] = lambda _: None) -> None:
        self.translator = Translator(store)
        self.head = 0
        self.facts: list[tuple[str, Event]] = []
        """What was written: stream and event, in order."""
        self._store = store
        self._on_flushed = on_flushed
        self._numbers = Numbers()
        self._states: dict[int, AccountState] = {}
        self._versions: dict[str, int] = {}
        self._keys: dict[str, bytes | None] = {}
        self._queue: list[Proposal] = []

    async def open_account(self) -> int:
        """Open an account and return its number."""
        client_id = self._numbers.client
        await self.command(client_id, OPEN_ACCOUNT)
        return client_id

    async def command(self, client_id: int, command: AccountCommand) -> tuple[Event, ...]:
        """Decide, write at once, and return the events: none if it was refused."""
        events = await self.queue(client_id, command)
        await self.flush()
        return events

    async def queue(self, client_id: int, command: AccountCommand) -> tuple[Event, ...]:
        """Decide and leave the writing to `flush`."""
        state = self._states.setdefault(client_id, initial_state())
        decision = decide(state, command, self._numbers.offer())
        if not isinstance(decision, tuple):
            return ()
        for event in decision:
            self._states[client_id] = evolve(self._states[client_id], event)
        self._numbers.take(decision)
        await self.queue_events(account_stream(client_id), decision)
        return decision

    async def write(self, stream: str, *events: Event) -> int:
        """Write events as they are, whatever a decider would say; returns the head."""
        await self.queue_events(stream, events)
        await self.flush()
        return self.head

    async def queue_events(self, stream: str, events: Iterable[Event]) -> None:
        """Leave the writing of events to `flush`."""
        listed = tuple(events)
        if stream not in self._keys:
            self._keys[stream] = await self._store.create_subject_key(stream, privacy.new_key())
        version = self._versions.get(stream, 0)
        encoded = self.translator.encode(stream, version, listed, "{}", self._keys[stream])
        is_end = any(type(event) in ERASING for event in listed)
        erases = (stream,) if is_end else ()
        self._queue.append(
            Proposal(uuid7(), None, stream, version, encoded, claims(listed), releases(listed), erases)
        )
        self._versions[stream] = version + len(listed)
        self.facts += [(stream, event) for event in listed]

    async def flush(self) -> None:
        """Write what is queued, in order."""
        while self._queue:
            batch, self._queue = self._queue[:FLUSH_COMMANDS], self._queue[FLUSH_COMMANDS:]
            for verdict in await self._store.append(batch):
                assert verdict.outcome is Outcome.APPENDED, verdict
                self.head = max(self.head, verdict.last_position)
        self._on_flushed(self.head)
