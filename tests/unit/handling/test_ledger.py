"""The way of a command over the store in memory, with other processes at work on the same log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from eventstore.identifiers import uuid7
from eventstore.memory import MemoryStore
from service.domain.commands import (
    AddCredit,
    ApplyCredit,
    IssueInvoice,
    NewItem,
    OpenAccount,
    RecordPayment,
    RemoveCredit,
)
from service.domain.events import AccountOpened, CreditAdded, CreditRemoved, InvoiceIssued, PaymentRecorded
from service.domain.invoice_status import InvoiceStatus
from service.domain.refusals import Refusal, RefusalCode
from service.handling.answers import Done
from service.handling.sessions import SNAPSHOT_EVENTS
from tests.unit.handling.process import PROFILE, Process, call, process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


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


def _opening(email: str = "ada@example.com") -> OpenAccount:
    return OpenAccount(currency="USD", currency_id=1, profile=PROFILE | {"email": email})


async def _open(ledger: Process, email: str = "ada@example.com") -> int:
    done = await ledger.ledger.open_account(_opening(email), call())
    assert isinstance(done, Done)
    (event,) = done.events
    assert isinstance(event, AccountOpened)
    return event.client_id


def _add(amount: int) -> AddCredit:
    return AddCredit(amount=amount, description="top-up")


def _remove(amount: int) -> RemoveCredit:
    return RemoveCredit(amount=amount, description="taken back")


async def _issue(ledger: Process, client_id: int, amount: int) -> int:
    items = (NewItem(description="Hosting", amount=amount),)
    done = await ledger.ledger.on_client(
        client_id, IssueInvoice(status=InvoiceStatus.UNPAID, items=items), call()
    )
    assert isinstance(done, Done)
    (event,) = done.events
    assert isinstance(event, InvoiceIssued)
    return event.invoice_id


async def test_a_refusal_from_stale_memory_is_decided_again(here: Process, there: Process) -> None:
    """A process that has not seen another's top-up must not refuse for lack of credit."""
    client = await _open(here)
    assert isinstance(await there.ledger.on_client(client, _remove(1), call()), Refusal)
    await here.ledger.on_client(client, _add(500), call())

    answer = await there.ledger.on_client(client, _remove(500), call())
    assert isinstance(answer, Done)


async def test_a_success_from_stale_memory_is_decided_again(here: Process, there: Process) -> None:
    """A process that still believes in credit that is gone must not spend it a second time."""
    client = await _open(here)
    await there.ledger.on_client(client, _add(500), call())
    await here.ledger.on_client(client, _remove(500), call())

    answer = await there.ledger.on_client(client, _remove(500), call())
    assert isinstance(answer, Refusal)
    assert answer.code is RefusalCode.CREDIT_TOO_LOW


async def test_two_processes_on_one_account_lose_nothing(here: Process, there: Process) -> None:
    """Hundreds of concurrent commands from both sides: each acknowledged once, never below zero."""
    client = await _open(here)
    commands = [_add(3) if n % 3 else _remove(4) for n in range(300)]
    answers = await asyncio.gather(
        *(
            (here if n % 2 else there).ledger.on_client(client, command, call())
            for n, command in enumerate(commands)
        )
    )
    balance = 0
    rows = [event for answer in answers if isinstance(answer, Done) for event in answer.events]
    for event in rows:
        assert isinstance(event, (CreditAdded, CreditRemoved))
        balance += event.amount if isinstance(event, CreditAdded) else -event.amount
        assert event.balance >= 0
    assert len({event.credit_id for event in rows if isinstance(event, (CreditAdded, CreditRemoved))}) == len(
        rows
    )
    final = await here.sessions.load(f"account-{client}")
    assert final.state.balance == balance
    assert final.version == len(rows) + 1


async def test_a_command_named_by_its_caller_has_one_effect(here: Process, there: Process) -> None:
    """The same name again, in another process, after a change that would refuse it now: the first answer."""
    client = await _open(here)
    await here.ledger.on_client(client, _add(500), call())
    name = uuid7()
    first = await here.ledger.on_client(client, _remove(500), call(name, b"r"))
    again = await there.ledger.on_client(client, _remove(500), call(name, b"r"))
    other = await there.ledger.on_client(client, _remove(1), call(name, b"s"))

    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert (again.events, again.position, again.replayed) == (first.events, first.position, True)
    assert other == Refusal(RefusalCode.KEY_REUSED)


