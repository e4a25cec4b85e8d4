"""Whatever happens to services and their invoices, held against what a clerk with a list would say.

The clerk knows each service's first due date, how many months were paid for since, and which invoice was made
for which service; dates he counts month by month, by himself.
"""

from __future__ import annotations

import json
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.account import AccountState, dump, evolve, initial_state, restore
from service.domain.billable_commands import InvoiceDue
from service.domain.commands import (
    AddCredit,
    AmendInvoice,
    ApplyCredit,
    CombineInvoices,
    OpenAccount,
    RecordPayment,
    RecordTransaction,
)
from service.domain.decide import decide
from service.domain.events import InvoiceAmended, InvoiceIssued, InvoiceSettled, InvoiceStatusChanged
from service.domain.events.services import ServiceChanged, ServiceRenewalInvoiced, ServiceRenewed
from service.domain.invoice_status import InvoiceStatus
from service.domain.service_commands import ChangeService, RegisterService, RenewService, ServiceCycle
from tests.support.decider import TODAY, Numbers

if TYPE_CHECKING:
    from service.domain.commands import AccountCommand
    from service.domain.events import Event

MONTHS = {
    "Monthly": 1,
    "Quarterly": 3,
    "Semi-Annually": 6,
    "Annually": 12,
    "Biennially": 24,
    "Triennially": 36,
}
STANDING = {"Unpaid", "Payment Pending", "Collections", "Draft"}


def _day(distance: int) -> str:
    return (date.fromisoformat(TODAY) + timedelta(days=distance)).isoformat()


days = st.integers(-400, 400).map(_day)
services = st.integers(1, 2)
invoices = st.integers(1, 4)
recurring = st.sampled_from([cycle for cycle in ServiceCycle if cycle is not ServiceCycle.ONE_TIME])
registrations = st.builds(
    RegisterService,
    service_id=services,
    server_id=services,
    kind=st.just("instant"),
    product=st.just("VPS"),
    cycle=recurring,
    price=st.integers(1, 50),
    next_due_date=days,
)
changes = st.one_of(
    st.one_of(  # half of them about services, half about money
        registrations,
        st.builds(RenewService, service_id=services, days_over=st.sampled_from([0, 30])),
        st.builds(
            InvoiceDue,
            lines_max=st.integers(1, 3),
            text_bytes_max=st.just(1000),
            invoices_max=st.integers(1, 3),
            renew_until=st.just("9999-12-31") | days,
            service_ids=st.none() | st.lists(services).map(tuple),
        ),
        st.builds(
            ChangeService,
            service_id=services,
            changes=st.one_of(
                st.fixed_dictionaries({"next_due_date": days}),
                st.fixed_dictionaries({"cycle": recurring.map(lambda cycle: cycle.value)}),
                st.fixed_dictionaries({"status": st.sampled_from(["Active", "Suspended", "Terminated"])}),
            ),
        ),
    ),
    st.one_of(
        st.builds(RecordPayment, invoice_id=invoices, amount=st.none() | st.integers(1, 60)),
        st.builds(RecordTransaction, gateway=st.just("x"), invoice_id=invoices, amount_in=st.integers(0, 90)),
        st.builds(AddCredit, amount=st.integers(1, 90), description=st.just("")),
        st.builds(ApplyCredit, invoice_id=invoices),
        st.builds(CombineInvoices, invoice_ids=st.lists(invoices, min_size=1, max_size=2).map(tuple)),
        st.builds(
            AmendInvoice,
            invoice_id=invoices,
            status=st.none() | st.sampled_from(InvoiceStatus),
            removed_items=st.lists(st.integers(1, 8), max_size=1).map(tuple),
        ),
    ),
)
histories: st.SearchStrategy[list[Any]] = st.tuples(
    st.lists(registrations, min_size=1, max_size=2), st.lists(changes, min_size=1, max_size=30)
).map(lambda parts: [*parts[0], *parts[1]])


def _months_after(day: str, months: int) -> str:
    """One month after the other; the day is that of the first wherever the month has it."""
    first = date.fromisoformat(day)
    year, month = first.year, first.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, min(first.day, monthrange(year, month)[1])).isoformat()


