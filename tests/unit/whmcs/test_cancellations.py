"""AddCancelRequest and GetCancelledPackages, and what GenInvoices does about ends that are due."""

from __future__ import annotations

from typing import Any

import pytest

from service.domain.cancellation_commands import WithdrawCancellation
from service.domain.service_commands import ENDED, ChangeService
from service.handling.answers import Call
from tests.support.decider import NOW, TODAY
from tests.support.endings import registration
from tests.support.whmcs import World, world_with_client

_CALL = Call("id", 1, "127.0.0.1", "r", 0.0)


async def _world() -> World:
    """Client 1 has the instant servers 81 and 82, due in July."""
    world = await world_with_client()
    for number in (81, 82):
        command: Any = registration(number)
        await world.ledger.on_client(1, command, _CALL)
    return world


async def test_requests_are_listed_as_documented() -> None:
    """Oldest first, a page at a time, but for those that were withdrawn."""
    world = await _world()
    for number in ("81", "82"):
        told = await world.ask("AddCancelRequest", serviceid=number, type="End of Billing Period", reason="x")
        assert told == {"result": "success", "serviceid": number, "userid": 1}
    listed = await world.ask("GetCancelledPackages")
    first, second = listed["packages"]["package"]
    assert {**first, "id": 0} == {
        "id": 0,
        "date": NOW,
        "relid": 81,
        "reason": "x",
        "type": "End of Billing Period",
        "created_at": NOW,
        "updated_at": NOW,
    }
    assert (listed["totalresults"], listed["numreturned"], second["relid"]) == (2, 2, 82)
    page = await world.ask("GetCancelledPackages", limitstart="1", limitnum="1")
    assert (page["totalresults"], page["startnumber"], page["packages"]["package"]) == (2, 1, [second])
    withdraw: Any = WithdrawCancellation(service_id=81)
    await world.ledger.on_client(1, withdraw, _CALL)
    assert (await world.ask("GetCancelledPackages"))["packages"]["package"] == [second]


@pytest.mark.parametrize("asked", ["", "End of Billing Period", " end of billing period "])
async def test_without_a_type_it_is_the_end_of_the_period(asked: str) -> None:
    """The one that takes nothing away."""
    world = await _world()
    await world.ask("AddCancelRequest", serviceid="81", type=asked)
    assert world.ledger.state(1).services[81].status == "Active"
    message = await world.message("AddCancelRequest", serviceid="81", type=asked)
    assert message == "Existing Cancellation Request Exists"


async def test_immediate_is_at_once_and_gives_credit() -> None:
    """Which GetCredits shows."""
    world = await _world()
    await world.ask("AddCancelRequest", serviceid="81", type="Immediate")
    state = world.ledger.state(1)
    assert state.services[81].status == "Cancelled"
    (credit,) = (await world.ask("GetCredits", clientid="1"))["credits"]["credit"]
    assert credit["description"] == "Refund for Cancelled Service #81"
    assert credit["amount"] == f"{state.balance // 100}.{state.balance % 100:02}"


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({}, "Service ID Not Found"),
        ({"serviceid": "99"}, "Service ID Not Found"),
        ({"serviceid": "x", "type": "Never"}, "Service ID Not Found"),
        ({"serviceid": "81", "type": "Never"}, "type must be Immediate or End of Billing Period"),
        ({"serviceid": "81", "reason": "x" * 65_536}, "The reason must not be longer than 65535 bytes"),
    ],
)
async def test_what_is_refused(parameters: dict[str, str], text: str) -> None:
    """The service first, as documented."""
    world = await _world()
    assert await world.message("AddCancelRequest", **parameters) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"traffic_exceeded": True}, "The service has used more traffic than is paid for"),
        ({"has_licence": True}, "The service has a licence until the end of its billing period"),
        ({"status": "Fraud"}, "The service is Fraud"),
    ],
)
async def test_what_stands_against_it(changes: dict[str, Any], text: str) -> None:
    """In words of this project: WHMCS has none."""
    world = await _world()
    command: Any = ChangeService(service_id=81, changes=changes)
    await world.ledger.on_client(1, command, _CALL)
    assert await world.message("AddCancelRequest", serviceid="81", type="Immediate") == text


@pytest.mark.parametrize("parameters", [{"clientid": "1"}, {}])
async def test_a_run_ends_what_is_over(parameters: dict[str, str]) -> None:
    """Before it invoices anything; what was not asked to end goes on."""
    world = await _world()
    await world.ask("AddCancelRequest", serviceid="81")
    for number in (81, 82):
        command: Any = ChangeService(service_id=number, changes={"next_due_date": TODAY})
        await world.ledger.on_client(1, command, _CALL)
    assert (await world.ask("GenInvoices", **parameters))["numcreated"] == 1
    services = world.ledger.state(1).services
    assert [services[number].status in ENDED for number in (81, 82)] == [True, False]
    assert not services[81].renewals
    assert services[82].renewals
