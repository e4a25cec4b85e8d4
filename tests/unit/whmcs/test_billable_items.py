"""AddBillableItem and GenInvoices, and the actions about services that this ledger does not have."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.decider import TODAY
from tests.support.whmcs import World, world_with_client

ITEM = {"clientid": "1", "description": "Consulting", "amount": "100.00", "unit": "hours", "quantity": "2.5"}
RECUR = {"invoiceaction": "recur", "recur": "1", "recurcycle": "Months", "recurfor": "12"}


async def test_an_item_is_added() -> None:
    """With `result`, as live servers answer; the number is an integer."""
    world = await world_with_client()
    assert await world.ask("AddBillableItem", **ITEM) == {"result": "success", "billableid": 1}
    everything = await world.ask("AddBillableItem", **ITEM, **RECUR, duedate="2025-07-31")
    assert everything == {"result": "success", "billableid": 2}


@pytest.mark.parametrize(
    ("given", "unit", "quantity"),
    [
        ({"unit": "Quantity", "quantity": "3"}, "quantity", 300),
        ({"hours": "1.5"}, "hours", 150),
        ({}, "quantity", 0),
        ({"unit": "hours", "hours": ""}, "hours", 0),
    ],
)
async def test_units_of_old_and_new_clients(given: dict[str, str], unit: str, quantity: int) -> None:
    """Before there were units, there was `hours`."""
    world = await world_with_client()
    reply = await world.reply("AddBillableItem", clientid="1", description="x", amount="-1.00", **given)
    assert reply.body["result"] == "success"
    event: Any = world.ledger.streams[1][-1]
    assert (event.unit, event.quantity, event.amount) == (unit, quantity, -100)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"clientid": "9", "description": ""}, "Client ID not Found"),
        ({"clientid": "x"}, "Client ID not Found"),
        ({"clientid": "9"}, "Client ID not Found"),
        ({"clientid": "9", "unit": "days"}, "Client ID not Found"),
        ({"description": " ", "invoiceaction": "x"}, "You must provide a description"),
        ({"invoiceaction": "now", "unit": "days"}, "Invalid Invoice Action"),
        ({**RECUR, "recur": "0"}, "Recurring must have a unit, cycle and limit"),
        ({**RECUR, "recurcycle": "Moons", "duedate": "x"}, "Recurring must have a unit, cycle and limit"),
        ({**RECUR, "recurfor": ""}, "Recurring must have a unit, cycle and limit"),
        ({**RECUR, "recurfor": "1001"}, "Recurring must have a unit, cycle and limit"),
        ({"invoiceaction": "recur"}, "Recurring must have a unit, cycle and limit"),
        ({**RECUR, "unit": "days"}, "Due date is required"),
        ({"invoiceaction": "duedate"}, "Due date is required"),
        (
            {"invoiceaction": "duedate", "duedate": "x", "unit": "days"},
            "Invalid Unit, please specify either 'hours' or 'quantity'",
        ),
        (
            {"invoiceaction": "duedate", "duedate": "31.12.2025"},
            "Invalid Date Format - Expected: 'YYYY-mm-dd'",
        ),
        ({"amount": ""}, "No Amount Provided"),
        ({"amount": "1,0"}, "Amount must be in decimal format: ### or ###.##"),
        ({"quantity": "many"}, "Amount must be in decimal format: ### or ###.##"),
    ],
)
async def test_what_is_wrong_with_an_item(wrong: dict[str, str], message: str) -> None:
    """The documented texts, the first in their order; nothing is recorded."""
    world = await world_with_client()
    before = world.ledger.position
    assert await world.message("AddBillableItem", **ITEM | wrong) == message
    assert world.ledger.position == before


async def test_invoices_of_one_client() -> None:
    """The number of the invoice is told where there is one."""
    world = await world_with_client()
    assert await world.ask("GenInvoices", clientid="1") == {"result": "success", "numcreated": 0}
    await world.ask("AddBillableItem", **ITEM, invoiceaction="nextcron")
    assert await world.ask("GenInvoices", clientid="1", noemails="true") == {
        "result": "success",
        "numcreated": 1,
        "latestinvoiceid": 1,
    }
    invoice = await world.ask("GetInvoice", invoiceid="1")
    assert invoice["items"]["item"] == [
        {
            "id": 1,
            "type": "Item",
            "relid": 1,
            "description": "Consulting",
            "amount": "100.00",
            "taxed": 0,
        }
    ]
    assert (invoice["date"], invoice["total"], invoice["status"]) == (TODAY, "100.00", "Unpaid")


async def test_invoices_of_all_clients() -> None:
    """One for each client who has something due."""
    world = await world_with_client()
    second = await world.ask(
        "AddClient", firstname="B", lastname="B", email="b@example.com", skipvalidation="1"
    )
    for client_id in ("1", str(second["clientid"])):
        await world.ask("AddBillableItem", **ITEM | {"clientid": client_id}, invoiceaction="nextcron")
    assert await world.ask("GenInvoices") == {"result": "success", "numcreated": 2}
    assert await world.ask("GenInvoices") == {"result": "success", "numcreated": 0}


@pytest.mark.parametrize(
    "chosen", [{"serviceids": {"0": "7"}}, {"serviceids": "x"}, {"domainids": "7"}, {"addonids": {"0": "1"}}]
)
async def test_what_is_not_there_is_not_invoiced(chosen: dict[str, Any]) -> None:
    """Asked for some of them alone, there is nothing to invoice, whatever else is due."""
    world = await world_with_client()
    await world.ask("AddBillableItem", **ITEM, invoiceaction="nextcron")
    assert await world.ask("GenInvoices", clientid="1", **chosen) == {"result": "success", "numcreated": 0}


@pytest.mark.parametrize("client_id", ["9", "x", "0", " ", {"0": "1"}])
async def test_invoices_of_nobody(client_id: Any) -> None:
    """The documented text; a number that is none is not all clients."""
    world = await world_with_client()
    assert await world.message("GenInvoices", clientid=client_id) == "Client ID Not Found"
    assert await world.message("GenInvoices", clientid=client_id, serviceids="1") == "Client ID Not Found"


async def test_cancellations() -> None:
    """There is no service that could be cancelled, and none was."""
    world = World()
    assert await world.message("AddCancelRequest", serviceid="1", type="Immediate") == "Service ID Not Found"
    assert await world.message("AddCancelRequest") == "Service ID Not Found"
    assert await world.ask("GetCancelledPackages", limitstart="5") == {
        "result": "success",
        "totalresults": 0,
        "startnumber": 5,
        "numreturned": 0,
        "packages": {"package": []},
    }
