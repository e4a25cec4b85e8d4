"""UpdateClient, CloseClient and DeleteClient over a ledger in memory."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from service.domain import config
from service.whmcs.add_client import CARD_WARNING
from tests.support.memory_system import MemoryConfiguration
from tests.support.system_samples import TAX_RULE_ADDED
from tests.support.whmcs import CLIENT, World, world_with_client
from tests.unit.whmcs.test_clients import CLIENT_KEYS

DOMAIN_MAIL = (
    "You must have at least one email address enabled to receive domain related notifications as required by "
    "ICANN. To disable domain notifications, please create an alternative contact that is set to receive them"
)


async def _client(world: World, number: int = 1) -> dict[str, Any]:
    client: dict[str, Any] = (await world.ask("GetClientsDetails", clientid=str(number)))["client"]
    return client


_GIVEN: dict[str, Any] = {
    "firstname": "John",
    "lastname": "Doe",
    "email": "john.doe@example.com",
    "address1": "1 Way",
    "address2": "Flat 2",
    "city": "Turin",
    "state": "TO",
    "postcode": "10100",
    "country": "it",
    "phonenumber": "+39 011 123",
    "companyname": "Doe",
    "tax_id": "IT1",
    "notes": "Hello",
    "status": "inactive",
    "groupid": "3",
    "language": "italian",
    "paymentmethod": "paypal",
    "currency": "1",
    "marketingoptin": "1",
    "taxexempt": "on",
    "latefeeoveride": "true",
    "overideduenotices": "1",
    "separateinvoices": "1",
    "disableautocc": "1",
    "overrideautoclose": "1",
    "email_preferences": {"affiliate": "0", "product": "false", "general": "1"},
    "credit": "999",
    "clientip": "192.0.2.1",
    "clearcreditcard": "1",
}
"""Every parameter that the reference lists, but for the client and its custom fields."""

_CHANGED: dict[str, Any] = {
    "firstname": "John",
    "lastname": "Doe",
    "fullname": "John Doe",
    "companyname": "Doe",
    "email": "john.doe@example.com",
    "address1": "1 Way",
    "address2": "Flat 2",
    "city": "Turin",
    "state": "TO",
    "postcode": "10100",
    "country": "IT",
    "phonenumber": "+39 011 123",
    "tax_id": "IT1",
    "notes": "Hello",
    "status": "Inactive",
    "groupid": 3,
    "language": "italian",
    "defaultgateway": "paypal",
    "taxexempt": True,
    "latefeeoveride": True,
    "overideduenotices": True,
    "separateinvoices": True,
    "disableautocc": True,
    "overrideautoclose": True,
    "credit": "0.00",
    "marketing_emails_opt_in": True,
    "isOptedInToMarketingEmails": True,
    "customfields": [{"id": 2, "value": "b"}, {"id": 7, "value": "x"}],
    "email_preferences": {
        "general": "1",
        "invoice": "1",
        "support": "1",
        "product": "0",
        "domain": "1",
        "affiliate": "0",
    },
}
"""What GetClientsDetails says after that."""


async def test_what_is_given_changes() -> None:
    """Everything that the reference lists; the number comes back as text."""
    world = await world_with_client()
    before = await _client(world)
    custom = base64.b64encode(b'a:2:{i:7;s:1:"x";i:2;s:1:"b";}').decode()
    answer = await world.ask("UpdateClient", clientid="1", customfields=custom, **_GIVEN)
    assert answer == {"result": "success", "clientid": "1"}
    client = await _client(world)
    assert {name: client[name] for name in _CHANGED} == _CHANGED
    assert set(client) - set(before) == {"customfields1", "customfields2"}
    assert [key for key in client if key != "customfields2"] == CLIENT_KEYS
    assert "192.0.2.1" not in str(world.ledger.streams)


async def test_what_is_not_given_stays() -> None:
    """Nothing given changes nothing; one custom field does not touch the others; flags can go back."""
    world = await world_with_client()
    first = base64.b64encode(b'a:2:{i:7;s:1:"x";i:2;s:1:"b";}').decode()
    second = base64.b64encode(b'a:1:{i:7;s:1:"y";}').decode()
    await world.ask("UpdateClient", clientid="1", customfields=first, taxexempt="1", marketingoptin="1")
    before = await _client(world)
    assert (await world.ask("UpdateClient", clientid="1"))["result"] == "success"
    assert await _client(world) == before
    await world.ask("UpdateClient", clientid="1", customfields=second, taxexempt="", marketingoptin="false")
    after = await _client(world)
    assert after["customfields"] == [{"id": 2, "value": "b"}, {"id": 7, "value": "y"}]
    assert (after["taxexempt"], after["marketing_emails_opt_in"]) == (False, False)
    assert (after["firstname"], after["email"]) == (before["firstname"], before["email"])


async def test_a_client_is_found_by_its_address_too() -> None:
    """In any case; the number wins; an old address finds nobody."""
    world = await world_with_client()
    by_email = await world.ask("UpdateClient", clientemail="TEST-client@example.com", email="new@example.com")
    assert by_email == {"result": "success", "clientid": "1"}
    not_found = "Client ID Not Found"
    assert await world.message("UpdateClient", clientemail=CLIENT["email"]) == not_found
    assert await world.message("UpdateClient", clientid="9", clientemail="new@example.com") == not_found
    assert (await _client(world))["email"] == "new@example.com"


async def test_optional_texts_can_be_emptied_and_others_if_not_validated() -> None:
    """`skipvalidation` allows required texts to be empty, but never the e-mail address."""
    world = await world_with_client()
    await world.ask("UpdateClient", clientid="1", companyname="Co", notes="n")
    await world.ask("UpdateClient", clientid="1", companyname="", notes="", skipvalidation="1", city="")
    client = await _client(world)
    assert (client["companyname"], client["notes"], client["city"]) == ("", "", "")
    message = await world.message("UpdateClient", clientid="1", skipvalidation="1", email="")
    assert message == "The email address entered is not valid"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clientid": ""}, "Client ID Not Found"),
        ({"clientid": "x", "country": "XX"}, "Client ID Not Found"),
        ({"clientid": "9", "country": "XX"}, "Client ID Not Found"),
        ({"clientid": "9"}, "Client ID Not Found"),
        ({"firstname": "", "lastname": ""}, "You did not enter your first name"),
        ({"lastname": " "}, "You did not enter your last name"),
        ({"email": "x@y", "address1": ""}, "The email address entered is not valid"),
        ({"address1": ""}, "You did not enter your  address line 1"),
        ({"city": ""}, "You did not enter your city"),
        ({"state": ""}, "You did not enter your state"),
        ({"postcode": ""}, "You did not enter your postcode"),
        ({"country": ""}, "Valid country required"),
        ({"country": "XX"}, "Valid country required"),
        ({"phonenumber": ""}, "You did not enter your phone number"),
        ({"phonenumber": "call me"}, "Invalid telephone phone number"),
        ({"customfields": "!"}, "Custom Fields must be a base64 encoded serialized array: not base64"),
        ({"currency": "9"}, "Currency ID Not Found"),
        ({"currency": "2"}, "Currency ID does not match Client currency"),
        ({"status": "Frozen"}, "Invalid status Frozen"),
        ({"companyname": "x" * 256}, "The companyname must not be longer than 255 bytes"),
        ({"email": "OTHER@example.com"}, "Duplicate Email Address"),
        ({"email_preferences": {"domain": "0"}}, DOMAIN_MAIL),
        ({"domainemails": "0"}, DOMAIN_MAIL),
    ],
)
async def test_errors(change: dict[str, Any], message: str) -> None:
    """Every text that can be reached, and nothing is recorded."""
    world = await world_with_client()
    await world.ask("AddClient", **{**CLIENT, "email": "other@example.com"})
    before = await _client(world)
    position = world.ledger.position
    assert await world.message("UpdateClient", **{"clientid": "1", "city": "Turin", **change}) == message
    assert await _client(world) == before
    assert message == "Duplicate Email Address" or world.ledger.position == position


async def test_a_balance_is_not_set() -> None:
    """`credit`, which old clients send, changes nothing, and the log says so without the amount."""
    world = await world_with_client()
    await world.ask("AddCredit", clientid="1", amount="5")
    with capture_logs() as logged:
        await world.ask("UpdateClient", clientid="1", city="Turin")
        assert logged == []
        await world.ask("UpdateClient", clientid="1", credit="999")
    assert (await _client(world))["credit"] == "5.00"
    (entry,) = logged
    assert (entry["event"], entry["client_id"], entry["log_level"]) == ("credit ignored", 1, "warning")
    assert "999" not in repr(logged)


async def test_card_data_is_not_kept() -> None:
    """It gives AddClient's warning; neither it nor a password is in any event."""
    world = await world_with_client()
    secrets = {"cardnum": "4111-9", "bankacct": "acct-9", "password2": "pass-9", "securityqans": "answer-9"}
    answer = await world.ask("UpdateClient", clientid="1", **secrets)
    assert answer == {"result": "success", "clientid": "1", "warning": CARD_WARNING}
    assert "-9" not in repr(world.ledger.streams)


