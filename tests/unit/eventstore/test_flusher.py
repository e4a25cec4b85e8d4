"""Group commit over the store in memory: what is sent together, what waits, and what a failure does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from eventstore.flusher import Chain, Flusher, FlushLimits
from eventstore.identifiers import uuid7
from eventstore.memory import MemoryStore
from eventstore.records import OutcomeUnknown, QueueFull, Unavailable
from tests.support.proposals import proposal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from eventstore.records import Proposal, Verdict


class GatedStore(MemoryStore):
    """A store whose appends wait at a gate, and which does what it is told once: fail before, or after."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.arrived = asyncio.Event()
        self.batches: list[list[str]] = []
        self.failures: list[Exception] = []
        self.lost_replies = 0

    async def append(self, batch: Sequence[Proposal]) -> list[Verdict]:
        """Note the batch, wait, fail as told."""
        self.batches.append([wish.stream for wish in batch])
        self.arrived.set()
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        verdicts = await super().append(batch)
        if self.lost_replies:
            self.lost_replies -= 1
            raise OutcomeUnknown("the reply was lost")
        return verdicts


@pytest.fixture
async def store() -> GatedStore:
    """A store in memory behind an open gate."""
    return GatedStore()


@pytest.fixture
async def flusher(store: GatedStore) -> AsyncIterator[Flusher]:
    """A running flusher that asks again after a lost reply without waiting long."""
    flusher = Flusher(store, FlushLimits(queue_commands_max=8, resend_s=0.2, resend_pause_s=0.001))
    task = asyncio.create_task(flusher.run())
    yield flusher
    store.gate.set()
    flusher.close()
    await task


async def _hold_one_in_flight(store: GatedStore, flusher: Flusher) -> asyncio.Future[Verdict]:
    store.gate.clear()
    first = flusher.submit(proposal("first", 0), Chain())
    await store.arrived.wait()
    return first


async def test_what_queued_during_a_flush_goes_together(store: GatedStore, flusher: Flusher) -> None:
    """Commands that wait for one flush share the next one."""
    first = await _hold_one_in_flight(store, flusher)
    rest = [flusher.submit(proposal(f"s{n}", 0), Chain()) for n in range(5)]
    store.gate.set()
    verdicts = await asyncio.gather(first, *rest)

    assert [verdict.outcome for verdict in verdicts] == ["appended"] * 6
    assert [len(batch) for batch in store.batches] == [1, 5]


async def test_a_full_queue_refuses_and_records_nothing(store: GatedStore, flusher: Flusher) -> None:
    """The bound of the queue is an answer, not a growing memory."""
    await _hold_one_in_flight(store, flusher)
    waiting = [flusher.submit(proposal(f"s{n}", 0), Chain()) for n in range(8)]
    with pytest.raises(QueueFull):
        flusher.submit(proposal("late", 0), Chain())
    store.gate.set()
    await asyncio.gather(*waiting)
    assert "late" not in {event.stream for event in store.events}


async def test_a_broken_chain_takes_its_queue_with_it(store: GatedStore, flusher: Flusher) -> None:
    """What was decided on a command that failed is not appended, even where the version happens to fit."""
    chain = Chain()
    store.gate.clear()
    doomed = flusher.submit(proposal("a", 0), chain)
    await store.arrived.wait()
    built_on_it = flusher.submit(proposal("a", 1), chain)
    # Another process appends one event meanwhile: the first command conflicts, and version 1 is true.
    await MemoryStore.append(store, [proposal("a", 0)])
    store.gate.set()

    assert (await doomed).outcome == "conflict"
    assert (await built_on_it).outcome == "conflict"
    assert len(store.events) == 1


async def test_a_withdrawn_command_is_not_sent(store: GatedStore, flusher: Flusher) -> None:
    """Cancelling what is still queued takes it back, with everything decided on it."""
    await _hold_one_in_flight(store, flusher)
    chain = Chain()
    withdrawn = flusher.submit(proposal("a", 0), chain)
    built_on_it = flusher.submit(proposal("a", 1), chain)
    withdrawn.cancel()
    store.gate.set()

    assert (await built_on_it).outcome == "conflict"
    assert {event.stream for event in store.events} == {"first"}


async def test_the_same_command_twice_is_not_sent_in_one_batch(store: GatedStore, flusher: Flusher) -> None:
    """A repeated command id, and a name claimed twice, wait for the verdict on the first."""
    await _hold_one_in_flight(store, flusher)
    command_id = uuid7()
    answers = [
        flusher.submit(proposal("a", 0, command_id=command_id), Chain()),
        flusher.submit(proposal("a", 0, command_id=command_id), Chain()),
        flusher.submit(proposal("b", 0, claims=("n:1",)), Chain()),
        flusher.submit(proposal("c", 0, claims=("n:1",)), Chain()),
        flusher.submit(proposal("c", 0), Chain()),
    ]
    store.gate.set()
    outcomes = [verdict.outcome for verdict in await asyncio.gather(*answers)]

    assert outcomes == ["appended", "duplicate", "appended", "taken", "conflict"]
    assert store.batches[1] == ["a", "b"]


