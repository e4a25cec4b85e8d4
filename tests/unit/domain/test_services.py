from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.domain.account import dump, restore
from service.domain.client_commands import CloseAccount, DeleteAccount
from service.domain.refusals import RefusalCode
from service.domain.service_commands import ChangeService, RegisterService, ServiceCycle, ServiceStatus
from tests.support.decider import NOW, TODAY, fold, given
from tests.support.samples import ACCOUNT_OPENED
from tests.support.service_samples import (
    RENEWAL_INVOICED,
    SERVICE_CHANGED,
    SERVICE_REGISTERED,
    SERVICE_RENEWED,
)

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.events.services import ServiceChanged, ServiceFields

REGISTER = RegisterService(
    service_id=82,
    server_id=9001,
    order_id=31,
    kind="instant",
    product="VPS nano",
    label="pl-vmv2-nano",
    cycle=ServiceCycle.MONTHLY,
    price=83000,
    setup_fee=5000,
    next_due_date="2025-03-31",
    traffic_exceeded=True,
    location="PL",
    hardware=("2 vCPU", "4 GB"),
)
ENDED = replace(SERVICE_CHANGED, previous={"status": "Active"}, changes={"status": "Terminated"})


def _changed(previous: ServiceFields, changes: ServiceFields) -> ServiceChanged:
    return replace(SERVICE_CHANGED, previous=previous, changes=changes, changed_at=NOW)


def test_a_service_is_registered() -> None:
    """The event tells all that was asked for, in the account's currency, from today on if no day was said."""
    registered = replace(
        SERVICE_REGISTERED, service_id=82, registration_date=TODAY, registered_at=NOW, currency="EUR"
    )
    given(ACCOUNT_OPENED).when(REGISTER).then(registered)
    given().when(REGISTER).refused(RefusalCode.CLIENT_NOT_FOUND)


def test_the_same_registration_changes_nothing() -> None:
    """Also after it was renewed; other words about the same server are refused, and so is a used number."""
    past = (ACCOUNT_OPENED, SERVICE_REGISTERED)
    given(*past).when(REGISTER).already_recorded(81)
    given(*past, RENEWAL_INVOICED, SERVICE_RENEWED).when(REGISTER).already_recorded(81)
    given(*past).when(replace(REGISTER, price=1)).refused(RefusalCode.SERVER_TAKEN, "81")
    other = replace(REGISTER, server_id=9002, service_id=81)
    given(*past).when(other).refused(RefusalCode.SERVICE_EXISTS, "81")


def test_what_has_ended_is_registered_once_too() -> None:
    """It has no server, so it is in nobody's way, and told again it is the same."""
    past = (ACCOUNT_OPENED, SERVICE_REGISTERED)
    command = replace(REGISTER, status=ServiceStatus.CANCELLED)
    (registered,) = given(*past).when(command).events
    given(*past, registered).when(replace(command, service_id=83)).already_recorded(82)


def test_a_server_is_free_when_its_service_has_ended() -> None:
    """Then another service may have it, and the old one cannot begin anew."""
    past = (ACCOUNT_OPENED, SERVICE_REGISTERED, ENDED)
    (registered,) = given(*past).when(REGISTER).events
    again = ChangeService(service_id=81, changes={"status": "Active"})
    given(*past, registered).when(again).refused(RefusalCode.SERVER_TAKEN, "82")
    given(*past).when(again).then(_changed({"status": "Terminated"}, {"status": "Active"}))


def test_only_what_differs_is_a_change() -> None:
    """With what it was before; nothing new is nothing at all."""
    past = given(ACCOUNT_OPENED, SERVICE_REGISTERED)
    command = ChangeService(
        service_id=81, changes={"price": 90000, "kind": "instant", "hardware": ["2 vCPU", "8 GB"]}
    )
    changes = _changed(
        {"price": 83000, "hardware": ["2 vCPU", "4 GB"]}, {"price": 90000, "hardware": ["2 vCPU", "8 GB"]}
    )
    past.when(command).then(changes)
    past.when(ChangeService(service_id=81, changes={"price": 83000})).already_recorded(81)
    past.when(ChangeService(service_id=99, changes={"price": 1})).refused(RefusalCode.SERVICE_NOT_FOUND)
    known = fold(ACCOUNT_OPENED, SERVICE_REGISTERED, changes).services[81]
    assert (known.price, known.hardware) == (90000, ("2 vCPU", "8 GB"))


def test_what_is_to_recur_is_due_some_day() -> None:
    """Else it would never be invoiced again, and nobody would notice."""
    past = given(ACCOUNT_OPENED, replace(SERVICE_REGISTERED, cycle="One Time", next_due_date=""))
    monthly = {"cycle": "Monthly"}
    past.when(ChangeService(service_id=81, changes=monthly)).refused(RefusalCode.DUE_DATE_MISSING)
    assert past.when(ChangeService(service_id=81, changes={**monthly, "next_due_date": TODAY})).events
    assert past.when(ChangeService(service_id=81, changes={"price": 1})).events


@pytest.mark.parametrize(("status", "end"), [("Active", "Cancelled"), ("Suspended", "Terminated")])
def test_closing_the_account_ends_its_services(status: str, end: str) -> None:
    """As WHMCS does; what has ended stays as it is."""
    living = replace(SERVICE_REGISTERED, status=status)
    ended = replace(SERVICE_REGISTERED, service_id=82, server_id=9002, status="Fraud")
    _, changed = given(ACCOUNT_OPENED, living, ended).when(CloseAccount()).events
    assert changed == replace(_changed({"status": status}, {"status": end}), reason="account_closed")


def test_deleting_the_account_gives_its_servers_back() -> None:
    """Those of services that had not ended, and nothing is left."""
    ended = replace(SERVICE_REGISTERED, service_id=82, server_id=9002, status="Cancelled")
    past = (ACCOUNT_OPENED, SERVICE_REGISTERED, ended)
    (deleted,) = given(*past).when(DeleteAccount(names={1: "email:a"})).events
    assert getattr(deleted, "servers", None) == (9001,)
    assert fold(*past, deleted).services == {}


def test_services_survive_a_snapshot() -> None:
    """With what is invoiced of them, and what was paid for."""
    state: AccountState = fold(
        ACCOUNT_OPENED,
        SERVICE_REGISTERED,
        RENEWAL_INVOICED,
        SERVICE_RENEWED,
        replace(RENEWAL_INVOICED, invoice_id=18, period_from="2025-04-30", period_to="2025-05-31"),
    )
    service = state.services[81]
    assert (service.next_due_date, service.counted_from) == ("2025-04-30", "2025-03-31")
    assert [(period.invoice_id, period.ends_on) for period in service.paid][-1] == (17, "2025-04-30")
    assert list(service.renewals) == [18]
    assert restore(dump(state)) == state
