"""A client's whole life over HTTP: changed, found, with contacts, closed, deleted; and every text on the way.

Each test has clients of its own on the session's server.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.client import CLIENT, unused, unused_email
from tests.acceptance.process import creditledger
from tests.support.answer_formats import read_xml

if TYPE_CHECKING:
    from tests.acceptance.client import Api
    from tests.acceptance.conftest import Log

NOBODY = "999999999"
NO_CLIENT = "Client ID Not Found"
NO_CONTACT = "Contact ID Not Found"
DUPLICATE = "Duplicate Email Address"
ICANN = (
    "You must have at least one email address enabled to receive domain related notifications as required by "
    "ICANN. To disable domain notifications, please "
)
CREATE_CONTACT = f"{ICANN}create an alternative contact that is set to receive them"
ENABLE_CONTACT = f"{ICANN}enable domain notifications for the primary account holder or another contact"


def _listed(api: Api, **conditions: str) -> list[str]:
    rows: list[dict[str, Any]] = api.ok("GetClients", **conditions)["clients"]["client"]
    return [str(row["id"]) for row in rows]


def _contacts(api: Api, client: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.ok("GetContacts", userid=client)["contacts"]["contact"]
    return rows


def test_a_client_changes(api: Api) -> None:
    """What is given changes and is seen at once, by every way to the client."""
    client, name, email = api.client(), unused("Łukasiewicz"), unused_email()
    change = {
        "lastname": name,
        "email": email,
        "email_preferences[support]": "0",
        "notes": "ü",
        "taxexempt": "1",
    }
    answer = api.send("UpdateClient", {"clientid": client, **change})
    assert answer.raw == b'{"result":"success","clientid":"%s"}' % client.encode()
    details = api.ok("GetClientsDetails", email=email.upper())
    assert (details["client_id"], details["lastname"], details["notes"]) == (int(client), name, "ü")
    assert (details["email_preferences"]["support"], details["taxexempt"]) == ("0", True)
    assert details["firstname"] == CLIENT["firstname"]
    assert _listed(api, search=name.casefold()[:-1]) == [client]
    assert _listed(api, search=f"{CLIENT['firstname']} {name}") == [client]
    assert api.ok("UpdateClient", clientemail=email, lastname="Doe")["clientid"] == client
    assert _listed(api, search=name) == []


def test_an_address_moves_from_client_to_client(api: Api, log: Log) -> None:
    """It is free the moment its client has another one; one that is taken stays where it is."""
    first, second, email = api.client(), api.client(), unused_email()
    api.ok("UpdateClient", clientid=first, email=email)
    with log.unchanged():
        assert api.send("UpdateClient", {"clientid": second, "email": email.upper()}).message == DUPLICATE
    assert api.ok("GetClientsDetails", email=email)["client_id"] == int(first)
    api.ok("UpdateClient", clientid=first, email=unused_email())
    api.ok("UpdateClient", clientid=second, email=email)
    assert api.ok("GetClientsDetails", email=email)["client_id"] == int(second)


def test_clients_are_listed(api: Api) -> None:
    """In either direction, by status, and page by page, with the three counts as numbers."""
    company = unused("Company")
    clients = [api.client() for _ in range(3)]
    for client in clients:
        api.ok("UpdateClient", clientid=client, companyname=company)
    api.ok("CloseClient", clientid=clients[1])
    assert _listed(api, search=company, orderby="id") == clients
    assert _listed(api, search=company, orderby="datecreated", sorting="DESC") == clients[::-1]
    assert _listed(api, search=company, status="Closed") == [clients[1]]
    page = api.ok("GetClients", search=company, orderby="id", limitstart=1, limitnum=1)
    assert [page[name] for name in ("totalresults", "startnumber", "numreturned")] == [3, 1, 1]
    assert [str(row["id"]) for row in page["clients"]["client"]] == [clients[1]]
    xml = api.send("GetClients", {"search": company, "limitnum": "1", "responsetype": "xml"})
    assert ("totalresults", "3") in read_xml(xml.raw)


def test_a_contact_lives(api: Api) -> None:
    """Added, changed, found, removed; numbers of contacts that are there no more are not found."""
    client = api.client()
    contact = str(api.ok("AddContact", clientid=client, firstname="Jane", city="Bath")["contactid"])
    [row] = _contacts(api, client)
    assert (str(row["id"]), row["city"], row["domainemails"]) == (contact, "Bath", True)
    assert api.ok("UpdateContact", contactid=contact, city="York")["contactid"] == contact
    [row] = _contacts(api, client)
    assert (row["firstname"], row["city"]) == ("Jane", "York")
    assert [row["id"] for row in _contacts(api, client)] == [int(contact)]
    assert api.ok("GetContacts", userid=client, city="bath")["totalresults"] == 0
    assert api.ok("DeleteContact", contactid=contact)["contactid"] == contact
    assert _contacts(api, client) == []
    assert api.send("UpdateContact", {"contactid": contact}).message == NO_CONTACT


def test_what_old_clients_are_warned_of(api: Api) -> None:
    """Sub-accounts and card data are still sent; the answers say in WHMCS's words that they are not kept."""
    client = api.client()
    contact = api.ok("AddContact", clientid=client, email=unused_email(), subaccount="1")
    assert list(contact) == ["result", "contactid", "warning"]
    assert contact["warning"] == (
        "Sub Accounts are no longer supported. Please use AddUser and CreateClientInvite"
    )
    changed = api.ok("UpdateContact", contactid=contact["contactid"], permissions="profile,contacts")
    assert changed["warning"] == "Sub Accounts are no longer supported. Please use UpdateUser"
    added = api.ok("AddClient", **CLIENT, email=unused_email(), cardnum="4111111111111111")
    assert added["warning"] == (
        "Credit card related parameters are now deprecated and may be removed in a future version. "
        "Use AddPayMethod instead."
    )