async def test_identical_payments_at_once_are_one_payment(here: Process, there: Process) -> None:
    """Fifty times the same payment over two processes: one transaction, fifty successes that name it."""
    client = await _open(here)
    invoice = await _issue(here, client, 1000)
    payment = RecordPayment(invoice_id=invoice, gateway="paypal", reference="T1", amount=1000)
    answers = await asyncio.gather(
        *((here if n % 2 else there).ledger.on_invoice(payment, call()) for n in range(50))
    )
    fresh = [answer for answer in answers if isinstance(answer, Done) and not answer.replayed]
    (recorded,) = [e for answer in fresh for e in answer.events if isinstance(e, PaymentRecorded)]
    replays = [answer for answer in answers if isinstance(answer, Done) and answer.replayed]
    assert len(replays) == 49
    assert {answer.transaction_id for answer in replays} == {recorded.transaction_id}


async def test_one_address_opens_one_account_and_numbers_stay_dense(here: Process, there: Process) -> None:
    """The e-mail address is claimed under a hash; refused openings leave no gap in the client numbers."""
    answers = await asyncio.gather(
        *(
            (here if n % 2 else there).ledger.open_account(_opening("Ada@Example.com "), call())
            for n in range(8)
        )
    )
    assert sum(isinstance(answer, Done) for answer in answers) == 1
    assert {answer.code for answer in answers if isinstance(answer, Refusal)} == {RefusalCode.EMAIL_TAKEN}
    assert await here.ledger.client_by_email("ADA@example.com") is not None
    assert "example" not in str([await here.store.resolve(list(here.store._keys))])  # noqa: SLF001 -- all names


async def test_personal_data_is_not_in_the_log_in_clear(here: Process) -> None:
    """Whoever reads the stored events learns no name and no address."""
    await _open(here)
    assert "Lovelace" not in "".join(event.data for event in here.store.events)


async def test_accounts_are_known_across_processes(here: Process, there: Process) -> None:
    """What another process created is there, though this one remembers that it was not."""
    assert not await there.ledger.client_exists(1)
    client = await _open(here)
    assert await there.ledger.client_exists(client)
    refused = await there.ledger.on_client(99, _add(1), call())
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.CLIENT_NOT_FOUND
    assert await there.ledger.on_invoice(ApplyCredit(invoice_id=7), call()) == Refusal(
        RefusalCode.INVOICE_NOT_FOUND, "7"
    )
    invoice = await _issue(here, client, 100)
    assert await there.ledger.invoice_exists(invoice)
    await here.ledger.on_client(client, _add(100), call())
    assert isinstance(await there.ledger.on_invoice(ApplyCredit(invoice_id=invoice), call()), Done)


async def test_memory_is_bounded_and_forgetting_is_harmless(here: Process) -> None:
    """A process that keeps two accounts in memory works on twenty."""
    async with process(here.store, capacity=2) as small:
        clients = [await _open(small, f"c{n}@example.com") for n in range(20)]
        for amount in (5, 7):
            await asyncio.gather(
                *(small.ledger.on_client(client, _add(amount), call()) for client in clients)
            )
        for client in clients:
            assert (await small.sessions.load(f"account-{client}")).state.balance == 12


async def test_a_long_account_is_loaded_from_its_snapshot(here: Process) -> None:
    """Folding many events leaves a snapshot; the next load starts from it and knows the same."""
    client = await _open(here)
    for _ in range(SNAPSHOT_EVENTS):
        await here.ledger.on_client(client, _add(1), call())
    stream = f"account-{client}"
    async with process(here.store) as second:
        loaded = await second.sessions.get(stream)
    tail = (await here.store.read_streams({stream: 0}, loaded.decider.fold_version))[stream]
    assert tail.snapshot is not None
    assert tail.events == ()
    async with process(here.store) as third:
        from_snapshot = await third.sessions.get(stream)
        assert from_snapshot.state == loaded.state
        assert from_snapshot.version == SNAPSHOT_EVENTS + 1
        assert isinstance(await third.ledger.on_client(client, _remove(SNAPSHOT_EVENTS), call()), Done)
