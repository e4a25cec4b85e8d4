"""What a caller is told when the database fails at the worst moment: never "not recorded" when it was."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

import pytest

from eventstore.memory import MemoryStore
from eventstore.records import OutcomeUnknown, Unavailable
from service.domain.commands import AddCredit, OpenAccount
from service.domain.refusals import Refusal, RefusalCode
from service.handling import sessions
from service.handling.answers import Call, Done
from tests.unit.handling.process import PROFILE, call, process

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventstore.records import Proposal, RecordedEvent, Verdict

OPENING = OpenAccount(currency="USD", currency_id=1, profile=PROFILE)
TOP_UP = AddCredit(amount=100, description="top-up")


class FailingStore(MemoryStore):
    """A store that loses replies, fails reads, or lets the caller act between a commit and its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.lost_replies = 0
        self.reads_fail = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.committed = asyncio.Event()

    async def append(self, batch: Sequence[Proposal]) -> list[Verdict]:
        """Commit; then answer, or not."""
        verdicts = await super().append(batch)
        self.committed.set()
        await self.gate.wait()
        if self.lost_replies:
            self.lost_replies -= 1
            raise OutcomeUnknown("the reply was lost")
        return verdicts

    async def read_range(self, first: int, last: int) -> list[RecordedEvent]:
        """As the log has it, unless it cannot be reached."""
        if self.reads_fail:
            raise Unavailable("down again")
        return await super().read_range(first, last)


async def test_recorded_but_not_readable_is_not_nothing_recorded() -> None:
    """Our own resend finds the command in the log, and reading its events fails: the outcome is unknown."""
    store = FailingStore()
    async with process(store) as here:
        await here.ledger.open_account(OPENING, call())
        store.lost_replies, store.reads_fail = 1, True
        with pytest.raises(OutcomeUnknown):
            await here.ledger.on_client(1, TOP_UP, call())
    assert [event.type for event in store.events].count("credit.added") == 1


async def test_a_deadline_in_the_turn_of_the_verdict_does_not_deny_it() -> None:
    """The timer judges while the command is in the air, whatever is dealt out before the caller wakes."""
    store = FailingStore()
    async with process(store) as here:
        await here.ledger.open_account(OPENING, call())
        store.gate.clear()
        store.committed.clear()
        loop = asyncio.get_running_loop()
        late = Call("credential", 1, "127.0.0.1", "request", loop.time() + 0.05)
        asking = asyncio.create_task(here.ledger.on_client(1, TOP_UP, late))
        await store.committed.wait()
        behind = math.nextafter(late.deadline, math.inf)
        loop.call_at(behind, store.gate.set)  # the verdict comes right behind the timer, in the same turn
        with pytest.raises(OutcomeUnknown):
            await asking


async def test_a_queued_command_past_its_deadline_is_withdrawn() -> None:
    """It is told that nothing was recorded, and nothing is."""
    store = FailingStore()
    async with process(store) as here:
        await here.ledger.open_account(OPENING, call())
        store.gate.clear()
        store.committed.clear()
        first = asyncio.create_task(here.ledger.on_client(1, TOP_UP, call()))
        await store.committed.wait()
        late = Call("credential", 1, "127.0.0.1", "request", asyncio.get_running_loop().time() + 0.01)
        with pytest.raises(Unavailable):
            await here.ledger.on_client(1, TOP_UP, late)
        store.gate.set()
        assert isinstance(await first, Done)
    assert [event.type for event in store.events].count("credit.added") == 1


async def test_an_owner_that_is_not_committed_does_not_exist() -> None:
    """An account on its way may be refused after all, and its number go to somebody else."""
    store = FailingStore()
    async with process(store) as here:
        await here.ledger.open_account(OPENING, call())
        store.gate.clear()
        store.committed.clear()
        refused = asyncio.create_task(here.ledger.open_account(OPENING, call()))  # the e-mail is taken
        await store.committed.wait()
        asking = asyncio.create_task(here.ledger.client_exists(2))
        store.gate.set()
        assert await refused == Refusal(RefusalCode.EMAIL_TAKEN)
        assert not await asking


async def test_a_long_account_is_read_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a stream is, a load goes page by page, ends in the same state, and leaves snapshots."""
    store = MemoryStore()
    async with process(store) as here:
        await here.ledger.open_account(OPENING, call())
        for _ in range(99):
            await here.ledger.on_client(1, TOP_UP, call())
        expected = (await here.sessions.get("account-1")).state
    monkeypatch.setattr(sessions, "PAGE_EVENTS", 10)
    monkeypatch.setattr(sessions, "SNAPSHOT_EVENTS_ON_THE_WAY", 30)
    async with process(store) as fresh:
        loaded = await asyncio.gather(*(fresh.sessions.get("account-1") for _ in range(5)))
        assert {id(session) for session in loaded} == {id(loaded[0])}
        assert (loaded[0].state, loaded[0].version, loaded[0].committed) == (expected, 100, 100)
        assert isinstance(await fresh.ledger.on_client(1, TOP_UP, call()), Done)
    snapshot = (await store.read_streams({"account-1": 0}, loaded[0].decider.fold_version))[
        "account-1"
    ].snapshot
    assert snapshot is not None
    assert snapshot.version == 90
