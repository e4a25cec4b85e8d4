from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.whmcs.ports import Options
from tests.support.decider import TODAY
from tests.support.whmcs import CLIENT, World, world_with_client


async def _world() -> World:
    """Client 1 with three credit lines and two payments; client 2 with nothing."""
    world = await world_with_client()
    await world.ask("AddClient", **{**CLIENT, "email": "second@example.com"})
    await world.ask("AddCredit", clientid="1", amount="10", description="Sample", date="2016-01-01")
    for number in ("1", "2"):
        await world.ask("CreateInvoice", userid="1", itemdescription1="x", itemamount1="45.90")
        await world.ask(
            "AddInvoicePayment",
            invoiceid=number,
            transid=f"T-{number}",
            gateway="paypal",
            date=f"2016-01-0{number} 06:41:11",
            amount="45.90" if number == "1" else "50",
        )
    await world.ask("CreateInvoice", userid="1", itemdescription1="x", itemamount1="4")
    await world.ask("ApplyCredit", invoiceid="3")
    return world


async def test_the_credit_log_as_documented() -> None:
    """Nested, the keys as in the reference, signed texts for amounts, integers for numbers."""
    world = await _world()
    answer = await world.ask("GetCredits", clientid="1")
    documented: dict[str, Any] = {
        "result": "success",
        "totalresults": 3,
        "clientid": "1",
        "credits": {
            "credit": [
                {"id": 1, "date": "2016-01-01", "description": "Sample", "amount": "10.00", "relid": 0},
                {
                    "id": 2,
                    "date": TODAY,
                    "description": "Invoice #2 Overpayment",
                    "amount": "4.10",
                    "relid": 2,
                },
                {
                    "id": 3,
                    "date": TODAY,
                    "description": "Credit Applied to Invoice #3",
                    "amount": "-4.00",
                    "relid": 0,
                },
            ]
        },
    }
    assert answer == documented
    assert list(answer) == list(documented)
    assert list(answer["credits"]["credit"][0]) == ["id", "date", "description", "amount", "relid"]


async def test_a_client_without_credit() -> None:
    """An empty list, not an empty text."""
    world = await _world()
    answer = await world.ask("GetCredits", clientid="2")
    assert answer == {
        "result": "success",
        "totalresults": 0,
        "clientid": "2",
        "credits": {"credit": []},
    }


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"clientid": "9"}, "Client ID Not Found"),
        ({}, "Client ID Not Found"),
        ({"clientid": "9", "datefrom": "x"}, "Client ID Not Found"),
        ({"clientid": "1", "dateto": "x"}, "Date Format is not Valid"),
    ],
)
async def test_wrong_questions_about_credit(parameters: dict[str, str], message: str) -> None:
    """The client first."""
    world = await _world()
    assert await world.message("GetCredits", **parameters) == message


async def test_a_slice_of_the_credit_log() -> None:
    """Asked for a slice, the answer says which one after the documented keys; the total is of all rows."""
    world = await _world()
    answer = await world.ask("GetCredits", clientid="1", limitstart="1", limitnum="1")
    assert [row["id"] for row in answer["credits"]["credit"]] == [2]
    assert list(answer) == ["result", "totalresults", "clientid", "credits", "startnumber", "numreturned"]
    assert (answer["totalresults"], answer["startnumber"], answer["numreturned"]) == (3, 1, 1)
    answer = await world.ask("GetCredits", clientid="1", dateto="2016-01-01")
    assert [row["id"] for row in answer["credits"]["credit"]] == [1]


async def test_transactions_as_documented() -> None:
    """Key by key as in the reference; counts are integers."""
    world = await _world()
    answer = await world.ask("GetTransactions", clientid="1", transid="T-1", invoiceid="")
    documented: dict[str, Any] = {
        "result": "success",
        "totalresults": 1,
        "startnumber": 0,
        "numreturned": 1,
        "transactions": {
            "transaction": [
                {
                    "id": 1,
                    "userid": 1,
                    "currency": 0,
                    "gateway": "paypal",
                    "date": "2016-01-01 06:41:11",
                    "description": "Invoice Payment",
                    "amountin": "45.90",
                    "fees": "0.00",
                    "amountout": "0.00",
                    "rate": "1.00000",
                    "transid": "T-1",
                    "invoiceid": 1,
                    "refundid": 0,
                }
            ]
        },
    }
    assert answer == documented
    assert list(answer) == list(documented)
    row = answer["transactions"]["transaction"][0]
    assert list(row) == list(documented["transactions"]["transaction"][0])


@pytest.mark.parametrize(
    ("parameters", "numbers"),
    [
        ({}, [1, 2]),
        ({"clientid": "", "invoiceid": "", "transid": ""}, [1, 2]),
        ({"clientid": "2"}, []),
        ({"clientid": "0"}, []),
        ({"clientid": "x"}, []),
        ({"invoiceid": "2"}, [2]),
        ({"invoiceid": "2", "transid": "T-1"}, []),
        ({"datefrom": "2016-01-02"}, [2]),
        ({"dateto": "2016-01-01"}, [1]),
        ({"limitnum": "1"}, [1]),
        ({"limitstart": "1", "limitnum": "10000000"}, [2]),
        ({"limitstart": "5"}, []),
        ({"limitstart": "x", "limitnum": "-1"}, [1, 2]),
        ({"limitnum": "0"}, [1, 2]),
    ],
)
async def test_conditions_on_transactions(parameters: dict[str, str], numbers: list[int]) -> None:
    """Empty ones do not count, what numbers nothing matches nothing, and slices are slices."""
    world = await _world()
    answer = await world.ask("GetTransactions", **parameters)
    assert [row["id"] for row in answer["transactions"]["transaction"]] == numbers
    assert answer["numreturned"] == len(numbers)


@pytest.mark.parametrize(
    ("parameters", "fits"),
    [
        ({}, False),
        ({"limitnum": "10000000"}, False),
        ({"limitnum": "2"}, True),
        ({"limitstart": "1"}, True),
        ({"limitnum": "3", "limitstart": "2"}, True),
    ],
)
async def test_an_answer_has_a_limit(parameters: dict[str, str], fits: bool) -> None:
    """More rows than one answer holds are refused with advice, never cut off in silence."""
    world = await _world()
    world.services = replace(world.services, options=Options(today=lambda: TODAY, rows_max=2))
    answer = await world.ask("GetCredits", clientid="1", **parameters)
    assert (answer["result"] == "success") is fits
    if not fits:
        assert answer["message"] == "More than 2 rows match; ask for fewer with limitstart and limitnum"
