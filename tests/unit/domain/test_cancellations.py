from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.domain.account import dump, restore
from service.domain.billable_commands import InvoiceDue
from service.domain.cancellation_commands import (
    CancellationKind,
    CarryOutCancellations,
    RequestCancellation,
    RequestSubscriptionCancellation,
    WithdrawCancellation,
)
from service.domain.cancellation_state import is_ending
from service.domain.client_commands import CloseAccount
from service.domain.events import CreditAdded, InvoiceStatusChanged
from service.domain.events.cancellations import (
    ServiceCancellationRequested,
    ServiceCancellationWithdrawn,
    ServiceCancelled,
)
from service.domain.events.clients import PersonErased
from service.domain.events.services import ServiceChanged
from service.domain.refusals import RefusalCode
from service.domain.service_commands import RenewService
from tests.support.decider import NOW, TODAY, fold, given
from tests.support.endings import (
    AT_ONCE,
    CREDIT_PAID,
    HERE,
    HOURS,
    INVOICED,
    LATER,
    LINE,
    PAID_AHEAD,
    RENEWAL,
    SERVICE,
    changed,
    requested,
)
from tests.support.samples import ACCOUNT_OPENED, INVOICE_SETTLED

if TYPE_CHECKING:
    from service.domain.events import Event


def test_an_immediate_end_is_one_decision() -> None:
    """Asked for, carried out, said in the register, and unused hours are credit: all or nothing."""
    refund = 72_000 - 100 * HOURS
    given(*HERE).when(AT_ONCE).then(
        ServiceCancellationRequested(
            service_id=81,
            server_id=9001,
            request=1,
            kind="Immediate",
            reason="Enough",
            requested_by="client",
            previous_status="Active",
            ends_on=TODAY,
            cancelled_invoices=(),
            left_invoices=(),
            requested_at=NOW,
        ),
        ServiceCancelled(
            service_id=81,
            server_id=9001,
            request=1,
            currency="EUR",
            refund=refund,
            invoices=(0,),
            prices=(72_000,),
            days=(30,),
            hours=(HOURS,),
            amounts=(refund,),
            cancelled_at=NOW,
        ),
        replace(
            changed(status="Cancelled"),
            previous={"status": "Active"},
            reason="cancellation",
        ),
        CreditAdded(
            credit_id=101,
            amount=refund,
            balance=refund,
            currency="EUR",
            date=TODAY,
            description="Refund for Cancelled Service #81",
            reason="refund",
            admin_id=0,
            transaction_id=0,
        ),
    )


def test_the_end_of_the_period_is_only_noted() -> None:
    """Nothing is given back, and no further period is invoiced."""
    event = requested(LATER)
    given(*HERE).when(LATER).then(event)
    assert event.ends_on == "2025-07-15"
    assert is_ending(fold(*HERE, event), 81)
    over = replace(SERVICE, next_due_date="2025-05-15")
    renew = RenewService(service_id=81)
    given(ACCOUNT_OPENED, over, event).when(renew).refused(RefusalCode.RENEWAL_BLOCKED, "cancellation")
    assert given(ACCOUNT_OPENED, over).when(renew).events
    run = InvoiceDue(lines_max=9, text_bytes_max=999, renew_until="2025-12-31")
    given(*HERE, event).when(run).refused(RefusalCode.NOTHING_DUE)
    assert given(*HERE).when(run).events


@pytest.mark.parametrize("next_due_date", ["", "2025-06-30"])
def test_a_period_that_is_over_ends_at_once(next_due_date: str) -> None:
    """Also that of a service that is never due; without a refund."""
    service = replace(SERVICE, next_due_date=next_due_date)
    _, ended, told = given(ACCOUNT_OPENED, service).when(LATER).events
    assert isinstance(ended, ServiceCancelled)
    assert ended.refund == 0
    assert isinstance(told, ServiceChanged)


@pytest.mark.parametrize("command", [AT_ONCE, LATER])
def test_the_same_again_changes_nothing(command: RequestCancellation) -> None:
    """As often as it is asked for, whatever the reason."""
    past = given(*HERE).when(command).events
    given(*HERE, *past).when(replace(command, reason="Other")).already_recorded(1)