def test_a_client_is_closed(api: Api) -> None:
    """Unpaid invoices are Cancelled, and it can be opened again."""
    client = api.client()
    unpaid, draft = api.invoice(client, "5.00"), api.invoice(client, "5.00", status="Draft")
    closed = api.send("CloseClient", {"clientid": client})
    assert closed.raw == b'{"result":"success","clientid":"%s"}' % client.encode()
    statuses = [api.ok("GetInvoice", invoiceid=number)["status"] for number in (unpaid, draft)]
    assert statuses == ["Cancelled", "Draft"]
    assert api.ok("GetClientsDetails", clientid=client)["status"] == "Closed"
    api.ok("UpdateClient", clientid=client, status="Active")
    assert api.ok("GetClientsDetails", clientid=client)["status"] == "Active"


@pytest.mark.parametrize("keeps", [True, False])
def test_a_deleted_client_is_gone(api: Api, log: Log, *, keeps: bool) -> None:
    """Every action answers as if it had never been; only its transactions may still be read."""
    client, email = api.client("100.00"), unused_email()
    api.ok("UpdateClient", clientid=client, email=email)
    invoice = api.invoice(client, "5.00")
    transaction = str(api.ok("AddInvoicePayment", invoiceid=invoice, transid=unused("T"))["transactionid"])
    contact = str(api.ok("AddContact", clientid=client, firstname="Jane")["contactid"])
    flags = {"deleteusers": "true", "deletetransactions": "false" if keeps else "true"}
    deleted = api.send("DeleteClient", {"clientid": client, **flags})
    assert deleted.raw == b'{"result":"success","clientid":"%s"}' % client.encode()
    texts: list[tuple[str, dict[str, str], str]] = [
        ("GetClientsDetails", {"clientid": client}, "Client Not Found"),
        ("GetClientsDetails", {"email": email}, "Client Not Found"),
        ("GetCredits", {"clientid": client}, NO_CLIENT),
        ("GetCredits", {"clientid": client, "datefrom": "2000-01-01"}, NO_CLIENT),
        ("AddCredit", {"clientid": client, "amount": "1", "description": "x"}, NO_CLIENT),
        ("CreateInvoice", {"userid": client}, NO_CLIENT),
        ("UpdateClient", {"clientid": client}, NO_CLIENT),
        ("UpdateClient", {"clientemail": email}, NO_CLIENT),
        ("CloseClient", {"clientid": client}, NO_CLIENT),
        ("DeleteClient", {"clientid": client}, NO_CLIENT),
        ("AddContact", {"clientid": client}, NO_CLIENT),
        ("UpdateContact", {"contactid": contact}, NO_CONTACT),
        ("DeleteContact", {"contactid": contact}, NO_CONTACT),
        ("GetInvoice", {"invoiceid": invoice}, "Invoice ID Not Found"),
        ("ApplyCredit", {"invoiceid": invoice}, "Invoice ID Not Found"),
        ("AddInvoicePayment", {"invoiceid": invoice, "transid": "T", "gateway": "g"}, "Invoice ID Not Found"),
        ("UpdateInvoice", {"invoiceid": invoice, "notes": "x"}, "Invoice ID Not Found"),
        ("UpdateTransaction", {"transactionid": transaction, "fees": "1"}, "Transaction ID Not Found"),
        ("AddClient", {**CLIENT, "email": unused_email(), "owner_user_id": client}, "Invalid Owner User ID"),
    ]
    with log.unchanged():
        for action, parameters, message in texts:
            assert api.send(action, parameters).message == message, action
    assert client not in _listed(api, limitnum="10000")
    assert _contacts(api, client) == []
    assert api.ok("GetInvoices", userid=client)["totalresults"] == 0
    assert len(api.transactions(clientid=client)) == keeps
    again = api.ok("AddClient", **CLIENT, email=email)["clientid"]
    assert int(again) > int(client)


