"""The register of services over the store in memory, with another process on the same log."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from eventstore.memory import MemoryStore
from service.domain.client_commands import DeleteAccount
from service.domain.commands import OpenAccount
from service.domain.events import AccountOpened
from service.domain.events.services import ServiceRegistered
from service.domain.refusals import Refusal, RefusalCode
from service.domain.service_commands import ChangeService, RegisterService, RenewService, ServiceCycle
from service.domain.streams import account_stream
from service.handling.answers import Done
from service.handling.execution import Order
from service.handling.service_register import service_with
from tests.unit.handling.process import PROFILE, Process, call, process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SERVICE = RegisterService(
    service_id=0,
    server_id=9001,
    kind="instant",
    product="VPS",
    cycle=ServiceCycle.MONTHLY,
    price=900,
    next_due_date="2026-01-31",
)


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


async def _client(here: Process, number: int) -> int:
    profile = PROFILE | {"email": f"{number}@example.com"}
    done = await here.ledger.open_account(OpenAccount(currency="USD", currency_id=1, profile=profile), call())
    assert isinstance(done, Done)
    (event,) = done.events
    assert isinstance(event, AccountOpened)
    return event.client_id


async def _number(where: Process, client_id: int, command: RegisterService) -> int:
    done = await where.register.register(client_id, command, call())
    assert isinstance(done, Done), done
    (event,) = done.events
    assert isinstance(event, ServiceRegistered)
    return event.service_id


async def test_numbers_are_counted_and_come_back(here: Process) -> None:
    """What was refused or known already uses up no number."""
    client_id = await _client(here, 1)
    assert await _number(here, client_id, SERVICE) == 1
    again = await here.register.register(client_id, SERVICE, call())
    assert again == Done((), 0, replayed=True, transaction_id=1)
    nobody = await here.register.register(99, SERVICE, call())
    assert nobody == Refusal(RefusalCode.CLIENT_NOT_FOUND)
    assert await _number(here, client_id, replace(SERVICE, server_id=9002)) == 2


async def test_a_number_that_is_brought_along(here: Process, there: Process) -> None:
    """It is kept; other processes count on after it, and one that holds it in hand takes the next."""
    client_id = await _client(here, 1)
    numbers = [await _number(here, client_id, replace(SERVICE, server_id=number)) for number in range(1, 8)]
    assert numbers == list(range(1, 8))
    free = numbers[-1] + 1  # in the hands of this process, as it takes blocks
    assert await _number(there, client_id, replace(SERVICE, server_id=90, service_id=free)) == free
    assert await _number(here, client_id, replace(SERVICE, server_id=91)) > free
    assert await _number(here, client_id, replace(SERVICE, server_id=92, service_id=5000)) == 5000
    async with process(here.store) as third:
        assert await _number(third, client_id, replace(SERVICE, server_id=93)) > 5000
    other = await _client(here, 2)
    taken = await there.register.register(other, replace(SERVICE, server_id=94, service_id=5000), call())
    assert taken == Refusal(RefusalCode.SERVICE_EXISTS, "5000")
    wrong = await here.register.register(client_id, replace(SERVICE, server_id=92, service_id=6000), call())
    assert wrong == Refusal(RefusalCode.SERVER_TAKEN, "5000")


async def test_two_processes_sell_one_server_once(here: Process, there: Process) -> None:
    """Whoever is first has it; the other is refused, and may have it when it is free again."""
    clients = [await _client(here, number) for number in (1, 2)]
    answers = await asyncio.gather(
        here.register.register(clients[0], SERVICE, call()),
        there.register.register(clients[1], SERVICE, call()),
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Done", "Refusal"]
    assert Refusal(RefusalCode.SERVER_TAKEN) in answers
    owner, other = (0, 1) if isinstance(answers[0], Done) else (1, 0)
    (number,) = await here.register.of_client(clients[owner])
    ended = ChangeService(service_id=number, changes={"status": "Terminated"})
    assert isinstance(await here.register.change(clients[owner], ended, call()), Done)
    second = await _number(here, clients[other], SERVICE)
    back = ChangeService(service_id=number, changes={"status": "Active"})
    refused = await there.register.change(clients[owner], back, call())
    assert refused == Refusal(RefusalCode.SERVER_TAKEN)
    assert service_with(await there.register.of_client(clients[other]), 9001) == second
    assert service_with(await there.register.of_client(clients[owner]), 9001) == number
    assert service_with({}, 9001) == 0


async def test_a_deleted_account_gives_its_servers_back(here: Process) -> None:
    """They are free for the services of others."""
    client_id, other = await _client(here, 1), await _client(here, 2)
    await _number(here, client_id, SERVICE)
    order = Order(
        stream=account_stream(client_id),
        command=DeleteAccount(names={1: ""}),
        numbers={},
        subject_key=b"k" * 32,
    )
    assert isinstance(await here.executor.execute(order, call()), Done)
    assert await _number(here, other, SERVICE)


async def test_many_renew_a_service_once(here: Process, there: Process) -> None:
    """Twenty at the same time make one invoice; the others are told its number."""
    client_id = await _client(here, 1)
    number = await _number(here, client_id, SERVICE)
    renew = RenewService(service_id=number)
    answers = await asyncio.gather(
        *(where.register.renew(client_id, renew, call()) for where in (here, there) for _ in range(10))
    )
    made = [answer for answer in answers if isinstance(answer, Done)]
    assert len(made) == 1
    invoice = getattr(made[0].events[0], "invoice_id", 0)
    told = {answer for answer in answers if isinstance(answer, Refusal)}
    assert told == {Refusal(RefusalCode.RENEWAL_OPEN, str(invoice))}
