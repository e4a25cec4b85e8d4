from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from service.domain.events import AccountOpened, CurrencyAdded
from service.http.countries import COUNTRY_NAMES, phone
from service.whmcs.client_stats import printed
from tests.support.memory_ledger import USD
from tests.support.whmcs import CLIENT, World, world_with_client

WARNING = (
    "Credit card related parameters are now deprecated and may be removed in a future version. "
    "Use AddPayMethod instead."
)


def _opened(world: World, client: int = 1) -> AccountOpened:
    event = world.ledger.streams[client][0]
    assert isinstance(event, AccountOpened)
    return event


async def test_a_client_is_opened() -> None:
    """The documented keys as integers, and the owner's number that live servers add."""
    answer = await World().ask("AddClient", **CLIENT)
    assert list(answer) == ["result", "clientid", "owner_id"]
    assert answer == {"result": "success", "clientid": 1, "owner_id": 1}


async def test_everything_about_a_client_reaches_the_ledger() -> None:
    """All texts under the ledger's names, flags by what was meant, the country as a code."""
    world = World()
    await world.ask(
        "AddClient",
        **{**CLIENT, "country": "gb"},
        companyname="Example Ltd",
        address2="Flat 2",
        tax_id="GB1",
        currency="2",
        groupid="3",
        language="english",
        notes="Hello",
        marketingoptin="on",
        noemail="True",
        customfields=base64.b64encode(b'a:2:{i:7;s:2:"\xc3\xa9";i:2;s:1:"b";}').decode(),
    )
    opened = _opened(world)
    assert opened.profile == {
        "first_name": "Test",
        "last_name": "Client",
        "company_name": "Example Ltd",
        "email": "test-client@example.com",
        "address1": "123 Test Street",
        "address2": "Flat 2",
        "city": "Test",
        "state": "Tester",
        "postcode": "TE5 5ST",
        "country": "GB",
        "phone": "01234567890",
        "tax_id": "GB1",
        "notes": "Hello",
        "custom_fields": '{"7":"é","2":"b"}',
    }
    assert (opened.currency, opened.currency_id, opened.group_id) == ("EUR", 2, 3)
    assert (opened.language, opened.marketing_opt_in, opened.notify) == ("english", True, False)


async def test_the_password_is_not_kept() -> None:
    """Neither password nor security answer nor card data get into an event; card data gives a warning."""
    world = World()
    secrets = {"securityqans": "answer-9", "cardnum": "4111-9", "cvv": "cvv-9"}
    answer = await world.ask("AddClient", **{**CLIENT, "password2": "password-9", **secrets})
    assert answer == {"result": "success", "clientid": 1, "owner_id": 1, "warning": WARNING}
    assert "-9" not in repr(_opened(world))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"owner_user_id": "77", "firstname": ""}, "Invalid Owner User ID"),
        ({"owner_user_id": "77"}, "Invalid Owner User ID"),
        ({"owner_user_id": "x", "skipvalidation": "1"}, "Invalid Owner User ID"),
        ({"firstname": "", "lastname": ""}, "You did not enter your first name"),
        ({"firstname": "  "}, "You did not enter your first name"),
        ({"lastname": "", "email": ""}, "You did not enter your last name"),
        ({"email": "", "address1": ""}, "You did not enter your email address"),
        ({"email": "x@y", "address1": ""}, "The email address you entered was not valid"),
        ({"email": "a b@example.com"}, "The email address you entered was not valid"),
        ({"email": ".a@example.com"}, "The email address you entered was not valid"),
        ({"email": "a@-example.com"}, "The email address you entered was not valid"),
        ({"email": "a" * 250 + "@example.com"}, "The email address you entered was not valid"),
        ({"address1": "", "city": ""}, "You did not enter your  address line 1"),
        ({"city": "", "state": ""}, "You did not enter your city"),
        ({"state": "", "postcode": ""}, "You did not enter your state"),
        ({"postcode": "", "country": ""}, "You did not enter your postcode"),
        ({"country": "", "phonenumber": ""}, "Valid country required"),
        ({"country": "UK"}, "Valid country required"),
        ({"country": "EU"}, "Valid country required"),
        ({"phonenumber": ""}, "You did not enter your phone number"),
        ({"phonenumber": "call me"}, "Invalid telephone phone number"),
        ({"phonenumber": "+-."}, "Invalid telephone phone number"),
        ({"phonenumber": "1" * 41}, "Invalid telephone phone number"),
        (
            {"customfields": "!"},
            "Custom Fields must be a base64 encoded serialized array: not base64",
        ),
        ({"currency": "9"}, "Currency ID Not Found"),
        ({"currency": "x"}, "Currency ID Not Found"),
        ({"city": "x" * 256}, "The city must not be longer than 255 bytes"),
        ({}, "A user already exists with that email address"),
    ],
)
async def test_errors_come_in_the_documented_order(change: dict[str, str], message: str) -> None:
    """Every documented text, of several mistakes the first; the address in use is the last to be noticed."""
    world = await world_with_client()
    assert await world.message("AddClient", **{**CLIENT, **change}) == message
    assert list(world.ledger.streams) == [1]


