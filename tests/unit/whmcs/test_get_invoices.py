from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.decider import NOW, TODAY
from tests.support.whmcs import CLIENT, World, world_with_client

NO_TIME = "0000-00-00 00:00:00"
INVOICES: list[dict[str, str]] = [
    {"itemamount1": "30", "date": "2025-01-03", "duedate": "2025-02-01"},
    {"itemamount1": "10", "date": "2025-01-01", "duedate": "2025-09-01"},
    {"itemamount1": "20", "date": "2025-01-02", "duedate": "2025-01-01", "status": "Paid"},
]


async def _world() -> World:
    """Client 1 with three invoices, client 2 with one that is overdue."""
    world = await world_with_client()
    await world.ask("AddClient", **{**CLIENT, "email": "second@example.com", "companyname": "Second Ltd"})
    for invoice in INVOICES:
        await world.ask("CreateInvoice", userid="1", itemdescription1="x", **invoice)
    await world.ask("CreateInvoice", userid="2", itemdescription1="x", itemamount1="5", duedate="2025-06-29")
    return world


async def _ids(world: World, **parameters: str) -> list[int]:
    answer = await world.ask("GetInvoices", **parameters)
    assert answer["numreturned"] == len(answer["invoices"]["invoice"])
    return [row["id"] for row in answer["invoices"]["invoice"]]


async def test_a_listed_invoice_is_as_documented() -> None:
    """Key by key as in the reference, without lines and balance."""
    world = await world_with_client()
    await world.ask(
        "CreateInvoice",
        userid="1",
        itemdescription1="x",
        itemamount1="15.95",
        date="2016-01-01",
        duedate="2016-01-08",
        paymentmethod="paypalcheckout",
    )
    documented: dict[str, Any] = {
        "id": 1,
        "userid": 1,
        "firstname": "Test",
        "lastname": "Client",
        "companyname": "",
        "invoicenum": "",
        "date": "2016-01-01",
        "duedate": "2016-01-08",
        "datepaid": NO_TIME,
        "last_capture_attempt": NO_TIME,
        "date_refunded": NO_TIME,
        "date_cancelled": NO_TIME,
        "subtotal": "15.95",
        "credit": "0.00",
        "tax": "0.00",
        "tax2": "0.00",
        "total": "15.95",
        "taxrate": "0.000",
        "taxrate2": "0.000",
        "status": "Unpaid",
        "paymentmethod": "paypalcheckout",
        "paymethodid": None,
        "notes": "",
        "created_at": NOW,
        "updated_at": NOW,
        "currencycode": "USD",
        "currencyprefix": "$",
        "currencysuffix": " USD",
    }
    answer = await world.ask("GetInvoices")
    assert answer == {
        "result": "success",
        "totalresults": 1,
        "startnumber": 0,
        "numreturned": 1,
        "invoices": {"invoice": [documented]},
    }
    assert list(answer["invoices"]["invoice"][0]) == list(documented)


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        ({}, [1, 2, 3, 4]),
        ({"order": "DESC"}, [4, 3, 2, 1]),
        ({"order": "junk", "orderby": "junk"}, [1, 2, 3, 4]),
        ({"userid": "1", "orderby": "date"}, [2, 3, 1]),
        ({"userid": "1", "orderby": "duedate", "order": "desc"}, [2, 1, 3]),
        ({"userid": "1", "orderby": "Total"}, [2, 3, 1]),
        ({"userid": "1", "orderby": "status"}, [3, 1, 2]),
        ({"orderby": "invoicenumber", "order": "desc"}, [4, 3, 2, 1]),
        ({"status": "Unpaid"}, [1, 2, 4]),
        ({"status": "PAID"}, [3]),
        ({"status": "Overdue"}, [1, 4]),
        ({"status": "overdue", "userid": "1"}, [1]),
        ({"status": "Nonsense"}, []),
        ({"status": ""}, [1, 2, 3, 4]),
        ({"userid": "2"}, [4]),
        ({"userid": "9"}, []),
        ({"userid": "x"}, []),
        ({"userid": ""}, [1, 2, 3, 4]),
        ({"limitstart": "1", "limitnum": "2"}, [2, 3]),
        ({"limitstart": "9"}, []),
        ({"limitnum": "0"}, [1, 2, 3, 4]),
    ],
)
async def test_conditions_order_and_pages(parameters: dict[str, str], ids: list[int]) -> None:
    """In any case; what is no condition is none, and what numbers nobody matches nothing."""
    assert await _ids(await _world(), **parameters) == ids


async def test_an_invoice_due_today_is_not_overdue() -> None:
    """Overdue is before today."""
    world = await world_with_client()
    await world.ask("CreateInvoice", userid="1", itemdescription1="x", itemamount1="1", duedate=TODAY)
    assert await _ids(world, status="Overdue") == []


async def test_the_counts_are_of_all_that_match() -> None:
    """`totalresults` counts what the page leaves out; by default a page has 25."""
    world = await _world()
    answer = await world.ask("GetInvoices", userid="1", limitstart="2")
    assert (answer["totalresults"], answer["startnumber"], answer["numreturned"]) == (3, 2, 1)
    for _ in range(26):
        await world.ask("CreateInvoice", userid="2", itemdescription1="x", itemamount1="1")
    answer = await world.ask("GetInvoices", userid="2")
    assert (answer["totalresults"], answer["numreturned"]) == (27, 25)
    assert len(await _ids(world, userid="2", limitnum="10000000")) == 27


async def test_a_list_is_never_cut_short_in_silence() -> None:
    """More rows than an answer may have are refused."""
    world = await _world()
    world.services = replace(world.services, options=replace(world.services.options, rows_max=2))
    message = await world.message("GetInvoices", limitnum="3")
    assert message == "More than 2 rows match; ask for fewer with limitstart and limitnum"
    assert await _ids(world, limitnum="3", limitstart="2") == [3, 4]


async def test_an_erased_client_has_no_names() -> None:
    """The invoice is still listed."""
    world = await _world()
    opened = world.ledger.streams[2][0]
    world.ledger.streams[2][0] = replace(opened, profile=None)  # type: ignore[type-var] # it is a dataclass
    row = (await world.ask("GetInvoices", userid="2"))["invoices"]["invoice"][0]
    assert (row["firstname"], row["lastname"], row["companyname"]) == ("", "", "")
