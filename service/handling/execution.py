"""One command's way: load, decide, append, and again while another writer was faster.

Every answer is confirmed by the log. A decision is made on memory, which may be behind another process
or ahead of a flush that fails; so a refusal too goes through the flusher, as a check of the version it
was decided on. Commands on one account are decided in turn, without an await between the decision and
its place in the queue.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eventstore import canonical
from eventstore.deadlines import Deadlines
from eventstore.flusher import Chain
from eventstore.identifiers import uuid7
from eventstore.records import Outcome, OutcomeUnknown, Proposal, Unavailable, Verdict
from service.domain.claims import claims, releases
from service.domain.commands import Offer
from service.domain.decide import numbers_used
from service.domain.refusals import AlreadyRecorded, Refusal, RefusalCode
from service.domain.values import value
from service.handling.answers import Done

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from eventstore.flusher import Flusher
    from eventstore.numbers import NumberPool
    from eventstore.store import EventStore
    from service.domain.events import Event
    from service.domain.refusals import Decision
    from service.handling.answers import Call
    from service.handling.sessions import Session, Sessions
    from service.handling.translation import Translator

    _Used = list[tuple[str, int, int]]
    """Counter, first number and how many."""

KEY_REUSED = Refusal(RefusalCode.KEY_REUSED)
_NO_STREAM = "-"
"""Nothing is ever appended there; a proposal without events asks for the receipt of its command."""
RESERVED_BEFORE = frozenset({"client", "service"})
"""The counters whose numbers stand in the order, or in its command: the log may say that they are in use."""


@value(kw_only=True)
class Order:
    """A command on its way to a stream: how many numbers it may use up, and what it claims besides.

    `client_id` is the number reserved for an account to be opened. `subject_key` seals personal data;
    `extra_claims` are names made of personal data, hashed already.
    """

    stream: str
    command: Any
    numbers: dict[str, int]
    client_id: int = 0
    subject_key: bytes | None = None
    extra_claims: tuple[str, ...] = ()
    erases: bool = False
    """Whether the key of the stream's subject is destroyed together with what is recorded."""
    replaces: Callable[[Any], str | tuple[str, ...]] | None = None
    """Tells of the state that is decided on which other subjects' keys are destroyed as well, "" for none."""


@value()
class Taken:
    """A name that the command claims belongs to `stream` already."""

    stream: str