def test_an_immediate_end_replaces_a_later_one() -> None:
    """Which is withdrawn; not the other way round."""
    first, status = given(*HERE, RENEWAL, INVOICED).when(LATER).events
    withdrawn, second, *_ = given(*HERE, RENEWAL, INVOICED, first, status).when(AT_ONCE).events
    assert isinstance(withdrawn, ServiceCancellationWithdrawn)
    assert (withdrawn.request, withdrawn.restored_invoices) == (1, ())
    assert isinstance(second, ServiceCancellationRequested)
    assert (second.request, second.cancelled_invoices) == (2, (17,))
    ended = given(*HERE).when(AT_ONCE).events
    given(*HERE, *ended).when(LATER).refused(RefusalCode.SERVICE_ENDED, "Cancelled")
    reopened = InvoiceStatusChanged(invoice_id=17, previous="Cancelled", status="Unpaid", changed_at=NOW)
    again = given(*HERE, RENEWAL, INVOICED, first, status, reopened).when(AT_ONCE).events[1]
    assert isinstance(again, ServiceCancellationRequested)
    assert again.cancelled_invoices == (17,)


@pytest.mark.parametrize("command", [AT_ONCE, LATER])
def test_an_unpaid_renewal_is_cancelled_with_it(command: RequestCancellation) -> None:
    """In the same append."""
    events = given(*HERE, RENEWAL, INVOICED).when(command).events
    status = InvoiceStatusChanged(invoice_id=17, previous="Unpaid", status="Cancelled", changed_at=NOW)
    assert events[1] == status
    assert requested(command, RENEWAL, INVOICED).cancelled_invoices == (17,)


@pytest.mark.parametrize(
    "invoice",
    [
        (replace(RENEWAL, items=(LINE, replace(LINE, item_id=2, relation_id=82))),),
        (replace(RENEWAL, items=(LINE, replace(LINE, item_id=2, kind=""))),),
        (replace(RENEWAL, status="Collections"),),
        (RENEWAL, replace(CREDIT_PAID, amount=5, balance=0, invoice_credit=5, invoice_due=71_995)),
        (RENEWAL, replace(INVOICED, period_from="2025-06-29")),
    ],
    ids=["another service", "a free line", "collections", "partly paid", "a period that has begun"],
)
def test_other_invoices_are_left(invoice: tuple[Event, ...]) -> None:
    """What bills more than the service, or has something of the client's on it, is for the operator."""
    event = requested(LATER, invoice[0], INVOICED, *invoice[1:])
    assert (event.cancelled_invoices, event.left_invoices) == ((), (17,))


@pytest.mark.parametrize(
    ("change", "at_once", "later"),
    [
        ({"status": "Terminated"}, RefusalCode.SERVICE_ENDED, RefusalCode.SERVICE_ENDED),
        ({"traffic_exceeded": True}, RefusalCode.TRAFFIC_EXCEEDED, RefusalCode.TRAFFIC_EXCEEDED),
        ({"has_licence": True}, RefusalCode.LICENCE_ACTIVE, None),
    ],
)
def test_what_stands_against_it(
    change: dict[str, str | bool], at_once: RefusalCode, later: RefusalCode | None
) -> None:
    """A licence only against an end before its period is over."""
    past = (*HERE, changed(**change))
    detail = str(change.get("status", ""))
    given(*past).when(AT_ONCE).refused(at_once, detail)
    if later is None:
        assert given(*past).when(LATER).events
    else:
        given(*past).when(LATER).refused(later, detail)


@pytest.mark.parametrize("command", [AT_ONCE, LATER])
def test_what_was_used_must_be_paid(command: RequestCancellation) -> None:
    """An unpaid invoice whose period has begun stands against every end; one that begins today does not."""
    past = (ACCOUNT_OPENED, replace(SERVICE, next_due_date="2025-06-29"), RENEWAL)
    given(*past).when(command).refused(RefusalCode.INVOICE_OVERDUE, "17")
    paid = (*past, CREDIT_PAID, INVOICE_SETTLED)
    assert given(*paid).when(command).events
    assert given(ACCOUNT_OPENED, replace(SERVICE, next_due_date=TODAY), RENEWAL).when(command).events


@pytest.mark.parametrize("command", [AT_ONCE, WithdrawCancellation(service_id=81)])
def test_no_service_no_end(command: RequestCancellation | WithdrawCancellation) -> None:
    """Whatever number it is."""
    given(ACCOUNT_OPENED).when(command).refused(RefusalCode.SERVICE_NOT_FOUND)


def test_an_invoice_of_the_order_is_left() -> None:
    """It renews nothing: it is for what was used."""
    event = requested(LATER, RENEWAL)
    assert (event.cancelled_invoices, event.left_invoices) == ((), (17,))


