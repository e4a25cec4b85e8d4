from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from service.domain.billable_commands import InvoiceDue
from service.domain.commands import (
    AmendInvoice,
    ApplyCredit,
    CombineInvoices,
    RecordPayment,
    RecordTransaction,
)
from service.domain.events import CreditApplied, InvoiceIssued, InvoiceSettled
from service.domain.events.services import ServiceChanged, ServiceRenewalInvoiced, ServiceRenewed
from service.domain.invoice_status import InvoiceStatus
from service.domain.invoicing import CLOSED
from service.domain.refusals import RefusalCode
from service.domain.service_commands import RenewService
from tests.support.decider import NOW, TODAY, given
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED, INVOICE_ISSUED
from tests.support.service_samples import SERVICE_REGISTERED
from tests.support.system_samples import BILLABLE_ADDED

if TYPE_CHECKING:
    from service.domain.commands import AccountCommand
    from service.domain.events import Event

SERVICE = replace(SERVICE_REGISTERED, next_due_date="2025-05-30", price=12000, traffic_exceeded=False)
RENEW = RenewService(service_id=81, days_over=30, default_payment_method="mailin")
DUE = InvoiceDue(lines_max=10, text_bytes_max=5000, invoices_max=5, renew_until="2025-07-14")


def _renewed_account(*past: Event, command: AccountCommand = RENEW) -> tuple[Event, ...]:
    """An account whose service is on invoice 301, unpaid."""
    before = (ACCOUNT_OPENED, SERVICE, *past)
    return (*before, *given(*before).when(command).events)


def test_the_next_period_becomes_an_invoice() -> None:
    """One line of the service, with the period and its last day; it is due when the service is, or today."""
    issued, invoiced = given(ACCOUNT_OPENED, SERVICE).when(RENEW).events
    assert isinstance(issued, InvoiceIssued)
    (line,) = issued.items
    assert (line.kind, line.relation_id, line.amount, line.taxed) == ("Hosting", 81, 12000, False)
    assert line.description == "VPS nano - pl-vmv2-nano (2025-05-30 - 2025-06-29)"
    assert (issued.date, issued.due_date, issued.status) == (TODAY, TODAY, "Unpaid")
    assert invoiced == ServiceRenewalInvoiced(
        service_id=81,
        invoice_id=301,
        cycle="Monthly",
        period_from="2025-05-30",
        period_to="2025-06-30",
        amount=12000,
    )


PAYING: dict[str, tuple[AccountCommand, ...]] = {
    "payment": (RecordPayment(invoice_id=301),),
    "credit": (ApplyCredit(invoice_id=301),),
    "transaction": (RecordTransaction(gateway="paypal", invoice_id=301, amount_in=12000),),
    "said to be paid": (AmendInvoice(invoice_id=301, status=InvoiceStatus.PAID),),
}


@pytest.mark.parametrize("commands", PAYING.values(), ids=PAYING)
def test_whoever_makes_the_invoice_paid_renews_the_service(commands: tuple[AccountCommand, ...]) -> None:
    """In the same decision, right after the invoice became Paid, by one period."""
    issued, invoiced = given(ACCOUNT_OPENED, SERVICE).when(RENEW).events
    past = [ACCOUNT_OPENED, SERVICE, issued, invoiced, replace(CREDIT_ADDED, amount=20000, balance=20000)]
    events = given(*past).when(commands[0]).events
    settled = next(number for number, event in enumerate(events) if isinstance(event, InvoiceSettled))
    assert events[settled + 1] == ServiceRenewed(
        service_id=81,
        invoice_id=301,
        amount=12000,
        previous_due_date="2025-05-30",
        next_due_date="2025-06-30",
        renewed_at=NOW,
    )


def test_credit_renews_at_once() -> None:
    """An invoice that credit pays as it is issued renews the service before anybody saw it."""
    credit = replace(CREDIT_ADDED, amount=12000, balance=12000)
    kinds = [type(event) for event in given(ACCOUNT_OPENED, SERVICE, credit).when(RENEW).events]
    assert kinds == [InvoiceIssued, ServiceRenewalInvoiced, CreditApplied, InvoiceSettled, ServiceRenewed]


def test_a_mass_payment_renews_what_it_pays() -> None:
    """The invoice is paid by another one; each renews its own."""
    second = replace(SERVICE, service_id=82, server_id=9002)
    past = _renewed_account(second)
    issued, invoiced = given(*past).when(replace(RENEW, service_id=82)).events
    assert isinstance(issued, InvoiceIssued)
    assert isinstance(invoiced, ServiceRenewalInvoiced)
    past = (*past, replace(issued, invoice_id=302), replace(invoiced, invoice_id=302))
    (mass,) = given(*past).when(CombineInvoices(invoice_ids=(301, 302))).events
    assert isinstance(mass, InvoiceIssued)
    mass = replace(mass, invoice_id=303)
    events = given(*past, mass).when(RecordPayment(invoice_id=303)).events
    renewed = [(event.service_id, event.invoice_id) for event in events if isinstance(event, ServiceRenewed)]
    assert renewed == [(81, 301), (82, 302)]