@dataclass
class Clerk:
    """What somebody knows who was only told the events."""

    status: dict[int, str] = field(default_factory=dict)
    lines: dict[int, dict[int, int]] = field(default_factory=dict)
    """Of an invoice, the services by the number of the line."""
    was_paid: set[int] = field(default_factory=set)
    made_for: dict[tuple[int, int], str] = field(default_factory=dict)
    """By service and invoice, the cycle; taken out once the service was renewed by it."""
    first_due: dict[int, str] = field(default_factory=dict)
    months: dict[int, int] = field(default_factory=dict)

    def stands(self, service: int) -> bool:
        """Whether an invoice that is not settled has the service's next period."""
        return any(
            of == service and self.status[invoice] in STANDING and service in self.lines[invoice].values()
            for of, invoice in self.made_for
        )

    def told(self, event: Event, rest: list[Event]) -> None:
        """The next event, and those of its decision that come before it."""
        match event:
            case InvoiceIssued():
                self.status[event.invoice_id] = event.status
                self.lines[event.invoice_id] = {
                    item.item_id: item.relation_id for item in event.items if item.kind == "Hosting"
                }
            case InvoiceAmended():
                for item in event.removed_items:
                    self.lines[event.invoice_id].pop(item, None)
            case InvoiceStatusChanged():
                self.status[event.invoice_id] = event.status
            case InvoiceSettled():
                self.status[event.invoice_id] = "Paid"
            case ServiceRenewalInvoiced():
                assert not self.stands(event.service_id)
                assert event.period_from == self.due(event.service_id)
                self.made_for[event.service_id, event.invoice_id] = event.cycle
            case ServiceRenewed():
                settled = [each for each in rest if isinstance(each, InvoiceSettled)]
                assert settled[-1].invoice_id == event.invoice_id
                assert event.invoice_id not in self.was_paid
                assert event.service_id in self.lines[event.invoice_id].values()
                assert event.previous_due_date == self.due(event.service_id)
                cycle = self.made_for.pop((event.service_id, event.invoice_id))
                self.months[event.service_id] += MONTHS[cycle]
            case ServiceChanged() if "next_due_date" in event.changes:
                self.first_due[event.service_id] = str(event.changes["next_due_date"])
                self.months[event.service_id] = 0
            case _:
                self.registered(event)

    def registered(self, event: Event) -> None:
        """A new service begins to count."""
        if event.TYPE == "service.registered":
            number = event.service_id  # type: ignore[attr-defined]  # its type says so
            self.first_due[number], self.months[number] = event.next_due_date, 0  # type: ignore[attr-defined]

    def due(self, service: int) -> str:
        """When the service is due."""
        return _months_after(self.first_due[service], self.months[service])


@given(histories)
@settings(max_examples=300)
def test_services_are_paid_for_as_often_as_they_are_renewed(asked: list[AccountCommand]) -> None:
    """No period is on two invoices that stand, each payment moves the due date once, nothing else does."""
    state, numbers, clerk = initial_state(), Numbers(), Clerk()
    opening = OpenAccount(currency="EUR", currency_id=1, profile={}, payment_method="paypal")
    for command in (opening, *asked):
        decision = decide(state, command, numbers.offer())
        if not isinstance(decision, tuple):
            continue
        numbers.take(decision)
        for place, event in enumerate(decision):
            clerk.told(event, list(decision[:place]))
            state = evolve(state, event)
        clerk.was_paid |= {event.invoice_id for event in decision if isinstance(event, InvoiceSettled)}
        _compare(state, clerk)
    _renewals_of_paid_invoices_happened(state, clerk)
    assert restore(json.loads(json.dumps(dump(state)))) == state


def _compare(state: AccountState, clerk: Clerk) -> None:
    assert {number: service.next_due_date for number, service in state.services.items()} == {
        number: clerk.due(number) for number in clerk.first_due
    }


def _renewals_of_paid_invoices_happened(state: AccountState, clerk: Clerk) -> None:
    """What is left of renewals was not paid, or was taken off its invoice before that was paid."""
    for service, invoice in clerk.made_for:
        if invoice in clerk.was_paid:
            assert service not in clerk.lines[invoice].values() or not state.services[service].next_due_date


def test_the_clerk_counts_as_calendars_do() -> None:
    """The end of a month stays the end of a month, as far as there is such a day."""
    assert [_months_after("2025-01-31", count) for count in (1, 2, 13)] == [
        "2025-02-28",
        "2025-03-31",
        "2026-02-28",
    ]
