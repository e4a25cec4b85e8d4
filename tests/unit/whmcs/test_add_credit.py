from __future__ import annotations

import pytest

from service.domain.events import CreditAdded, CreditRemoved
from tests.support.decider import TODAY
from tests.support.whmcs import World, world_with_client

GOOD = {"clientid": "1", "amount": "10.50", "description": "Top up"}


async def test_credit_is_added() -> None:
    """The documented keys in their order, our own after them, the balance as a text."""
    world = await world_with_client()
    answer = await world.ask("AddCredit", **GOOD)
    assert list(answer) == ["result", "newbalance", "creditid"]
    assert answer == {"result": "success", "newbalance": "10.50", "creditid": 1}
    assert (await world.ask("addcredit", clientid="1", amount="1"))["newbalance"] == "11.50"


async def test_what_is_recorded() -> None:
    """Amount, text, day and admin reach the ledger; the caller's admin and today are the defaults."""
    world = await world_with_client()
    await world.ask("AddCredit", **GOOD)
    await world.ask("AddCredit", **GOOD, date="2024-02-29", adminid="2")
    events = [event for event in world.ledger.streams[1] if isinstance(event, CreditAdded)]
    assert [(e.amount, e.description, e.date, e.admin_id) for e in events] == [
        (1050, "Top up", TODAY, 1),
        (1050, "Top up", "2024-02-29", 2),
    ]


@pytest.mark.parametrize("kind", ["remove", "REMOVE", " Remove "])
async def test_credit_is_removed(kind: str) -> None:
    """`type` takes any case; the amount stays positive in the request."""
    world = await world_with_client()
    await world.ask("AddCredit", **GOOD)
    answer = await world.ask("AddCredit", clientid="1", amount="0.50", type=kind)
    assert answer == {"result": "success", "newbalance": "10.00", "creditid": 2}
    assert isinstance(world.ledger.streams[1][-1], CreditRemoved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": "give", "clientid": "9"}, "Type can only be add or remove"),
        ({"clientid": ""}, "Client ID Not Found"),
        ({"clientid": "abc"}, "Client ID Not Found"),
        ({"clientid": "9"}, "Client ID Not Found"),
        ({"clientid": "9", "adminid": "x"}, "Client ID Not Found"),
        ({"clientid": "9", "adminid": "77"}, "Client ID Not Found"),
        ({"clientid": "9", "amount": ""}, "Client ID Not Found"),
        ({"clientid": "9", "amount": "x", "date": "x"}, "Client ID Not Found"),
        ({"adminid": "77"}, "Admin ID Not Found"),
        ({"adminid": "x", "amount": ""}, "Admin ID Not Found"),
        ({"adminid": "77", "amount": "x"}, "Admin ID Not Found"),
        ({"amount": "", "date": "x"}, "No Amount Provided"),
        ({"amount": "0.00"}, "No Amount Provided"),
        ({"amount": "-1", "date": "x"}, "Amount must be in decimal format: ### or ###.##"),
        ({"amount": "100000000000000"}, "Amount must be in decimal format: ### or ###.##"),
        ({"date": "31/12/2025"}, "Date Format is not Valid"),
        ({"description": "é" * 32768}, "The description must not be longer than 65535 bytes"),
        ({"type": "remove"}, "Amount exceeds customer credit balance"),
    ],
)
async def test_errors_come_in_the_documented_order(change: dict[str, str], message: str) -> None:
    """Of several mistakes the one that the reference lists first is answered."""
    world = await world_with_client()
    assert await world.message("AddCredit", **{**GOOD, **change}) == message
    assert len(world.ledger.streams[1]) == 1


async def test_a_missing_parameter_is_an_empty_one() -> None:
    """Without client or amount the same texts come as with empty ones; a description may be missing."""
    world = await world_with_client()
    assert await world.message("AddCredit") == "Client ID Not Found"
    assert await world.message("AddCredit", clientid="1") == "No Amount Provided"
    assert await world.message("AddCredit", clientid={"0": "1"}, amount="1") == "Client ID Not Found"
    answer = await world.ask("AddCredit", clientid="1", amount="1", date="", adminid="", type="")
    assert answer["newbalance"] == "1.00"


async def test_a_balance_has_an_end() -> None:
    """What would pass the largest amount is refused, never cut."""
    world = await world_with_client()
    await world.ask("AddCredit", clientid="1", amount="99999999999999.99")
    message = await world.message("AddCredit", clientid="1", amount="0.01")
    assert message == "Amount exceeds what the ledger can hold"


async def test_the_reply_says_why_not_in_a_code() -> None:
    """The log gets a stable code for each refusal, from fields and from the ledger alike."""
    world = World()
    assert (await world.reply("AddCredit", **GOOD)).refusal == "client_not_found"
    assert (await world.reply("AddCredit", **{**GOOD, "type": "x"})).refusal == "type_not_valid"