async def test_a_lost_reply_is_asked_again(store: GatedStore, flusher: Flusher) -> None:
    """The batch is sent again with the same ids; what was committed comes back as a duplicate, once."""
    store.lost_replies = 2
    verdict = await flusher.submit(proposal("a", 0), Chain())
    assert (verdict.outcome, verdict.first_position) == ("duplicate", 1)
    assert len(store.events) == 1


async def test_an_outcome_that_stays_unknown_is_said_to_be_unknown(
    store: GatedStore, flusher: Flusher
) -> None:
    """After the time for asking again the caller is told the truth: not known."""
    store.failures = [OutcomeUnknown("lost"), *(Unavailable("down") for _ in range(10_000))]
    with pytest.raises(OutcomeUnknown):
        await flusher.submit(proposal("a", 0), Chain())


async def test_an_unreachable_log_fails_what_waits_and_breaks_its_chains(
    store: GatedStore, flusher: Flusher
) -> None:
    """Nothing was recorded, everybody is told, and the next command works."""
    store.failures = [Unavailable("down")]
    chain = Chain()
    with pytest.raises(Unavailable):
        await flusher.submit(proposal("a", 0), chain)
    assert chain.broken
    assert (await flusher.submit(proposal("a", 0), Chain())).outcome == "appended"


async def test_one_bad_command_does_not_fail_its_neighbours(store: GatedStore, flusher: Flusher) -> None:
    """When the database cannot take a batch its commands go one by one, and only the bad one fails."""
    first = await _hold_one_in_flight(store, flusher)
    chain = Chain()
    good = flusher.submit(proposal("a", 0), Chain())
    bad = flusher.submit(proposal("b", 0), chain)
    built_on_it = flusher.submit(proposal("b", 1), chain)
    # First in flight, then the batch as a whole, then "a" alone goes through and "b" fails again.
    original = MemoryStore.append

    async def refuse_b(batch: Sequence[Proposal]) -> list[Verdict]:
        if any(wish.stream == "b" for wish in batch):
            raise ValueError("not for this database")
        return await original(store, batch)

    store.append = refuse_b  # type: ignore[method-assign] # the damage of this test
    store.gate.set()

    assert (await first).outcome == "appended"
    assert (await good).outcome == "appended"
    with pytest.raises(ValueError, match="not for this database"):
        await bad
    assert (await built_on_it).outcome == "conflict"


async def test_a_flush_is_bounded_in_events_and_bytes(store: GatedStore) -> None:
    """Limits split what waits into several flushes, and a command larger than a flush still goes alone."""
    flusher = Flusher(store, FlushLimits(flush_events_max=3, flush_bytes_max=200))
    answers = [flusher.submit(proposal(f"s{n}", 0), Chain()) for n in range(7)]
    answers.append(flusher.submit(proposal("large", 0, data={"text": "x" * 500}), Chain()))
    answers.append(flusher.submit(proposal("many", 0, 5), Chain()))
    flusher.close()
    await flusher.run()

    assert [(await answer).outcome for answer in answers] == ["appended"] * 9
    assert [len(batch) for batch in store.batches] == [3, 3, 1, 1, 1]


async def test_closing_flushes_what_is_queued_and_takes_nothing_more(store: GatedStore) -> None:
    """A graceful stop answers everybody who was let in."""
    flusher = Flusher(store, FlushLimits())
    answer = flusher.submit(proposal("a", 0), Chain())
    flusher.close()
    with pytest.raises(QueueFull):
        flusher.submit(proposal("b", 0), Chain())
    await flusher.run()
    assert (await answer).outcome == "appended"


async def test_a_name_given_back_waits_until_it_is_in_the_log(store: GatedStore, flusher: Flusher) -> None:
    """A command that gives back what one before it takes, or takes what that gives back, goes after it."""
    store.gate.clear()
    blocker = flusher.submit(proposal("x", 0), Chain())
    await store.arrived.wait()
    chain = Chain()
    waits = [
        flusher.submit(proposal("a", 0, claims=("n:1",)), chain),
        flusher.submit(proposal("a", 1, claims=("n:2",), releases=("n:1",)), chain),
        flusher.submit(proposal("b", 0, claims=("n:1",)), Chain()),
    ]
    store.gate.set()
    verdicts = await asyncio.gather(blocker, *waits)
    assert [verdict.outcome for verdict in verdicts] == ["appended"] * 4
    assert store.batches == [["x"], ["a"], ["a"], ["b"]]
    assert await store.resolve(["n:1", "n:2"]) == {"n:1": "b", "n:2": "a"}
