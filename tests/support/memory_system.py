"""The ledger as a whole in memory, behind the ports of the actions about it: the real deciders, no log.

Billable items and activity go through the `MemoryLedger` that the other actions use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from projections.views import DayFigures, Figures, Page
from service.domain import config
from service.domain.activity import RecordGeneration, decide_activity
from service.domain.billable_commands import InvoiceDue
from service.domain.billables import is_due
from service.domain.events import InvoiceIssued, PaymentRecorded
from service.domain.refusals import Refusal
from service.domain.renewals import renewals_due
from service.handling.activity import SEARCH_MAX, Entry, TooMuchToSearch
from service.handling.answers import Done
from service.handling.condition import Condition
from service.whmcs.system_ports import (
    Activity,
    Billing,
    Conditions,
    Configuration,
    RefusalRecord,
    Renewals,
    System,
    SystemReader,
)
from tests.support.decider import NOW

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from service.domain.activity import LogActivity
    from service.domain.billable_commands import AddBillableItem
    from service.domain.config import ConfigCommand, ConfigState
    from service.handling.answers import Call
    from service.handling.refusals import Refused
    from tests.support.memory_ledger import MemoryLedger

HEALTHY = Condition(
    database_version="18.1",
    answer_ms=1,
    clock_ahead_s=0,
    is_current=True,
    position=9,
    head_age_s=5,
    behind={},
    halted=(),
    verified=None,
    signed_position=9,
    signed_age_s=5,
)


class MemoryConfiguration(Configuration):
    """Starts with the currencies of a `MemoryLedger`."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self.state = config.initial_state()
        for currency in ledger.currencies.values():
            self.state = config.evolve(self.state, currency)

    def change(self, command: ConfigCommand) -> None:
        """Must succeed."""
        events = config.decide(self.state, command)
        assert not isinstance(events, Refusal)
        for event in events:
            self.state = config.evolve(self.state, event)

    @override
    async def current(self) -> ConfigState:
        return self.state

    @override
    async def recent(self) -> ConfigState:
        return self.state


class MemoryActivity(Activity):
    """Entries are the events of accounts, and what was logged."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self.logged: list[Any] = []
        self.is_too_long = False

    @override
    async def log(self, client_id: int, command: LogActivity, call: Call) -> Done | Refusal:
        if client_id:
            return await self._ledger.on_client(client_id, command, call)  # type: ignore[arg-type] # it takes any command
        events = decide_activity(command, NOW)
        self.logged += events
        return Done(events, 1)

    @override
    async def page(
        self,
        *,
        client_id: int,
        day: str | None,
        matches: Callable[[Entry], bool] | None,
        start: int,
        limit: int,
    ) -> Page[Entry]:
        if self.is_too_long and matches:
            raise TooMuchToSearch(SEARCH_MAX)
        events = [(number, event) for number, each in self._ledger.streams.items() for event in each]
        events += [(0, event) for event in self.logged]
        entries = [
            Entry(
                position=position,
                date=NOW,
                client_id=number,
                admin_id=1,
                user="Grace",
                address="192.0.2.1",
                event=event,
            )
            for position, (number, event) in enumerate(events, 1)
            if client_id in {0, number} and day in {None, NOW[:10]}
        ]
        found = [entry for entry in reversed(entries) if matches is None or matches(entry)]
        return Page(tuple(found[start : start + limit]), len(found), start)


class MemoryBilling(Billing):
    """Billable items of the accounts of a `MemoryLedger`."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger: Any = ledger

    @override
    async def add(self, client_id: int, command: AddBillableItem, call: Call) -> Done | Refusal:
        done: Done | Refusal = await self._ledger.on_client(client_id, command, call)
        return done

    @override
    async def invoice(self, client_id: int, command: InvoiceDue, call: Call) -> Done | Refusal:
        done: Done | Refusal = await self._ledger.on_client(client_id, command, call)
        return done

    @override
    async def invoice_all(
        self,
        command: InvoiceDue,
        call: Call,
        clients_after: Callable[[int, float], Awaitable[Sequence[int]]],
        clients_ever: Callable[[float], Awaitable[Sequence[int]]],
    ) -> Done | Refusal:
        del clients_ever  # nothing breaks off
        count = after = 0
        while clients := await clients_after(after, 0.0):
            for client_id in clients:
                done = await self.invoice(client_id, command, call)
                if isinstance(done, Done):
                    count += sum(isinstance(event, InvoiceIssued) for event in done.events)
            after = clients[-1]
        return Done(decide_activity(RecordGeneration(count=count), NOW), 1)