async def test_an_exempt_client_pays_no_tax_of_the_rules() -> None:
    """Only what the request itself says."""
    world = await world_with_client()
    invoice = {"userid": "1", "itemdescription1": "x", "itemamount1": "100", "itemtaxed1": "1"}
    configuration = world.services.system.configuration
    assert isinstance(configuration, MemoryConfiguration)
    configuration.state = config.evolve(configuration.state, replace(TAX_RULE_ADDED, country="GB"))
    taxed = await world.ask("CreateInvoice", **invoice)
    await world.ask("UpdateClient", clientid="1", taxexempt="1")
    exempt = await world.ask("CreateInvoice", **invoice)
    said = await world.ask("CreateInvoice", **invoice, taxrate="10")
    numbers = [str(answer["invoiceid"]) for answer in (taxed, exempt, said)]
    totals = [(await world.ask("GetInvoice", invoiceid=number))["total"] for number in numbers]
    assert totals == ["119.00", "100.00", "110.00"]


async def test_a_client_is_closed() -> None:
    """Closed, its Unpaid invoices Cancelled, others as they were; closing it again is no mistake."""
    world = await world_with_client()
    for status in ("Unpaid", "Draft"):
        await world.ask("CreateInvoice", userid="1", itemdescription1="x", itemamount1="1", status=status)
    for _ in range(2):
        assert await world.ask("CloseClient", clientid="1") == {"result": "success", "clientid": "1"}
    assert (await _client(world))["status"] == "Closed"
    invoices = [(await world.ask("GetInvoice", invoiceid=str(number)))["status"] for number in (1, 2)]
    assert invoices == ["Cancelled", "Draft"]
    await world.ask("UpdateClient", clientid="1", status="Active")
    assert (await _client(world))["status"] == "Active"


