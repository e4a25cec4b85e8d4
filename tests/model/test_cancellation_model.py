"""Whatever happens to services, their invoices and the money for these, nobody has more back than was paid.

An auditor who reads the events only adds up what each invoice took and gave, what credit came and went, and
which requests stand; he knows none of the rules by which a refund is reckoned.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.account import AccountState, dump, evolve, initial_state, restore
from service.domain.billable_commands import InvoiceDue
from service.domain.cancellation_commands import (
    CancellationKind,
    CarryOutCancellations,
    RequestCancellation,
    WithdrawCancellation,
)
from service.domain.commands import (
    AddCredit,
    AmendInvoice,
    ApplyCredit,
    CombineInvoices,
    ItemChange,
    OpenAccount,
    RecordPayment,
    RecordTransaction,
)
from service.domain.decide import decide
from service.domain.events import (
    CreditAdded,
    CreditApplied,
    PaymentRecorded,
    TransactionRecorded,
)
from service.domain.events.cancellations import (
    ServiceCancellationRequested,
    ServiceCancellationWithdrawn,
    ServiceCancelled,
)
from service.domain.events.services import (
    ServiceChanged,
    ServiceRegistered,
    ServiceRenewalInvoiced,
    ServiceRenewed,
)
from service.domain.invoice_status import InvoiceStatus
from service.domain.service_commands import ChangeService, RegisterService, ServiceCycle
from tests.support.decider import NOW, TODAY, Numbers

if TYPE_CHECKING:
    from service.domain.commands import AccountCommand
    from service.domain.events import Event

DUE = "2025-07-10"
PAID, UNPAID = InvoiceStatus.PAID, InvoiceStatus.UNPAID
services = st.sampled_from([1, 1, 2, 2, 3])
invoices = st.sampled_from([1, 1, 1, 1, 2, 2, 3, 4])
prices = st.integers(100, 5000)
amounts = st.integers(1, 9000)
days = st.sampled_from([TODAY, "2025-06-01", DUE, "2025-08-01"])


def registered(number: int) -> st.SearchStrategy[RegisterService]:
    """A service whose hours are given back; it may share its day, and so its invoices, with others."""
    return st.builds(
        RegisterService,
        service_id=st.just(number),
        server_id=st.just(number),
        kind=st.sampled_from(["instant", "gpu"]),
        product=st.just("VPS"),
        cycle=st.sampled_from([ServiceCycle.MONTHLY, ServiceCycle.MONTHLY, ServiceCycle.ANNUALLY]),
        price=prices,
        paid_before=st.just(0) | prices,
        next_due_date=st.just(DUE) | days,
    )


RUN = InvoiceDue(lines_max=5, text_bytes_max=1000, invoices_max=3, renew_until="9999-12-31")
ending = st.one_of(
    *[st.builds(RequestCancellation, service_id=services, kind=st.just(CancellationKind.IMMEDIATE))] * 3,
    st.builds(RequestCancellation, service_id=services, kind=st.just(CancellationKind.END_OF_PERIOD)),
    st.builds(WithdrawCancellation, service_id=services) | st.just(CarryOutCancellations()),
    st.builds(ChangeService, service_id=services, changes=st.just({"status": "Active"})),
    st.builds(
        ChangeService,
        service_id=services,
        changes=st.one_of(
            st.just({"status": "Terminated"}),
            st.fixed_dictionaries({"next_due_date": days}),
            st.fixed_dictionaries({"cycle": st.sampled_from(["Monthly", "Annually"])}),
            st.fixed_dictionaries({"price": prices}),
        ),
    ),
)
paying = st.one_of(
    st.just(RUN),
    st.builds(RecordPayment, invoice_id=invoices, amount=st.none() | amounts),
    st.builds(RecordTransaction, gateway=st.just("x"), invoice_id=invoices, amount_in=amounts),
    st.builds(RecordTransaction, gateway=st.just("x"), invoice_id=invoices, amount_out=amounts),
    st.builds(AddCredit, amount=amounts, description=st.just("")),
    st.builds(ApplyCredit, invoice_id=invoices, amount=st.none() | amounts),
    st.builds(CombineInvoices, invoice_ids=st.lists(invoices, min_size=1, max_size=2).map(tuple)),
    st.builds(AmendInvoice, invoice_id=invoices, status=st.sampled_from(InvoiceStatus)),
    st.builds(AmendInvoice, invoice_id=invoices, status=st.just(PAID)),
    st.builds(
        AmendInvoice,
        invoice_id=invoices,
        changed_items=st.tuples(
            st.builds(
                ItemChange,
                item_id=st.integers(1, 6),
                description=st.just(""),
                amount=st.integers(-500, 5000),
                taxed=st.just(value=False),
            )
        ),
        tax_rate=st.sampled_from([None, 0, 19_000]),
    ),
)
pauses = st.sampled_from([0, 0, 0, 0, 0, 1, 30, 300, 800])
"""Hours before a command."""
beginnings = st.tuples(
    registered(1),
    registered(2),
    st.just(RUN),  # the next periods of both, most of the time on one invoice
    st.builds(RecordPayment, invoice_id=st.just(1), amount=st.none() | amounts),
    st.builds(AmendInvoice, invoice_id=st.just(1), status=st.sampled_from([None, PAID])),
)
LEAVING = [RequestCancellation(service_id=each, kind=CancellationKind.IMMEDIATE) for each in (1, 2, 3)]
histories: st.SearchStrategy[list[tuple[int, Any]]] = st.tuples(
    beginnings,
    st.lists(st.tuples(pauses, st.one_of(ending, ending, paying, registered(3))), max_size=25),
    st.permutations(LEAVING),
).map(lambda parts: [*[(0, each) for each in parts[0]], *parts[1], *[(0, each) for each in parts[2]]])


@dataclass
class Auditor:
    """What somebody knows who was only told the events."""

    rows: list[int] = field(default_factory=list)
    took: Counter[int] = field(default_factory=Counter)
    """What each invoice has of all that was put against it."""
    gave: Counter[int] = field(default_factory=Counter)
    """What was given back of it, by whatever service."""
    prices: dict[tuple[int, int], int] = field(default_factory=dict)
    """Of a service's periods, by invoice; 0 for the one before it was registered."""
    ends: dict[tuple[int, int], str] = field(default_factory=dict)
    given: set[tuple[int, int]] = field(default_factory=set)
    """Periods of which something was given back."""
    requests: Counter[int] = field(default_factory=Counter)
    standing: set[int] = field(default_factory=set)
    refund: int = 0
    """Told, and not yet a row of credit."""

    def told(self, event: Event) -> None:
        """The next event."""
        match event:
            case CreditAdded():
                assert (event.amount if event.reason == "refund" else 0) == self.refund
                self.refund = 0
                self.rows.append(event.amount)
            case CreditApplied():
                self.rows.append(-event.amount)
                self.took[event.invoice_id] += event.amount
            case PaymentRecorded() | TransactionRecorded():
                self.took[event.invoice_id] += event.applied
            case ServiceRegistered():
                self.prices[event.service_id, 0] = max(event.price, event.paid_before)
                self.ends[event.service_id, 0] = event.next_due_date
            case ServiceRenewalInvoiced():
                assert event.service_id not in self.standing
            case ServiceRenewed():
                self.prices[event.service_id, event.invoice_id] = event.amount
                self.ends[event.service_id, event.invoice_id] = event.next_due_date
            case _:
                self.of_the_end(event)

    def of_the_end(self, event: Event) -> None:
        """It is asked for, carried out or taken back."""
        match event:
            case ServiceCancellationRequested():
                assert event.service_id not in self.standing
                self.requests[event.service_id] += 1
                assert event.request == self.requests[event.service_id]
                self.standing.add(event.service_id)
            case ServiceCancellationWithdrawn():
                assert event.request == self.requests[event.service_id]
                self.standing.discard(event.service_id)
            case ServiceCancelled():
                assert event.service_id in self.standing
                self.standing.discard(event.service_id)
                self.given_back(event)

    def given_back(self, event: ServiceCancelled) -> None:
        """Each period once, none that is over, and no more than is left of what was paid for it."""
        for invoice, amount in zip(event.invoices, event.amounts, strict=True):
            period = (event.service_id, invoice)
            assert period not in self.given
            assert self.ends[period] > event.cancelled_at[:10]
            assert 0 < amount <= self.prices[period]
            self.given.add(period)
            if invoice:
                self.gave[invoice] += amount
                assert self.gave[invoice] <= self.took[invoice]
        self.refund = event.refund
        assert event.refund == sum(event.amounts)


