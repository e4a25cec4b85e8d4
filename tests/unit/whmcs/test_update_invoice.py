from __future__ import annotations

from typing import Any

import pytest

from tests.support.decider import NOW, TODAY
from tests.support.whmcs import World, world_with_client

MISSING = (
    "Missing Variables: itemdescription, itemamount and itemtaxed are required for each item being changed"
)
NO_TIME = "0000-00-00 00:00:00"


async def _world(**invoice: str) -> World:
    """Client 1 with invoice 1 of two lines (1 and 2), 10.00 taxed and 5.00."""
    world = await world_with_client()
    lines = {
        "itemdescription1": "First",
        "itemamount1": "10",
        "itemtaxed1": "1",
        "itemdescription2": "Second",
        "itemamount2": "5",
    }
    await world.ask("CreateInvoice", userid="1", **{**lines, "taxrate": "10", **invoice})
    return world


async def _update(world: World, **parameters: Any) -> dict[str, Any]:
    """The invoice after an update."""
    answer = await world.ask("UpdateInvoice", invoiceid="1", **parameters)
    assert answer == {"result": "success", "invoiceid": 1}
    return await world.ask("GetInvoice", invoiceid="1")


async def test_lines_are_changed_added_and_deleted() -> None:
    """By number, by place, and by number again; the sums follow."""
    world = await _world()
    invoice = await _update(
        world,
        itemdescription={"1": "First again"},
        itemamount={"1": "20.004"},
        itemtaxed={"1": "True"},
        newitemdescription={"0": "Third", "1": "Fourth"},
        newitemamount={"0": "1", "1": "-0.5"},
        newitemtaxed={"0": "1", "1": "0"},
        deletelineids={"0": "2"},
    )
    lines = [(row["id"], row["description"], row["amount"], row["taxed"]) for row in invoice["items"]["item"]]
    assert lines == [(1, "First again", "20.00", 1), (3, "Third", "1.00", 1), (4, "Fourth", "-0.50", 0)]
    assert (invoice["subtotal"], invoice["tax"], invoice["total"]) == ("20.50", "2.10", "22.60")


async def test_texts_dates_and_rates_are_changed() -> None:
    """Dates in both forms; what is not sent, or empty, stays."""
    world = await _world(notes="Before", duedate="2025-08-01")
    invoice = await _update(
        world,
        date="20250102",
        duedate="",
        datepaid="2025-01-03",
        paymentmethod="mailin",
        taxrate="20",
        taxrate2="5",
        status="",
    )
    assert (invoice["date"], invoice["duedate"], invoice["datepaid"]) == (
        "2025-01-02",
        "2025-08-01",
        "2025-01-03 00:00:00",
    )
    assert (invoice["paymentmethod"], invoice["notes"], invoice["status"]) == ("mailin", "Before", "Unpaid")
    assert (invoice["tax"], invoice["tax2"], invoice["total"]) == ("2.00", "0.50", "17.50")
    assert (await _update(world, notes=""))["notes"] == ""


async def test_sums_are_not_taken_from_the_request() -> None:
    """Since WHMCS 7.8 they follow from the lines."""
    invoice = await _update(await _world(), subtotal="1", tax="1", tax2="1", total="1")
    assert (invoice["subtotal"], invoice["tax"], invoice["total"]) == ("15.00", "1.00", "16.00")


async def test_the_credit_of_an_invoice_is_overwritten() -> None:
    """The client's own credit, and its log, stay as they are."""
    world = await _world()
    await world.ask("AddCredit", clientid="1", amount="50")
    invoice = await _update(world, credit="6")
    assert (invoice["credit"], invoice["total"], invoice["balance"]) == ("6.00", "10.00", "10.00")
    assert (await world.ask("GetCredits", clientid="1"))["totalresults"] == 1
    await world.ask("ApplyCredit", invoiceid="1", amount="full")
    assert (await world.ask("GetClientsDetails", clientid="1"))["credit"] == "40.00"