def test_withdrawn_it_is_as_before() -> None:
    """The renewal is Unpaid again, the service is renewed again, and a repetition changes nothing."""
    past: tuple[Event, ...] = (*HERE, RENEWAL, INVOICED)
    past = (*past, *given(*past).when(LATER).events)
    command = WithdrawCancellation(service_id=81)
    withdrawn, status = given(*past).when(command).events
    assert withdrawn == ServiceCancellationWithdrawn(
        service_id=81, server_id=9001, request=1, restored_invoices=(17,), withdrawn_at=NOW
    )
    assert status == InvoiceStatusChanged(
        invoice_id=17, previous="Cancelled", status="Unpaid", changed_at=NOW
    )
    after = (*past, withdrawn, status)
    assert not is_ending(fold(*after), 81)
    given(*after).when(command).already_recorded(1)
    again = given(*after).when(LATER).events[0]
    assert isinstance(again, ServiceCancellationRequested)
    assert again.request == 2


def test_an_end_without_refund_can_be_withdrawn() -> None:
    """The service is what it was; not one that gave credit back, whose server another has, or of a closed
    account.
    """
    dedicated = (ACCOUNT_OPENED, replace(SERVICE, kind="dedicated", status="Suspended"))
    past = (*dedicated, *given(*dedicated).when(AT_ONCE).events)
    command = WithdrawCancellation(service_id=81)
    _, told = given(*past).when(command).events
    assert isinstance(told, ServiceChanged)
    assert told.changes == {"status": "Suspended"}
    other = replace(SERVICE, service_id=82)
    given(*past, other).when(command).refused(RefusalCode.SERVER_TAKEN, "82")
    given(*past, changed(status="Terminated")).when(command).refused(RefusalCode.SERVICE_ENDED, "Terminated")
    refunded = (*HERE, *given(*HERE).when(AT_ONCE).events)
    given(*refunded).when(command).refused(RefusalCode.CANCELLATION_REFUNDED)
    closed = (*past, *given(*past).when(CloseAccount()).events)
    given(*closed).when(command).refused(RefusalCode.SERVICE_ENDED, "Cancelled")


def test_there_must_be_something_to_withdraw() -> None:
    """Neither a service that nobody wants ended, nor one that the operator has brought back."""
    command = WithdrawCancellation(service_id=81)
    given(*HERE).when(command).refused(RefusalCode.CANCELLATION_NOT_FOUND)
    dedicated = (ACCOUNT_OPENED, replace(SERVICE, kind="dedicated"))
    past = (*dedicated, *given(*dedicated).when(AT_ONCE).events, changed(status="Active"))
    given(*past).when(command).refused(RefusalCode.CANCELLATION_NOT_FOUND)


def test_what_is_over_is_carried_out_once() -> None:
    """When its day has come, wherever that is by then; without a refund."""
    event = requested(LATER)
    run = CarryOutCancellations()
    given(*HERE, event).when(run).refused(RefusalCode.NOTHING_DUE)
    due = (*HERE, event, changed(next_due_date=TODAY))
    ended, told = given(*due).when(run).events
    assert isinstance(ended, ServiceCancelled)
    assert ended.refund == 0
    assert isinstance(told, ServiceChanged)
    assert told.changes == {"status": "Cancelled"}
    after = (*due, ended, told)
    given(*after).when(run).refused(RefusalCode.NOTHING_DUE)
    given(*after).when(LATER).already_recorded(1)
    given(*after).when(WithdrawCancellation(service_id=81)).refused(RefusalCode.SERVICE_ENDED, "Cancelled")
    gone = given(*HERE, event, changed(status="Terminated")).when(run).events
    assert [type(each) for each in gone] == [ServiceCancelled]


def test_an_erased_person_gives_no_reasons() -> None:
    """There is no key any more that could seal them."""
    erased = PersonErased(client_id=7, released_names=None, erased_at=NOW)
    assert requested(LATER, erased).reason == ""


def test_a_ticket_is_noted_once() -> None:
    """The same ticket tells nothing new; a new one does, and no service is no subscription."""
    command = RequestSubscriptionCancellation(
        service_id=81, kind=CancellationKind.END_OF_PERIOD, ticket="OPS-1", reason="New bank"
    )
    events = given(*HERE).when(command).events
    given(*HERE, *events).when(command).already_recorded(0)
    assert given(*HERE, *events).when(replace(command, ticket="OPS-2")).events
    given(ACCOUNT_OPENED).when(command).refused(RefusalCode.SERVICE_NOT_FOUND)


@pytest.mark.parametrize("command", [AT_ONCE, LATER])
def test_a_snapshot_keeps_it(command: RequestCancellation) -> None:
    """What was asked for, and what was paid for."""
    past = (*HERE, *PAID_AHEAD)
    state = fold(*past, *given(*past).when(command).events)
    assert restore(dump(state)) == state