class Executor:
    """Carries orders out, any number at a time."""

    def __init__(
        self,
        store: EventStore,
        flusher: Flusher,
        sessions: Sessions,
        numbers: NumberPool,
        translator: Translator,
        clock: Callable[[], str],
    ) -> None:
        self._store = store
        self._flusher = flusher
        self._sessions = sessions
        self._numbers = numbers
        self._translator = translator
        self._clock = clock
        self._loop = asyncio.get_running_loop()  # asked once: before Python 3.12 each asking is a system call
        self._deadlines = Deadlines(self._expire)

    async def execute(self, order: Order, call: Call) -> Done | Refusal | Taken:
        """The log's answer. Raises QueueFull, Unavailable (nothing recorded) or OutcomeUnknown."""
        command_id = call.idempotency.command_id if call.idempotency else uuid7()
        metadata = _metadata(command_id, call)
        while self._loop.time() < call.deadline:
            session = self._sessions.cached(order.stream)
            offer = self._offer(order)
            if session is None or offer is None:
                await self._fetch(order, call.deadline)
                continue
            decision = session.decider.decide(session.state, order.command, offer)
            events: tuple[Event, ...] = decision if isinstance(decision, tuple) else ()
            used = _used(offer, events)
            if any(count > order.numbers.get(name, 0) for name, _, count in used):
                order = _with_numbers(order, used)  # only the decision could tell how many it needs
                continue
            proposal = self._proposal(order, session, command_id, events, metadata, call)
            answer = self._flusher.submit(proposal, session.chain)
            self._go_ahead(session, used, events, answer)
            self._deadlines.watch(answer, call.deadline)
            verdict = await answer
            if verdict.outcome is Outcome.APPENDED:
                session.committed = max(session.committed, verdict.last_version)
                return _appended(decision, verdict)
            done = await self._not_appended(verdict, proposal, call.deadline)
            if done is None or done == KEY_REUSED or (isinstance(done, Done) and done.replayed):
                # Not after TAKEN: a number that is in use in the log must not be offered again.
                self._put_back(used)
            if done is not None:
                return done
        raise Unavailable("the account is too busy")

    async def first_answer(self, call: Call) -> Done | Refusal | None:
        """What was recorded under the call's idempotency key, KEY_REUSED if by another request, else None.

        For whoever would refuse before there is an order: what is refused now may have been carried out.
        """
        if call.idempotency is None:
            return None
        named = call.idempotency
        proposal = Proposal(named.command_id, named.request_hash, _NO_STREAM, 0)
        answer = self._flusher.submit(proposal, Chain())
        self._deadlines.watch(answer, call.deadline)
        verdict = await answer
        if verdict.outcome is Outcome.DUPLICATE:
            return await self._first_answer(verdict, proposal, call.deadline)
        return KEY_REUSED if verdict.outcome is Outcome.MISMATCH else None

    async def _fetch(self, order: Order, deadline: float) -> None:
        """What a decision needs and memory does not have."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._sessions.get(order.stream)
                await self._numbers.ensure(order.numbers)
        except TimeoutError:
            raise Unavailable("the database did not answer in time") from None

    async def _not_appended(
        self, verdict: Verdict, proposal: Proposal, deadline: float
    ) -> Done | Refusal | Taken | None:
        """What the verdict means; None if the decision has to be made again."""
        match verdict.outcome:
            case Outcome.DUPLICATE:
                return await self._first_answer(verdict, proposal, deadline)
            case Outcome.MISMATCH:
                return KEY_REUSED
            case Outcome.TAKEN:
                return Taken(verdict.stream)
            case _:
                return None

    def _offer(self, order: Order) -> Offer | None:
        """What the decision may use up, None if that is not at hand."""
        peek = self._numbers.peek
        offered = {name: peek(name, count) for name, count in order.numbers.items()}
        if 0 in offered.values():
            return None
        return Offer(client=order.client_id, now=self._clock(), **offered)

    def _proposal(
        self,
        order: Order,
        session: Session,
        command_id: UUID,
        events: tuple[Event, ...],
        metadata: str,
        call: Call,
    ) -> Proposal:
        request_hash = call.idempotency.request_hash if call.idempotency else None
        if not events:
            return Proposal(command_id, request_hash, order.stream, session.version)
        return Proposal(
            command_id,
            request_hash,
            order.stream,
            session.version,
            self._translator.encode(order.stream, session.version, events, metadata, order.subject_key),
            (*order.extra_claims, *claims(events)),
            releases(events),
            _erased(order, session),
        )

    def _go_ahead(
        self, session: Session, used: _Used, events: tuple[Event, ...], answer: asyncio.Future[Verdict]
    ) -> None:
        """The next decision on this stream builds on this one, though it is not committed yet."""
        for name, first, count in used:
            self._numbers.use(name, first, count)
        try:
            for event in events:
                session.state = session.decider.evolve(session.state, event)
        except BaseException:
            # Not sent yet: nothing was awaited since. Withdrawn, with all that could build on it.
            session.chain.broken = True
            answer.cancel()
            raise
        session.version += len(events)

    def _put_back(self, used: _Used) -> None:
        """The log says that the events with these numbers are not recorded, so they are free."""
        for name, first, count in used:
            self._numbers.put_back(name, first, count)

    def _expire(self, answer: asyncio.Future[Verdict]) -> None:
        """What is still queued is withdrawn by this; what is in the air cannot be.

        Judged here and not where it is awaited: by then the verdict may have been dealt out to nobody.
        """
        if self._flusher.is_in_flight(answer):
            answer.set_exception(OutcomeUnknown("the database has not answered yet"))
        else:
            answer.set_exception(Unavailable("the ledger is too busy"))

    async def _first_answer(self, verdict: Verdict, proposal: Proposal, deadline: float) -> Done:
        """The events that this command id recorded: an earlier request's, or our own sent twice."""
        try:
            async with asyncio.timeout_at(deadline):
                records = await self._store.read_range(verdict.first_position, verdict.last_position)
                facts = await self._translator.decode(records)
        except (TimeoutError, Unavailable) as error:
            # It is recorded: "nothing was" would be a lie that makes the caller pay twice.
            raise OutcomeUnknown("recorded, but the answer could not be read") from error
        ours = {event.event_id for event in proposal.events}
        replayed = not any(record.event_id in ours for record in records)
        events = tuple(fact.event for fact in facts)
        return Done(events, verdict.last_position, replayed, stream=verdict.stream)


def _appended(decision: Decision, verdict: Verdict) -> Done | Refusal:
    """The decision was made on what the log holds."""
    if isinstance(decision, tuple):
        return Done(decision, verdict.last_position, stream=verdict.stream)
    if isinstance(decision, AlreadyRecorded):
        return Done((), 0, replayed=True, transaction_id=decision.transaction_id)
    return decision


def _with_numbers(order: Order, used: _Used) -> Order:
    """The same order with at least as many numbers as its decision used up."""
    needed = {name: max(count, order.numbers.get(name, 0)) for name, _, count in used}
    return replace(order, numbers={**order.numbers, **needed})


def _used(offer: Offer, events: tuple[Event, ...]) -> _Used:
    """Counter, first number and count of what a decision took, but for what was reserved before."""
    return [
        (name, getattr(offer, name), count)
        for name, count in numbers_used(events).items()
        if name not in RESERVED_BEFORE
    ]


def _erased(order: Order, session: Session) -> tuple[str, ...]:
    if order.replaces is not None and (replaced := order.replaces(session.state)):
        return (replaced,) if isinstance(replaced, str) else replaced
    return (order.stream,) if order.erases else ()


def _metadata(command_id: UUID, call: Call) -> str:
    return canonical.dumps(
        {
            "address": call.address,
            "admin_id": call.admin_id,
            "command_id": str(command_id),
            "correlation_id": call.request_id,
            "credential": call.credential,
        }
    )