@given(histories)
@settings(max_examples=300, deadline=None)
def test_no_more_comes_back_than_was_paid(asked: list[tuple[int, AccountCommand]]) -> None:
    """Of no period twice, of no invoice more than it took; credit is the sum of its rows all the time."""
    state, numbers, auditor = initial_state(), Numbers(), Auditor()
    now = datetime.fromisoformat(NOW)
    opening = OpenAccount(currency="EUR", currency_id=1, profile={}, payment_method="paypal")
    for hours, command in ((0, opening), *asked):
        now += timedelta(hours=hours)
        decision = decide(state, command, replace(numbers.offer(), now=now.isoformat(" ")))
        if not isinstance(decision, tuple):
            continue
        numbers.take(decision)
        for event in decision:
            auditor.told(event)
            state = evolve(state, event)
        assert auditor.refund == 0
        _consistent(state, auditor, decision)
    assert restore(json.loads(json.dumps(dump(state)))) == state


def _consistent(state: AccountState, auditor: Auditor, decision: tuple[Event, ...]) -> None:
    """Credit, and what a request leaves behind."""
    assert state.balance == sum(auditor.rows) >= 0
    for event in decision:
        if isinstance(event, ServiceCancelled):
            assert state.services[event.service_id].has_ended
        if isinstance(event, ServiceCancellationWithdrawn):
            assert {state.invoices[number].status for number in event.restored_invoices} <= {UNPAID}
        if isinstance(event, ServiceChanged) and event.reason == "cancellation":
            assert state.services[event.service_id].status == event.changes["status"]