def test_nothing_personal_is_left_of_a_deleted_client(api: Api, log: Log, dsn: str) -> None:
    """In no row of the database, sealed data aside; and the ledger can be verified and rebuilt."""
    client, secret = api.client(), unused("Secret")
    api.ok("UpdateClient", clientid=client, lastname=secret, email=f"{secret}@example.com", notes=secret)
    contact = api.ok(
        "AddContact", clientid=client, firstname=secret, password2="x", email=f"c{secret}@example.com"
    )
    api.ok("UpdateContact", contactid=contact["contactid"], city=secret)
    assert _listed(api, search=secret) == [client]  # the read models have seen it
    assert log.holds(secret)
    api.ok("DeleteClient", clientid=client)
    assert _listed(api, search=secret) == []
    assert _contacts(api, client) == []
    assert not log.holds(secret)
    for command in (["verify"], ["rebuild", "clients"], ["rebuild", "contacts"], ["verify"]):
        done = creditledger(*command, CREDITLEDGER_DSN=dsn)
        assert done.returncode == 0, done


def test_the_same_deletion_again_is_answered_the_same(api: Api) -> None:
    """Under an idempotency key, like every command; without one, the client is not there."""
    client, key = api.client(), {"Idempotency-Key": unused("key")}
    answers = [api.send("DeleteClient", {"clientid": client}, key) for _ in range(2)]
    assert answers[0].raw == answers[1].raw
    assert [answer.headers["Idempotency-Hit"] for answer in answers] == [None, "true"]
    assert api.send("DeleteClient", {"clientid": client}).message == NO_CLIENT


CASES: list[tuple[str, dict[str, str], str]] = [
    ("UpdateClient", {}, NO_CLIENT),
    ("UpdateClient", {"clientid": NOBODY, "country": "XX"}, NO_CLIENT),
    ("UpdateClient", {"clientid": NOBODY}, NO_CLIENT),
    ("UpdateClient", {"clientemail": "nobody@example.com"}, NO_CLIENT),
    ("UpdateClient", {"clientid": "{client}", "email_preferences[domain]": "0"}, CREATE_CONTACT),
    ("UpdateClient", {"clientid": "{client}", "email": "{taken}"}, DUPLICATE),
    ("UpdateClient", {"clientid": "{client}", "email": "x"}, "The email address entered is not valid"),
    ("UpdateClient", {"clientid": "{client}", "firstname": ""}, "You did not enter your first name"),
    ("UpdateClient", {"clientid": "{client}", "phonenumber": "x"}, "Invalid telephone phone number"),
    ("UpdateClient", {"clientid": "{client}", "currency": NOBODY}, "Currency ID Not Found"),
    ("UpdateClient", {"clientid": "{client}", "status": "Gone"}, "Invalid status Gone"),
    ("CloseClient", {}, NO_CLIENT),
    ("CloseClient", {"clientid": NOBODY}, NO_CLIENT),
    ("DeleteClient", {}, NO_CLIENT),
    ("DeleteClient", {"clientid": NOBODY}, NO_CLIENT),
    ("AddContact", {}, NO_CLIENT),
    ("AddContact", {"clientid": NOBODY, "email": "x"}, NO_CLIENT),
    ("AddContact", {"clientid": "{client}", "email": "{taken}", "password2": "p"}, DUPLICATE),
    ("UpdateContact", {}, NO_CONTACT),
    ("UpdateContact", {"contactid": NOBODY}, NO_CONTACT),
    ("UpdateContact", {"contactid": "{contact}", "email": "{taken}", "subaccount": "1"}, DUPLICATE),
    ("UpdateContact", {"contactid": "{contact}", "domainemails": "0"}, ENABLE_CONTACT),
    ("DeleteContact", {}, NO_CONTACT),
    ("DeleteContact", {"contactid": NOBODY}, NO_CONTACT),
]