def test_a_period_is_invoiced_once_while_its_invoice_stands() -> None:
    """As long as it may still be paid; once it is cancelled, or the line is off it, it is invoiced again."""
    past = _renewed_account()
    given(*past).when(RENEW).refused(RefusalCode.RENEWAL_OPEN, "301")
    given(*past).when(DUE).refused(RefusalCode.NOTHING_DUE)
    for status in (InvoiceStatus.DRAFT, InvoiceStatus.COLLECTIONS, InvoiceStatus.PAYMENT_PENDING):
        changed = given(*past).when(AmendInvoice(invoice_id=301, status=status)).events
        given(*past, *changed).when(RENEW).refused(RefusalCode.RENEWAL_OPEN, "301")
    cancelled = given(*past).when(AmendInvoice(invoice_id=301, status=InvoiceStatus.CANCELLED)).events
    assert given(*past, *cancelled).when(RENEW).events[1] == past[-1]
    line = AmendInvoice(invoice_id=301, removed_items=(401,))
    without = (*past, *given(*past).when(line).events)
    assert given(*without).when(RENEW).events
    paid = given(*without).when(AmendInvoice(invoice_id=301, status=InvoiceStatus.PAID)).events
    assert not any(isinstance(event, ServiceRenewed) for event in paid)


def test_an_invoice_renews_once_in_its_life() -> None:
    """Paid, opened again and paid again, it moves nothing any more."""
    past = _renewed_account()
    for status in (InvoiceStatus.PAID, InvoiceStatus.UNPAID, InvoiceStatus.PAID):
        events = given(*past).when(AmendInvoice(invoice_id=301, status=status)).events
        past = (*past, *events)
    assert [type(event) for event in past].count(ServiceRenewed) == 1


def test_each_paid_renewal_is_one_more_cycle() -> None:
    """A cancelled invoice is opened again, and its period stands on another: who pays both has two."""
    past = _renewed_account()
    for status in (InvoiceStatus.CANCELLED, None, InvoiceStatus.UNPAID):
        if status is None:
            issued, invoiced = given(*past).when(RENEW).events
            assert isinstance(issued, InvoiceIssued)
            assert isinstance(invoiced, ServiceRenewalInvoiced)
            past = (*past, replace(issued, invoice_id=302), replace(invoiced, invoice_id=302))
        else:
            past = (*past, *given(*past).when(AmendInvoice(invoice_id=301, status=status)).events)
    for number, due in ((302, "2025-06-30"), (301, "2025-07-30")):
        paid = given(*past).when(RecordPayment(invoice_id=number)).events
        assert isinstance(paid[-1], ServiceRenewed)
        assert paid[-1].next_due_date == due
        past = (*past, *paid)


def test_the_invoices_cycle_counts() -> None:
    """What was invoiced by the month does not become a year because the cycle changed before it was paid."""
    changed = ServiceChanged(
        service_id=81,
        server_id=9001,
        previous={"cycle": "Monthly"},
        changes={"cycle": "Annually"},
        reason="manual",
        changed_at=NOW,
    )
    paid = given(*_renewed_account(), changed).when(RecordPayment(invoice_id=301)).events
    assert isinstance(paid[-1], ServiceRenewed)
    assert paid[-1].next_due_date == "2025-06-30"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"next_due_date": "2025-05-31"}, "date"),  # 30 days ago
        ({"status": "Terminated"}, "status"),
        ({"status": "Pending"}, "status"),
        ({"cycle": "One Time"}, "cycle"),
        ({"price": 0}, "cycle"),
        ({"next_due_date": ""}, "cycle"),
    ],
)
def test_what_is_not_renewed(change: dict[str, Any], why: str) -> None:
    """Too early, over, or without a next period."""
    given(ACCOUNT_OPENED, replace(SERVICE, **change)).when(RENEW).refused(RefusalCode.RENEWAL_BLOCKED, why)