@pytest.mark.parametrize("action", ["CloseClient", "DeleteClient"])
@pytest.mark.parametrize("number", ["", "0", "x", "9"])
async def test_nobody_is_closed_or_deleted(action: str, number: str) -> None:
    """The documented text."""
    world = await world_with_client()
    assert await world.message(action, clientid=number) == "Client ID Not Found"


async def test_a_client_is_deleted() -> None:
    """For all actions it is as if it had never been, and its address is free; its number is not."""
    world = await world_with_client()
    await world.ask("AddCredit", clientid="1", amount="5.00", description="x")
    deleted = await world.ask("DeleteClient", clientid="1", deleteusers="1", deletetransactions="false")
    assert deleted == {"result": "success", "clientid": "1"}
    assert await world.message("GetClientsDetails", clientid="1") == "Client Not Found"
    assert await world.message("GetClientsDetails", email=CLIENT["email"]) == "Client Not Found"
    for action in ("GetCredits", "AddCredit", "UpdateClient", "CloseClient", "DeleteClient", "AddContact"):
        assert await world.message(action, clientid="1", amount="1") == "Client ID Not Found"
    assert await world.message("CreateInvoice", userid="1") == "Client ID Not Found"
    assert (await world.ask("GetClients"))["totalresults"] == 0
    assert (await world.ask("AddClient", **CLIENT))["clientid"] == 2