class MemoryConditions(Conditions):
    """Whatever a test says."""

    def __init__(self) -> None:
        self.condition = HEALTHY
        self.problem: Exception | None = None

    @override
    async def now(self) -> Condition:
        if self.problem is not None:
            raise self.problem
        return self.condition


class MemorySystemReader(SystemReader):
    """Computed from the events of a `MemoryLedger`, and what a test says besides."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self.more_days: list[DayFigures] = []

    @override
    async def due_clients(self, after: int, *, today: str, limit: int, deadline: float) -> tuple[int, ...]:
        del deadline
        due = [
            number
            for number in sorted(self._ledger.streams)
            if number > after
            and any(is_due(item, today) for item in self._ledger.state(number).billables.values())
        ]
        return tuple(due[:limit])

    @override
    async def clients_with_items(self, *, deadline: float) -> tuple[int, ...]:
        del deadline
        return tuple(sorted(self._ledger.streams))

    @override
    async def figures(self, first_day: str, *, deadline: float) -> Figures:
        del deadline
        states = [self._ledger.state(number) for number in self._ledger.streams]
        return Figures(
            billables=sum(len(state.billables) for state in states),
            days=tuple(
                DayFigures(
                    currency=event.currency,
                    day=event.date[:10] if event.date[:10] >= first_day else "",
                    amount_in=event.amount,
                    fees=event.fees,
                    amount_out=0,
                )
                for events in self._ledger.streams.values()
                for event in events
                if isinstance(event, PaymentRecorded)
            )
            + tuple(self.more_days),
        )


class MemoryRenewals(Renewals):
    """Computed from the accounts of a `MemoryLedger`."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    @override
    async def clients_to_renew(
        self, after: int, *, until: str, limit: int, deadline: float
    ) -> tuple[int, ...]:
        del deadline
        command = InvoiceDue(lines_max=1, text_bytes_max=1, renew_until=until)
        numbers = [number for number in sorted(self._ledger.streams) if number > after]
        due = [number for number in numbers if renewals_due(self._ledger.state(number), command)]
        return tuple(due[:limit])

    @override
    async def clients_with_services(self, *, deadline: float) -> tuple[int, ...]:
        del deadline
        return tuple(sorted(self._ledger.streams))

    @override
    async def clients_of_services(self, service_ids: Sequence[int], *, deadline: float) -> tuple[int, ...]:
        del deadline
        numbers = sorted(self._ledger.streams)
        return tuple(
            [number for number in numbers if {*service_ids} & self._ledger.state(number).services.keys()]
        )


class MemoryRefusals(RefusalRecord):
    """Keeps what is to be remembered, in order, with the ids of the requests."""

    def __init__(self) -> None:
        self.remembered: list[tuple[Refused, str]] = []

    @override
    def remember(self, refused: Refused, request_id: str) -> None:
        self.remembered.append((refused, request_id))


class MemorySystem(System):
    """All of it over one `MemoryLedger`, each part for tests to set up."""

    configuration: MemoryConfiguration
    activity: MemoryActivity
    conditions: MemoryConditions
    reader: MemorySystemReader
    refusals: MemoryRefusals

    def __init__(self, ledger: MemoryLedger) -> None:
        super().__init__(
            MemoryConfiguration(ledger),
            MemoryActivity(ledger),
            MemoryBilling(ledger),
            MemoryConditions(),
            MemorySystemReader(ledger),
            MemoryRefusals(),
            MemoryRenewals(ledger),
        )
