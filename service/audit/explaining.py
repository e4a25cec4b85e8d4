"""Reads what a story is made of: the account's events, who did them, and what was refused about it.

What it costs grows with the account's history, not with the log. `story` puts it together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eventstore import canonical
from eventstore.history import events_of_stream
from eventstore.records import POSITION_MAX
from eventstore.refusals import Wanted
from service.audit.client_history import events_of_client
from service.audit.people import People
from service.audit.story import CLIENT, Happened, Story, Subject, story_of
from service.domain.claims import invoice_claim
from service.domain.events.client_logins import CLIENT_LOGIN_EVENTS
from service.domain.streams import account_stream, client_of, is_account
from service.handling.deciders import ACCOUNT

if TYPE_CHECKING:
    from datetime import tzinfo

    import asyncpg

    from eventstore.refusals import PastRefusal
    from eventstore.store import EventStore
    from service.domain.account import AccountState
    from service.handling.refusals import Refusals
    from service.handling.translation import Translator


class Unknown(Exception):
    """There is no such client, invoice or transaction in the history; the message says so."""


class Explained(NamedTuple):
    """A story with everything told beside it."""

    subject: Subject
    client_id: int
    """Whose account it is, 0 for nobody's."""
    state: AccountState
    """The account as it is now."""
    story: Story
    refusals: tuple[PastRefusal, ...]
    """The oldest first."""
    people: People


class Explainer:
    """Explains one ledger's history."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        store: EventStore,
        translator: Translator,
        refusals: Refusals,
        zone: tzinfo,
    ) -> None:
        self._pool = pool
        self._store = store
        self._translator = translator
        self._refusals = refusals
        self._zone = zone

    async def explain(self, subject: Subject, stream: str | None = None) -> Explained:
        """The story; `stream` is where it is found, if that is known. Raises Unknown, Unavailable."""
        stream = stream or await self._stream(subject)
        people = await People.read(self._pool, self._store.lane, self._translator)
        history = await self._history(subject, stream, people)
        state: AccountState = ACCOUNT.initial_state()
        currency = ""
        for each in history:
            if not isinstance(each.event, CLIENT_LOGIN_EVENTS):
                state = ACCOUNT.evolve(state, each.event)
                currency = state.currency or currency
        story = story_of(subject, history, currency)
        if not story.told:
            raise Unknown(f"there is no {subject.kind} {subject.number} in this ledger's history")
        refusals = await self._refused(subject, stream)
        client_id = client_of(stream) if is_account(stream) else 0
        return Explained(subject, client_id, state, story, refusals, people)

    async def _stream(self, subject: Subject) -> str:
        if subject.kind == CLIENT:
            return account_stream(subject.number)
        name = invoice_claim(subject.number)
        stream = (await self._store.resolve([name])).get(name)
        if stream is None:
            raise Unknown(f"there is no {subject.kind} {subject.number} in this ledger's history")
        return stream

    async def _history(self, subject: Subject, stream: str, people: People) -> list[Happened]:
        pool, lane = self._pool, self._store.lane
        records = (
            events_of_client(pool, lane, subject.number, 1, POSITION_MAX)
            if subject.kind == CLIENT
            else events_of_stream(pool, lane, stream, 1, POSITION_MAX)
        )
        history = []
        async for record in records:
            at = record.recorded_at.astimezone(self._zone)
            command_id = str(canonical.loads(record.metadata).get("command_id", ""))
            history.append(
                Happened(
                    event=self._translator.decode_for_decision(record),
                    position=record.position,
                    at=at,
                    day=at.strftime("%Y-%m-%d"),
                    who=people.who_did(record.metadata),
                    command_id=command_id,
                )
            )
        return history

    async def _refused(self, subject: Subject, stream: str) -> tuple[PastRefusal, ...]:
        match subject.kind:
            case "client":
                wanted = Wanted(stream=stream)
            case "invoice":
                wanted = Wanted(about={"invoice_id": subject.number})
            case _:
                wanted = Wanted(about={"transaction_id": subject.number})
        rows = await self._refusals.read(wanted, 0, await self._refusals.count(wanted))
        return tuple(reversed(rows))
