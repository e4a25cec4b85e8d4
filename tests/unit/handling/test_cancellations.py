"""Ends of services over the store in memory, with another process at work on the same log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from eventstore.memory import MemoryStore
from service.domain.cancellation_commands import CancellationKind, RequestCancellation, WithdrawCancellation
from service.domain.commands import OpenAccount
from service.domain.events import CreditAdded
from service.domain.events.cancellations import ServiceCancellationRequested
from service.domain.refusals import Refusal, RefusalCode
from service.domain.service_commands import ChangeService
from service.domain.streams import account_stream
from service.handling.answers import Done
from service.handling.cancellations import Cancellations
from service.handling.execution import Order
from service.handling.translation import Translator
from tests.support.endings import registration
from tests.unit.handling.process import NOW, PROFILE, Process, call, process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

AT_ONCE = RequestCancellation(service_id=7, kind=CancellationKind.IMMEDIATE, reason="Because of Mallory")
LATER = RequestCancellation(service_id=7, kind=CancellationKind.END_OF_PERIOD)


class Keyless(MemoryStore):
    """It opens nothing."""

    @override
    async def subject_keys(self, subjects: Sequence[str]) -> dict[str, bytes | None]:
        return {}


@pytest.fixture
async def here() -> AsyncIterator[Process]:
    """One process on an empty store."""
    async with process(MemoryStore()) as running:
        yield running


@pytest.fixture
async def there(here: Process) -> AsyncIterator[Process]:
    """Another process on the same store."""
    async with process(here.store) as running:
        yield running


def _ends(of: Process) -> Cancellations:
    return Cancellations(of.store, of.executor)


async def _register(of: Process, service_id: int, *, kind: str = "instant", due: str = "2026-12-10") -> int:
    """A new client with a service, on the server of the same number."""
    profile = PROFILE | {"email": f"{service_id}@example.com"}
    opened = await of.ledger.open_account(OpenAccount(currency="USD", currency_id=1, profile=profile), call())
    assert isinstance(opened, Done)
    command = registration(service_id, server_id=9, kind=kind, next_due_date=due)
    order = Order(stream=opened.stream, command=command, numbers={})
    assert isinstance(await of.executor.execute(order, call()), Done)
    return opened.client_id


async def test_two_processes_give_back_once(here: Process, there: Process) -> None:
    """Whoever is second finds that it is so already."""
    client_id = await _register(here, 7)
    answers = await asyncio.gather(
        *(_ends(of).execute(client_id, AT_ONCE, call()) for of in (here, there) for _ in range(5))
    )
    events = [event for answer in answers if isinstance(answer, Done) for event in answer.events]
    assert len([event for event in events if isinstance(event, CreditAdded)]) == 1
    assert [
        answer.transaction_id for answer in answers if isinstance(answer, Done) and not answer.events
    ] == [1] * 9


async def test_what_people_write_is_sealed(here: Process) -> None:
    """With their own key; without it nothing of it is taken."""
    client_id = await _register(here, 7)
    assert isinstance(await _ends(here).execute(client_id, AT_ONCE, call()), Done)
    records = await here.store.read_range(1, (await here.store.head()).position)
    assert "Mallory" not in "".join(record.data for record in records)
    facts = await Translator(here.store).decode(records)
    reasons = [fact.event.reason for fact in facts if isinstance(fact.event, ServiceCancellationRequested)]
    assert reasons == [AT_ONCE.reason]
    other = await _register(here, 8)
    assert isinstance(await here.clients.erase(other, call()), Done)
    command = RequestCancellation(service_id=8, kind=CancellationKind.END_OF_PERIOD, reason="Mallory again")
    done = await _ends(here).execute(other, command, call())
    assert isinstance(done, Done)
    assert isinstance(done.events[0], ServiceCancellationRequested)
    assert done.events[0].reason == ""


async def test_a_copy_without_keys_takes_no_reasons() -> None:
    """As one that was made without personal data: the service ends all the same."""
    async with process(Keyless()) as here:
        client_id = await _register(here, 7)
        done = await _ends(here).execute(client_id, AT_ONCE, call())
        assert isinstance(done, Done)
        assert isinstance(done.events[0], ServiceCancellationRequested)
        assert done.events[0].reason == ""


async def test_a_server_of_anothers_is_not_taken_back(here: Process, there: Process) -> None:
    """It was free for a while, and another client got it."""
    client_id = await _register(here, 7, kind="dedicated")
    await _ends(here).execute(client_id, AT_ONCE, call())
    await _register(there, 8)
    answer = await _ends(here).execute(client_id, WithdrawCancellation(service_id=7), call())
    assert answer == Refusal(RefusalCode.SERVER_TAKEN)


async def test_a_run_goes_through_all_clients(here: Process) -> None:
    """Some at a time, each once; whoever has nothing to end is passed over. Repeated it changes nothing."""
    over = await _register(here, 7)
    await _ends(here).execute(over, LATER, call())
    sooner = ChangeService(service_id=7, changes={"next_due_date": NOW[:10]})
    stream = account_stream(over)
    await here.executor.execute(Order(stream=stream, command=sooner, numbers={}), call())
    asked: list[int] = []

    async def clients_after(after: int, _deadline: float) -> Sequence[int]:
        asked.append(after)
        return [each for each in (over, over + 1, over + 2) if each > after][:2]

    await _ends(here).carry_out_all(clients_after, call())
    assert asked == [0, over + 1, over + 2]
    assert (await here.sessions.load(stream)).state.services[7].status == "Cancelled"
    head = (await here.store.head()).position
    await _ends(here).carry_out_all(clients_after, call())
    assert (await here.store.head()).position == head


async def test_the_owner_of_a_service(here: Process) -> None:
    """Also of one that has ended; nobody for a number that none has."""
    client_id = await _register(here, 7)
    await _ends(here).execute(client_id, AT_ONCE, call())
    assert await _ends(here).owner_of(7) == client_id
    assert await _ends(here).owner_of(8) is None