@pytest.mark.parametrize(
    "parameters",
    [
        {"itemdescription": {"0": "x"}, "itemamount": {"0": "1"}, "itemtaxed": {"0": "0"}},
        {"itemdescription": {"99": "x"}, "itemamount": {"99": "1"}, "itemtaxed": {"99": "0"}},
        {"itemdescription": "", "itemamount": "", "deletelineids": ""},
        {"deletelineids": {"0": "99", "1": "x"}},
        {},
    ],
)
async def test_what_the_invoice_does_not_have_is_passed_over(parameters: dict[str, Any]) -> None:
    """As a live WHMCS does: a success that changes nothing."""
    world = await _world()
    before = await world.ask("GetInvoice", invoiceid="1")
    assert await _update(world, **parameters) == before


async def test_a_list_sent_as_one_text_is_one_line() -> None:
    """An old library repeats the parameter, of which PHP keeps the last."""
    invoice = await _update(await _world(), newitemdescription="b", newitemamount="2", deletelineids="1")
    assert [row["description"] for row in invoice["items"]["item"]] == ["Second", "b"]


@pytest.mark.parametrize(
    ("status", "date_key"), [("Refunded", "date_refunded"), ("cancelled", "date_cancelled")]
)
async def test_some_statuses_have_a_date(status: str, date_key: str) -> None:
    """Refunded and Cancelled are dated now."""
    world = await _world()
    await _update(world, status=status)
    row = (await world.ask("GetInvoices"))["invoices"]["invoice"][0]
    assert (row["status"], row[date_key]) == (status.capitalize(), NOW)


async def test_paid_by_word_of_mouth() -> None:
    """Paid dates the payment, Unpaid takes the date away; there is no transaction."""
    world = await _world()
    invoice = await _update(world, status="Paid")
    assert (invoice["status"], invoice["datepaid"], invoice["transactions"]) == ("Paid", NOW, "")
    invoice = await _update(world, status="Unpaid")
    assert (invoice["status"], invoice["datepaid"]) == ("Unpaid", NO_TIME)
    invoice = await _update(world, status="Paid", datepaid="2025-01-01")
    assert invoice["datepaid"] == "2025-01-01 00:00:00"


@pytest.mark.parametrize(("parameter", "sent"), [("publish", False), ("publishandsendemail", True)])
async def test_a_draft_is_published(parameter: str, sent: bool) -> None:
    """It becomes Unpaid and is dated today; whether it is to be sent stands in the event."""
    world = await _world(draft="1", date="2020-01-01")
    invoice = await _update(world, **{parameter: "True"})
    assert (invoice["status"], invoice["date"]) == ("Unpaid", TODAY)
    assert getattr(world.ledger.streams[1][-1], "send") is sent  # noqa: B009 -- the event's kind is known


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"invoiceid": "9", "status": "x"}, "Invoice ID Not Found"),
        ({"invoiceid": "9"}, "Invoice ID Not Found"),
        ({"invoiceid": ""}, "Invoice ID Not Found"),
        ({}, "Invoice ID Not Found"),
        ({"publish": "1"}, "Invoice must be in Draft status to be published"),
        ({"publishandsendemail": "1"}, "Invoice must be in Draft status to be published"),
        ({"itemdescription": {"1": "x"}}, MISSING),
        ({"itemdescription": {"1": "x"}, "itemamount": {"1": "1"}, "itemtaxed": {"2": "1"}}, MISSING),
        ({"itemamount": {"1": "1"}, "status": "x"}, MISSING),
        ({"status": "Overdue"}, "Invalid status Overdue"),
        ({"taxrate": "x"}, "Tax Rate must be in decimal format: ### or ###.###"),
        ({"credit": "-1"}, "Amount must be in decimal format: ### or ###.##"),
        (
            {"newitemdescription": {"0": "x"}, "newitemamount": {"0": "1e5"}},
            "Amount must be in decimal format: ### or ###.##",
        ),
        ({"date": "01/02/2025"}, "Date Format is not Valid"),
        ({"datepaid": "2025-02-30"}, "Date Format is not Valid"),
        ({"newitemamount": {"0": "99999999999999.99"}}, "Amount exceeds what the ledger can hold"),
    ],
)
async def test_wrong_updates(parameters: dict[str, Any], message: str) -> None:
    """Every documented text; nothing of a refused request has an effect."""
    world = await _world()
    before = len(world.ledger.streams[1])
    given = {"invoiceid": "1", "notes": "Changed", **parameters}
    if parameters in ({}, {"invoiceid": ""}):
        given = parameters
    assert await world.message("UpdateInvoice", **given) == message
    assert len(world.ledger.streams[1]) == before
