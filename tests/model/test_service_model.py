"""Random commands to clients of a real ledger on PostgreSQL, by two processes that do not know each other.

Commands come one by one, two at once, and again under the same idempotency key; what each process has in
memory is stale whenever the other has written. A bookkeeper says what has to be answered; in the end the read
models must show the same. The rules themselves are tried harder, without a database, in `test_account_model`.
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import AsyncExitStack
from copy import deepcopy
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from uuid import uuid4

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from pydantic import SecretStr

from projections.reader import Reader
from projections.schema import prepare
from service.core import open_core
from service.domain.commands import (
    AddCredit,
    ApplyCredit,
    IssueInvoice,
    NewItem,
    OpenAccount,
    RecordPayment,
    RemoveCredit,
)
from service.domain.events import AccountOpened
from service.domain.invoice_status import InvoiceStatus
from service.domain.refusals import Refusal, RefusalCode
from service.handling.answers import Call, Done, Idempotency
from service.settings import Settings
from tests.model.bookkeeper import METHOD, RECORDED_BEFORE, Account, Command, facts_of, invoice_in
from tests.support.databases import migrated_database
from tests.support.projecting import projecting

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from service.core import Core

T = TypeVar("T")
PATIENCE_S = 60.0
NO_INVOICE = 10**15


@dataclass
class World:
    """Two processes' cores on one database, the read models, and the loop that all of it runs on."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    cores: list[Core]
    reader: Reader
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def send(
        self, process: int, client: int, command: Command, named: Idempotency | None = None
    ) -> Done | Refusal:
        """One command through one process."""
        ledger = self.cores[process].ledger
        if isinstance(command, ApplyCredit | RecordPayment):
            return await ledger.on_invoice(command, self.call(named))
        return await ledger.on_client(client, command, self.call(named))

    async def open(self, process: int) -> int:
        """The number of a new client, whose opening is then sent again through the other process."""
        email = f"client-{next(self.numbers)}@example.com"
        command = OpenAccount(currency="EUR", currency_id=1, profile={"email": email}, payment_method=METHOD)
        call = self.call(name_of(command))
        first = await self.cores[process].ledger.open_account(command, call)
        again = await self.cores[1 - process].ledger.open_account(command, call)
        assert isinstance(first, Done)
        assert isinstance(again, Done)
        assert (again.events, again.replayed) == (first.events, True)
        (opened,) = first.events
        assert isinstance(opened, AccountOpened)
        return opened.client_id

    def call(self, named: Idempotency | None) -> Call:
        """A call by an admin."""
        return Call("model", 1, "127.0.0.1", "model", self.deadline(), named)

    def deadline(self) -> float:
        """Far away."""
        return asyncio.get_running_loop().time() + PATIENCE_S


def name_of(content: object) -> Idempotency:
    """A new name for a request with this content."""
    return Idempotency(uuid4(), sha256(repr(content).encode()).digest())


amounts = st.integers(1, 300)
places = st.integers(0, 5)
"""Which of the things that there are, counted round."""
processes = st.integers(0, 1)
items = st.builds(NewItem, description=st.just("Line"), amount=st.integers(1, 200))
statuses = st.sampled_from(
    [*[InvoiceStatus.UNPAID] * 5, InvoiceStatus.PAID, InvoiceStatus.DRAFT, InvoiceStatus.CANCELLED]
)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(AddCredit, amount=amounts, description=st.just("Added")),
    st.builds(RemoveCredit, amount=amounts, description=st.just("Removed")),
    st.builds(
        IssueInvoice,
        status=statuses,
        items=st.lists(items, min_size=1, max_size=2).map(tuple),
        auto_apply_credit=st.booleans(),
    ),
    st.builds(ApplyCredit, invoice_id=places, amount=st.none() | amounts),
    st.builds(
        RecordPayment,
        invoice_id=places,
        gateway=st.sampled_from(["", "paypal"]),
        reference=st.sampled_from("ABCDEFGH"),
        amount=st.none() | amounts,
    ),
)


@dataclass
class Sent:
    """A command that was carried out under a name."""

    client: int
    command: Command
    named: Idempotency
    answer: Done