async def test_a_missing_field_is_an_empty_one() -> None:
    """Without any parameter the first required one is asked for."""
    assert await World().message("AddClient") == "You did not enter your first name"


async def test_validation_can_be_skipped() -> None:
    """`skipvalidation` asks for the e-mail address only; what is there still has to make sense."""
    world = World()
    assert await world.message("AddClient", skipvalidation="1") == "You did not enter your email address"
    bad = await world.message("AddClient", skipvalidation="1", email="a@example.com", country="XX")
    assert bad == "Valid country required"
    answer = await world.ask("AddClient", skipvalidation="true", email="a@example.com")
    assert answer["result"] == "success"
    assert (_opened(world).profile or {})["country"] == ""


async def test_a_client_can_belong_to_another() -> None:
    """With an owner no password is needed, and the owner shows as the client's user."""
    world = await world_with_client()
    second = {**CLIENT, "email": "b@example.com", "firstname": "Second", "owner_user_id": "1"}
    del second["password2"]
    assert await world.ask("AddClient", **second) == {"result": "success", "clientid": 2, "owner_id": 1}
    client = (await world.ask("GetClientsDetails", clientid="2"))["client"]
    assert (client["owner_user_id"], client["fullname"]) == (1, "Second Client")
    assert client["users"]["user"] == [
        {"id": 1, "name": "Test Client", "email": "test-client@example.com", "is_owner": True}
    ]


_CLIENT_KEYS = """
client_id owner_user_id userid id uuid firstname lastname fullname companyname email address1 address2 city
fullstate state postcode countrycode country phonenumber tax_id email_preferences statecode countryname
phonecc phonenumberformatted telephoneNumber billingcid notes currency defaultgateway groupid status credit
taxexempt latefeeoveride overideduenotices separateinvoices disableautocc emailoptout marketing_emails_opt_in
overrideautoclose allowSingleSignOn email_verified language isOptedInToMarketingEmails lastlogin
currency_code customfields customfields1 users
"""

_STATS_KEYS = """
numdueinvoices dueinvoicesbalance incredit creditbalance grossRevenue expenses income numoverdueinvoices
overdueinvoicesbalance numDraftInvoices draftInvoicesBalance numunpaidinvoices unpaidinvoicesamount
numpaidinvoices paidinvoicesamount numcancelledinvoices cancelledinvoicesamount numrefundedinvoices
refundedinvoicesamount numcollectionsinvoices collectionsinvoicesamount numpaymentpendinginvoices
paymentpendinginvoicesamount productsnumactivehosting productsnumhosting productsnumactivereseller
productsnumreseller productsnumactiveservers productsnumservers productsnumactiveother productsnumother
productsnumactive productsnumtotal numactivedomains numdomains numacceptedquotes numquotes numtickets
numactivetickets numaffiliatesignups isAffiliate
"""

CLIENT_KEYS = _CLIENT_KEYS.split()
STATS_KEYS = _STATS_KEYS.split()


async def test_a_client_is_read_as_documented() -> None:
    """Every documented key in its order, with the documented sample's values and types."""
    world = World()
    custom = base64.b64encode(b'a:1:{i:1;s:18:"Custom Field Value";}').decode()
    await world.ask("AddClient", **CLIENT, customfields=custom, marketingoptin="1")
    answer = await world.ask("GetClientsDetails", clientid="1")
    client: dict[str, Any] = answer["client"]
    assert list(client) == CLIENT_KEYS
    assert list(answer) == ["result", "client", *CLIENT_KEYS]
    assert {key: answer[key] for key in CLIENT_KEYS} == client
    documented = {
        "client_id": 1,
        "owner_user_id": 1,
        "userid": 1,
        "id": 1,
        "fullname": "Test Client",
        "fullstate": "Tester",
        "countrycode": "GB",
        "phonenumber": "01234567890",
        "email_preferences": {
            "general": "1",
            "invoice": "1",
            "support": "1",
            "product": "1",
            "domain": "1",
            "affiliate": "1",
        },
        "countryname": "United Kingdom",
        "phonecc": "44",
        "phonenumberformatted": "+44.1234567890",
        "telephoneNumber": "+44.1234567890",
        "billingcid": 0,
        "currency": 1,
        "status": "Active",
        "credit": "0.00",
        "marketing_emails_opt_in": True,
        "allowSingleSignOn": 1,
        "isOptedInToMarketingEmails": True,
        "currency_code": "USD",
        "customfields": [{"id": 1, "value": "Custom Field Value"}],
        "customfields1": "Custom Field Value",
        "users": {
            "user": [{"id": 1, "name": "Test Client", "email": "test-client@example.com", "is_owner": True}]
        },
    }
    assert documented.items() <= {key: client[key] for key in client}.items()
    assert "password" not in answer