def test_who_and_what_blocks_a_renewal() -> None:
    """An unpaid invoice about the service that is no renewal, a closed account; nothing without a service."""
    line = replace(INVOICE_ISSUED.items[0], kind="Hosting", relation_id=81)
    upgrade = replace(INVOICE_ISSUED, items=(line,))
    given(ACCOUNT_OPENED, SERVICE, upgrade).when(RENEW).refused(RefusalCode.RENEWAL_BLOCKED, "17")
    given(ACCOUNT_OPENED).when(RENEW).refused(RefusalCode.SERVICE_NOT_FOUND)
    closed = given(ACCOUNT_OPENED, SERVICE)
    closed.state.status = CLOSED
    closed.when(RENEW).refused(RefusalCode.RENEWAL_BLOCKED, "status")
    closed.when(DUE).refused(RefusalCode.NOTHING_DUE)


def test_services_of_one_day_share_an_invoice() -> None:
    """One invoice for each day, the earliest first; what is due later than asked for is left alone."""
    services = [
        replace(SERVICE, service_id=number, server_id=number, next_due_date=day)
        for number, day in ((1, "2025-07-10"), (2, "2025-07-05"), (3, "2025-07-10"), (4, "2025-07-15"))
    ]
    events = given(ACCOUNT_OPENED, *services).when(DUE).events
    issued = [event for event in events if isinstance(event, InvoiceIssued)]
    told = [(one.invoice_id, one.due_date, [item.relation_id for item in one.items]) for one in issued]
    assert told == [(301, "2025-07-05", [2]), (302, "2025-07-10", [1, 3])]
    assert [item.item_id for one in issued for item in one.items] == [401, 402, 403]
    for few in (replace(DUE, invoices_max=1), replace(DUE, lines_max=2)):
        one = given(ACCOUNT_OPENED, *services).when(few).events
        assert sum(isinstance(event, InvoiceIssued) for event in one) == 1


def test_named_services_are_invoiced_whenever_they_are_due() -> None:
    """And nothing else: no other service, no billable item."""
    later = replace(SERVICE, service_id=82, server_id=9002, next_due_date="2026-01-31")
    item = replace(BILLABLE_ADDED, invoice_action="nextcron")
    past = given(ACCOUNT_OPENED, SERVICE, later, item)
    issued, invoiced = past.when(replace(DUE, service_ids=(82, 99))).events
    assert isinstance(issued, InvoiceIssued)
    assert isinstance(invoiced, ServiceRenewalInvoiced)
    assert (issued.due_date, invoiced.service_id, invoiced.period_to) == ("2026-01-31", 82, "2026-02-28")
    past.when(replace(DUE, service_ids=())).refused(RefusalCode.NOTHING_DUE)


def test_items_for_the_next_invoice_come_along_with_a_renewal() -> None:
    """On the first invoice there is; with items that are due by themselves, on theirs."""
    along = replace(BILLABLE_ADDED, billable_id=61, invoice_action="nextinvoice", due_date="", recur=0)
    due = replace(along, billable_id=62, invoice_action="nextcron")
    (issued, *_) = given(ACCOUNT_OPENED, SERVICE, along).when(DUE).events
    assert isinstance(issued, InvoiceIssued)
    assert [item.kind for item in issued.items] == ["Hosting", "Item"]
    events = given(ACCOUNT_OPENED, SERVICE, along, due).when(DUE).events
    lines = [[item.kind for item in event.items] for event in events if isinstance(event, InvoiceIssued)]
    assert lines == [["Item", "Item"], ["Hosting"]]


def test_a_31st_stays_one_where_there_is_one() -> None:
    """Months are counted from the first due date; another due date begins anew."""
    past: tuple[Event, ...] = (ACCOUNT_OPENED, replace(SERVICE, next_due_date="2025-01-31"))
    days = []
    for _ in range(3):
        events = given(*past).when(RENEW).events
        paid = given(*past, *events).when(RecordPayment(invoice_id=301)).events
        past = (*past, *events, *paid)
        assert isinstance(paid[-1], ServiceRenewed)
        days.append(paid[-1].next_due_date)
    assert days == ["2025-02-28", "2025-03-31", "2025-04-30"]


@pytest.mark.parametrize(("kind", "is_cleared"), [("TrafficOverage", True), ("Hosting", False), ("", False)])
def test_only_an_invoice_for_traffic_forgives_traffic(kind: str, is_cleared: bool) -> None:
    """Once it is paid; an invoice that bills something else about the same service changes nothing."""
    line = replace(INVOICE_ISSUED.items[0], kind=kind, relation_id=81)
    past = (ACCOUNT_OPENED, replace(SERVICE, traffic_exceeded=True), replace(INVOICE_ISSUED, items=(line,)))
    events = given(*past).when(RecordPayment(invoice_id=17)).events
    cleared = [event for event in events if isinstance(event, ServiceChanged)]
    assert bool(cleared) is is_cleared
    if cleared:
        assert (cleared[0].changes, cleared[0].reason) == ({"traffic_exceeded": False}, "overage_paid")