class ServiceModel(RuleBasedStateMachine):
    """The ledger and the bookkeeper get the same commands and must agree on every answer."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.accounts: dict[int, Account] = {}
        self.sent: list[Sent] = []

    @initialize(count=st.integers(2, 3), process=processes)
    def open(self, count: int, process: int) -> None:
        """Every history has clients of its own."""
        for _ in range(count):
            self.accounts[self.world.run(self.world.open(process))] = Account()

    @rule(place=places, process=processes, command=commands)
    def one(self, place: int, process: int, command: Command) -> None:
        """A command, unnamed."""
        client, command = self._aimed(place, command)
        answer = self.world.run(self.world.send(process, client, command))
        self._agree(client, [(command, answer)])

    @rule(place=places, process=processes, command=commands)
    def named(self, place: int, process: int, command: Command) -> None:
        """A command under a new name."""
        client, command = self._aimed(place, command)
        named = name_of(command)
        answer = self.world.run(self.world.send(process, client, command, named))
        self._agree(client, [(command, answer)])
        self._remember(client, command, named, answer)

    @rule(place=places, process=processes)
    def again(self, place: int, process: int) -> None:
        """An old command under its name: the first answer, whatever happened since, and no effect."""
        if self.sent:
            old = self.sent[place % len(self.sent)]
            answer = self.world.run(self.world.send(process, old.client, old.command, old.named))
            assert answer == replace(old.answer, replayed=True)

    @rule(place=places, process=processes, command=commands)
    def name_of_another(self, place: int, process: int, command: Command) -> None:
        """Another command under an old name is refused."""
        if self.sent:
            old = self.sent[place % len(self.sent)]
            client, command = self._aimed(place, command)
            if isinstance(command, ApplyCredit | RecordPayment) and command.invoice_id == NO_INVOICE:
                return
            named = replace(name_of((command, "another")), command_id=old.named.command_id)
            answer = self.world.run(self.world.send(process, client, command, named))
            assert answer == Refusal(RefusalCode.KEY_REUSED)

    @rule(place=places, first=commands, second=commands, both=st.tuples(processes, processes))
    def two_at_once(self, place: int, first: Command, second: Command, both: tuple[int, int]) -> None:
        """Two commands to one client at the same moment: as if one had come after the other."""
        pairs = [self._aimed(place, first), self._aimed(place, second)]
        client = pairs[0][0]
        sends = (self.world.send(process, *pair) for process, pair in zip(both, pairs, strict=True))
        answers = self.world.run(_all(*sends))
        done = [(command, answer) for (_, command), answer in zip(pairs, answers, strict=True)]
        self._agree(client, done, done[::-1])

    @rule(place=places, command=commands, both=st.tuples(processes, processes))
    def same_at_once(self, place: int, command: Command, both: tuple[int, int]) -> None:
        """One command under one name twice at the same moment: one effect, and the same answer twice."""
        client, command = self._aimed(place, command)
        named = name_of(command)
        answers = self.world.run(
            _all(*(self.world.send(process, client, command, named) for process in both))
        )
        first, second = sorted(answers, key=lambda answer: isinstance(answer, Done) and answer.replayed)
        self._agree(client, [(command, first)])
        if facts_of(first) != RECORDED_BEFORE and isinstance(first, Done):
            assert second == replace(first, replayed=True)
        else:
            assert second == first
        self._remember(client, command, named, first)

    def teardown(self) -> None:
        """In the end the read models show what the bookkeeper has."""
        for client, account in self.accounts.items():
            self.world.run(self._compare(client, account))

    def _aimed(self, place: int, command: Command) -> tuple[int, Command]:
        """One of the clients, and the command for one of its invoices if it needs one."""
        client = list(self.accounts)[place % len(self.accounts)]
        if isinstance(command, ApplyCredit | RecordPayment):
            invoices = list(self.accounts[client].invoices) or [NO_INVOICE]
            command = replace(command, invoice_id=invoices[command.invoice_id % len(invoices)])
        return client, command

    def _agree(self, client: int, *orders: list[tuple[Command, Done | Refusal]]) -> None:
        """One of these orders has to explain all answers; it becomes what happened."""
        said = []
        for order in orders:
            account = deepcopy(self.accounts[client])
            expected = [account.perform(command, invoice_in(answer)) for command, answer in order]
            if expected == [facts_of(answer) for _, answer in order]:
                self.accounts[client] = account
                return
            said.append((expected, order))
        raise AssertionError(f"no order explains the answers: {said}")

    def _remember(self, client: int, command: Command, named: Idempotency, answer: Done | Refusal) -> None:
        # What was refused, or recorded before under another name, is in the log under no name.
        if isinstance(answer, Done) and answer.events:
            self.sent.append(Sent(client, command, named, answer))

    async def _compare(self, client: int, account: Account) -> None:
        reader, deadline = self.world.reader, self.world.deadline()
        everything: Any = {
            "start": 0,
            "limit": None,
            "date_from": None,
            "date_to": None,
            "deadline": deadline,
        }
        row = await reader.client(client, deadline=deadline)
        assert row is not None
        assert row.balance == account.balance() >= 0
        credit = await reader.credits(client, **everything)
        assert credit is not None
        assert [entry.amount for entry in credit.rows] == account.rows
        for number, invoice in account.invoices.items():
            shown = await reader.invoice(number, deadline=deadline)
            assert shown is not None
            assert (shown.client_id, shown.status) == (client, invoice.status)
            assert (shown.credit, shown.total) == (sum(invoice.credits), invoice.total - sum(invoice.credits))
            assert shown.paid == invoice.paid()
            paid = {(each.gateway, each.reference): each.amount_in for each in shown.transactions}
            assert paid == {name: amount for name, (amount, _) in invoice.payments.items()}
            assert len(shown.transactions) == len(invoice.payments)


async def _all(*work: Coroutine[Any, Any, T]) -> list[T]:
    return await asyncio.gather(*work)


async def _open(
    stack: AsyncExitStack, run: Callable[[Coroutine[Any, Any, Any]], Any], server_dsn: str
) -> World:
    dsn = await stack.enter_async_context(migrated_database(server_dsn))
    settings = Settings(dsn=SecretStr(dsn))
    cores = [await stack.enter_async_context(open_core(settings, dsn)) for _ in range(2)]
    pool = cores[0].pool
    await prepare(pool, settings.lane)
    runner = await stack.enter_async_context(projecting(pool, dsn, cores[0].translator.decode))
    return World(run, cores, Reader(pool, runner, settings.lane))


def test_service_model(server_dsn: str) -> None:
    """A hundred random histories over one real ledger."""
    # No shrinking: two processes do not fail in the same way twice, which makes it endless.
    limits = settings(
        max_examples=100, stateful_step_count=20, deadline=None, phases=[Phase.generate], database=None
    )
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            ServiceModel.world = runner.run(_open(stack, runner.run, server_dsn))
            run_state_machine_as_test(ServiceModel, settings=limits)
        finally:
            runner.run(stack.aclose())