async def test_a_client_is_found_by_number_or_address() -> None:
    """The number wins over the address; each miss has its documented text."""
    world = await world_with_client()
    await world.ask("AddClient", **{**CLIENT, "email": "second@example.com"})
    found = await world.ask("GetClientsDetails", email="second@example.com")
    assert found["client_id"] == 2
    found = await world.ask("GetClientsDetails", clientid="1", email="second@example.com")
    assert found["client_id"] == 1
    assert found["uuid"] != (await world.ask("GetClientsDetails", clientid="2"))["uuid"]
    missing = "Either clientid Or email Is Required"
    assert await world.message("GetClientsDetails", clientid="", email="") == missing
    for parameters in ({"clientid": "9"}, {"clientid": "x"}, {"email": "nobody@example.com"}):
        assert await world.message("GetClientsDetails", **parameters) == "Client Not Found"


async def test_the_figures_of_a_client() -> None:
    """Invoices by status with their sums as the currency prints them; what is not held here is 0.

    The mass payment is unpaid, but not due a second time.
    """
    world = await world_with_client()
    await world.ask("AddCredit", clientid="1", amount="5")
    for parameters in (
        {"duedate": "2020-01-01"},
        {},
        {"status": "Paid"},
        {"status": "Draft"},
        {"status": "Payment Pending"},
        {"itemtype1": "Invoice", "itemrelid1": "2"},
    ):
        await world.ask("CreateInvoice", userid="1", itemdescription1="x", itemamount1="1000", **parameters)
    await world.ask("AddInvoicePayment", invoiceid="1", amount="250")
    answer = await world.ask("GetClientsDetails", clientid="1", stats="true")
    assert list(answer)[:3] == ["result", "client", "stats"]
    stats = answer["stats"]
    assert list(stats) == STATS_KEYS
    shown = {key: value for key, value in stats.items() if value not in (0, False, "$0.00 USD")}
    assert shown == {
        "numdueinvoices": 2,
        "dueinvoicesbalance": "$1750.00 USD",
        "incredit": True,
        "creditbalance": "$5.00 USD",
        "numoverdueinvoices": 1,
        "overdueinvoicesbalance": "$750.00 USD",
        "numDraftInvoices": 1,
        "draftInvoicesBalance": "$1000.00 USD",
        "numunpaidinvoices": 3,
        "unpaidinvoicesamount": "$3000.00 USD",
        "numpaidinvoices": 1,
        "paidinvoicesamount": "$1000.00 USD",
        "numpaymentpendinginvoices": 1,
        "paymentpendinginvoicesamount": "$1000.00 USD",
    }


async def test_an_erased_client_can_still_be_read() -> None:
    """Without personal data every text is empty, and the credit is what it was."""
    world = await world_with_client()
    await world.ask("AddCredit", clientid="1", amount="5")
    world.ledger.streams[1][0] = replace(_opened(world), profile=None)
    client = (await world.ask("GetClientsDetails", clientid="1"))["client"]
    assert (client["fullname"], client["email"], client["countryname"]) == ("", "", "")
    assert (client["phonecc"], client["customfields"], client["credit"]) == ("", [], "5.00")


@pytest.mark.parametrize(
    ("currency_format", "text"),
    [(1, "$-1234567.89 USD"), (2, "$-1,234,567.89 USD"), (3, "$-1.234.567,89 USD"), (4, "$-1,234,568 USD")],
)
def test_amounts_are_printed_as_the_currency_says(currency_format: int, text: str) -> None:
    """The four formats of a WHMCS currency."""
    currency: CurrencyAdded = replace(USD, format=currency_format)
    assert printed(-123456789, currency) == text


def test_telephone_numbers() -> None:
    """National and international writing, and nothing invented for what is no number."""
    assert phone("01234567890", "GB") == ("44", "+44.1234567890")
    assert phone("+44.1234567890", "DE") == ("44", "+44.1234567890")
    assert phone("06 1234 5678", "IT") == ("39", "+39.0612345678")
    assert phone("", "GB") == ("44", "")
    assert phone("123", "") == ("", "")


def test_countries_are_those_of_iso_3166() -> None:
    """No unions, no test regions, no islands that only the post knows."""
    assert COUNTRY_NAMES["GB"] == "United Kingdom"
    assert not {"EU", "UN", "ZZ", "XA", "IC"} & set(COUNTRY_NAMES)
    assert all(len(code) == 2 and code.isupper() for code in COUNTRY_NAMES)
