"""GetClients, and the contacts of clients, over a ledger in memory."""

from __future__ import annotations

from typing import Any

import pytest

from service.whmcs import add_contact, update_contact
from tests.support.decider import NOW, TODAY
from tests.support.whmcs import CLIENT, World, world_with_client

DOMAIN_MAIL = (
    "You must have at least one email address enabled to receive domain related notifications as required by "
    "ICANN. To disable domain notifications, please enable domain notifications for the primary account "
    "holder or another contact"
)
KINDS = ("domain", "general", "invoice", "product", "support", "affiliate")


async def _world(clients: int = 3) -> World:
    world = World()
    for number in range(1, clients + 1):
        name = {"firstname": f"Name {clients - number}", "lastname": f"L{number}"}
        await world.ask("AddClient", **{**CLIENT, **name, "email": f"{number}@example.com"})
    return world


async def _ids(world: World, **conditions: str) -> list[int]:
    return [row["id"] for row in (await world.ask("GetClients", **conditions))["clients"]["client"]]


async def _contacts(world: World, **conditions: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await world.ask("GetContacts", **conditions))["contacts"]["contact"]
    return rows


async def test_clients_are_listed_as_documented() -> None:
    """Keys, their order and types as in the documented sample."""
    world = await world_with_client()
    answer = await world.ask("GetClients")
    assert list(answer) == ["result", "totalresults", "startnumber", "numreturned", "clients"]
    assert (answer["totalresults"], answer["startnumber"], answer["numreturned"]) == (1, 0, 1)
    [row] = answer["clients"]["client"]
    assert list(row.items()) == [
        ("id", 1),
        ("firstname", "Test"),
        ("lastname", "Client"),
        ("companyname", ""),
        ("email", "test-client@example.com"),
        ("datecreated", TODAY),
        ("groupid", 0),
        ("status", "Active"),
    ]


async def test_clients_are_found_ordered_and_paged() -> None:
    """By first name upwards unless it is said otherwise; what makes no sense counts as not given."""
    world = await _world()
    await world.ask("CloseClient", clientid="2")
    assert await _ids(world) == [3, 2, 1]
    assert await _ids(world, sorting="desc") == [1, 2, 3]
    assert await _ids(world, orderby="ID") == [1, 2, 3]
    assert await _ids(world, orderby="lastname", sorting="DESC") == [3, 2, 1]
    assert await _ids(world, orderby="shoe size", sorting="sideways") == [3, 2, 1]
    assert await _ids(world, search="2@") == [2]
    assert await _ids(world, search=" name 1 ") == [2]
    assert await _ids(world, search="xample") == []
    assert await _ids(world, status="closed") == [2]
    assert await _ids(world, status="Frozen") == []
    assert await _ids(world, limitstart="1", limitnum="1", orderby="id") == [2]
    page = await world.ask("GetClients", limitstart="2", limitnum="x")
    assert (page["totalresults"], page["startnumber"], page["numreturned"]) == (3, 2, 1)


async def test_no_clients_are_an_empty_list() -> None:
    """Not an empty text."""
    assert (await World().ask("GetClients"))["clients"] == {"client": []}
    assert (await World().ask("GetContacts"))["contacts"] == {"contact": []}


async def test_a_page_has_25_rows_unless_it_is_said_otherwise() -> None:
    """As documented for both lists."""
    world = await _world(26)
    for number in range(26):
        await world.ask("AddContact", clientid="1", firstname=str(number))
    assert len(await _ids(world)) == 25
    assert len(await _ids(world, limitnum="26")) == 26
    assert len(await _contacts(world)) == 25
    assert len(await _contacts(world, limitnum="100")) == 26
    assert len(await _contacts(world, limitstart="25")) == 1


async def test_a_contact_is_read_as_documented() -> None:
    """Keys in the documented order, yes and no as such, what is our own after them."""
    world = await world_with_client()
    names = ("firstname", "lastname", "email", "address1", "address2", "city", "state", "postcode", "country")
    texts = {name: f"{name}@example.com" for name in (*names, "phonenumber", "companyname", "tax_id")}
    flags = {"domainemails": "", "invoiceemails": "0", "generalemails": "1"}
    added = await world.ask("AddContact", clientid="1", **texts, **flags)
    assert added == {"result": "success", "contactid": 1}
    answer = await world.ask("GetContacts", userid="1")
    assert list(answer) == ["result", "totalresults", "startnumber", "numreturned", "contacts"]
    [row] = answer["contacts"]["contact"]
    assert list(row) == [
        *("id", "userid", *names, "phonenumber", *(f"{kind}emails" for kind in KINDS)),
        *("created_at", "updated_at", "companyname", "tax_id"),
    ]
    assert {name: row[name] for name in texts} == texts
    assert [row[f"{kind}emails"] for kind in KINDS] == [False, True, False, True, True, True]
    assert (row["id"], row["userid"], row["created_at"], row["updated_at"]) == (1, 1, NOW, NOW)