@pytest.fixture(scope="module")
def names(api: Api) -> dict[str, str]:
    """What the cases speak of: a client, an address in use, and the only contact that gets domain mail."""
    taken = unused_email()
    api.ok("AddClient", **CLIENT, email=taken)
    silent = api.client()
    contact = str(api.ok("AddContact", clientid=silent)["contactid"])
    api.ok("UpdateClient", clientid=silent, domainemails="0")
    return {"client": api.client(), "taken": taken, "contact": contact}


@pytest.mark.parametrize(("action", "parameters", "message"), CASES)
def test_documented_error(
    api: Api, log: Log, names: dict[str, str], action: str, parameters: dict[str, str], message: str
) -> None:
    """The exact text with status 200, and nothing is recorded."""
    filled = {name: value.format_map(names) for name, value in parameters.items()}
    with log.unchanged():
        answer = api.send(action, filled)
    assert (answer.message, answer.status) == (message, 200)


@pytest.mark.parametrize(
    "action", ["UpdateClient", "UpdateContact", "AddContact", "GetClients", "GetContacts"]
)
@pytest.mark.parametrize(
    "odd", ["\u2028", "\\u0000", "'; drop schema es cascade; --", "é" * 200, "{}", "%", "\x01", '{"a":1}']
)
def test_odd_texts_are_texts(api: Api, names: dict[str, str], action: str, odd: str) -> None:
    """Whatever a person is called, an answer in the protocol's shape, and it is read back as it was."""
    fields = {"firstname": odd, "city": odd, "search": odd, "email_preferences[general]": odd, "userid": odd}
    place = {"UpdateClient": "client", "UpdateContact": "contact"}.get(action, "client")
    number = names[place]
    ids = {"clientid": number} if place == "client" else {"contactid": number}
    answer = api.send(action, {**fields, **ids})
    assert answer.status == 200
    if answer.body["result"] == "success" and action == "UpdateClient":
        assert api.ok("GetClientsDetails", clientid=number)["firstname"] == odd.strip()
    assert json.loads(answer.raw)["result"] in {"success", "error"}


def test_the_numbers_of_deleted_transactions_stay_taken(api: Api, log: Log) -> None:
    """The money came in once: told again, for its invoice or for somebody else, it is not recorded again."""
    client, other = api.client(), api.client()
    paid, told = unused("T"), unused("T")
    payment = {"invoiceid": api.invoice(client, "5.00"), "gateway": "paypal", "transid": paid}
    transaction = {"paymentmethod": "paypal", "amountin": "5.00"}
    api.ok("AddInvoicePayment", **payment)
    api.ok("AddTransaction", **transaction, userid=client, transid=told)
    api.ok("DeleteClient", clientid=client, deletetransactions="true")
    assert api.transactions(clientid=client) == []
    with log.unchanged():
        assert api.send("AddInvoicePayment", payment).message == "Invoice ID Not Found"
        for number in (paid, told):
            again = api.send("AddTransaction", {**transaction, "userid": other, "transid": number})
            assert again.message == "Transaction ID must be Unique"
    api.ok("AddTransaction", **transaction, userid=other, transid=paid, allowduplicatetransid="true")