async def test_a_contact_changes_and_goes() -> None:
    """What is not given stays; numbers come back as text."""
    world = await world_with_client()
    await world.ask("AddContact", clientid="1", firstname="Jane", city="London")
    change = {"city": "", "lastname": "Doe", "email_preferences": {"support": "false"}}
    assert await world.ask("UpdateContact", contactid="1", **change) == {
        "result": "success",
        "contactid": "1",
    }
    [row] = await _contacts(world)
    assert (row["firstname"], row["lastname"], row["city"]) == ("Jane", "Doe", "")
    assert (row["supportemails"], row["domainemails"]) == (False, True)
    assert await world.ask("DeleteContact", contactid="1") == {"result": "success", "contactid": "1"}
    assert await _contacts(world) == []
    for action in ("UpdateContact", "DeleteContact"):
        assert await world.message(action, contactid="1") == "Contact ID Not Found"


async def test_contacts_are_found_by_whole_texts() -> None:
    """Letter case does not matter; empty conditions are none, a client that is none has none."""
    world = await _world(2)
    for client, city in (("1", "London"), ("1", "Turin"), ("2", "London")):
        await world.ask("AddContact", clientid=client, city=city)
    assert [row["id"] for row in await _contacts(world, city="LONDON")] == [1, 3]
    assert [row["id"] for row in await _contacts(world, userid="1", city="London")] == [1]
    assert [row["id"] for row in await _contacts(world, userid="", city=" ")] == [1, 2, 3]
    assert await _contacts(world, userid="x") == []


@pytest.mark.parametrize(
    ("action", "change", "message"),
    [
        ("AddContact", {}, "Client ID Not Found"),
        ("AddContact", {"clientid": "9", "email": "x"}, "Client ID Not Found"),
        ("AddContact", {"clientid": "9"}, "Client ID Not Found"),
        ("AddContact", {"clientid": "1", "email": "x"}, "The email address entered is not valid"),
        ("AddContact", {"clientid": "1", "city": "x" * 256}, "The city must not be longer than 255 bytes"),
        (
            "AddContact",
            {"clientid": "1", "email": CLIENT["email"], "password2": "p"},
            "Duplicate Email Address",
        ),
        (
            "AddContact",
            {"clientid": "1", "email": "SUB@example.com", "permissions": "products"},
            "Duplicate Email Address",
        ),
        ("UpdateContact", {}, "Contact ID Not Found"),
        ("UpdateContact", {"contactid": "x", "email": "x"}, "Contact ID Not Found"),
        ("UpdateContact", {"contactid": "9"}, "Contact ID Not Found"),
        (
            "UpdateContact",
            {"contactid": "1", "email": "sub@example.com", "subaccount": "1"},
            "Duplicate Email Address",
        ),
        ("UpdateContact", {"contactid": "2", "email": CLIENT["email"]}, "Duplicate Email Address"),
        ("UpdateContact", {"contactid": "1", "domainemails": ""}, DOMAIN_MAIL),
        ("UpdateContact", {"contactid": "1", "email_preferences": {"domain": "0"}}, DOMAIN_MAIL),
        ("DeleteContact", {}, "Contact ID Not Found"),
        ("DeleteContact", {"contactid": "9"}, "Contact ID Not Found"),
    ],
)
async def test_errors_about_contacts(action: str, change: dict[str, Any], message: str) -> None:
    """Every documented text; contact 1 alone gets mail about domains, contact 2 was to be a sub-account."""
    world = await world_with_client()
    await world.ask("AddContact", clientid="1", firstname="Jane", email="jane@example.com")
    sub = {"email": "sub@example.com", "subaccount": "true", "domainemails": "0"}
    await world.ask("AddContact", clientid="1", **sub)
    await world.ask("UpdateClient", clientid="1", domainemails="0")
    before = await _contacts(world)
    assert await world.message(action, **change) == message
    assert await _contacts(world) == before


async def test_sub_accounts_are_warned_of() -> None:
    """The contact is there, without a password; only such a contact's address must be unique."""
    world = await world_with_client()
    person = {"clientid": "1", "email": "jane@example.com"}
    await world.ask("AddContact", **person)
    await world.ask("AddContact", **person)
    added = await world.ask("AddContact", **person, password2="secret-9")
    assert added == {"result": "success", "contactid": 3, "warning": add_contact.WARNING}
    changed = await world.ask("UpdateContact", contactid="3", permissions="products", password2="secret-9")
    assert changed == {"result": "success", "contactid": "3", "warning": update_contact.WARNING}
    assert "secret-9" not in repr(world.ledger.streams)
