"""A command repeated under its idempotency key is answered as the first time, whatever has changed since.

Here everything that a check before the command could look at is changed or gone. What a key is, and what
happens to requests at the same time, is in `test_idempotency`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import CLIENT, Api, unused, unused_email

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.client import Answer
    from tests.acceptance.conftest import Log

Parameters = dict[str, str]
REUSED = "The idempotency key was used before with another request"


def _paid(api: Api, client: str) -> str:
    payment = {"invoiceid": api.invoice(client, "9.00"), "gateway": "paypal", "amount": "9.00"}
    return str(api.ok("AddInvoicePayment", **payment)["transactionid"])


def _contact(api: Api, client: str) -> str:
    return str(api.ok("AddContact", clientid=client, firstname="Grace")["contactid"])


COMMANDS: dict[str, Callable[[Api, str], Parameters]] = {
    "AddClient": lambda _, client: {**CLIENT, "email": unused_email(), "owner_user_id": client},
    "UpdateClient": lambda _, client: {"clientid": client, "lastname": "Byron", "currency": "1"},
    "CloseClient": lambda _, client: {"clientid": client},
    "DeleteClient": lambda _, client: {"clientid": client},
    "AddContact": lambda _, client: {"clientid": client, "firstname": "Grace"},
    "UpdateContact": lambda api, client: {"contactid": _contact(api, client), "firstname": "Ada"},
    "DeleteContact": lambda api, client: {"contactid": _contact(api, client)},
    "AddCredit": lambda _, client: {"clientid": client, "amount": "1.00", "description": "Once"},
    "CreateInvoice": lambda _, client: {"userid": client, "itemdescription1": "x", "itemamount1": "1.00"},
    "UpdateInvoice": lambda api, client: {"invoiceid": api.invoice(client, "1.00"), "notes": "x"},
    "ApplyCredit": lambda api, client: {"invoiceid": api.invoice(client, "1.00"), "amount": "full"},
    "AddInvoicePayment": lambda api, client: {
        "invoiceid": api.invoice(client, "1.00"),
        "transid": "",
        "gateway": "paypal",
    },
    "CapturePayment": lambda api, client: {
        "invoiceid": api.invoice(client, "1.00", paymentmethod="credit"),
    },
    "AddTransaction": lambda _, client: {
        "userid": client,
        "paymentmethod": "paypal",
        "transid": unused("T"),
        "amountin": "1.00",
    },
    "UpdateTransaction": lambda api, client: {"transactionid": _paid(api, client), "amountin": "8.00"},
    "AddBillableItem": lambda _, client: {
        "clientid": client,
        "description": "Work",
        "amount": "5.00",
        "invoiceaction": "nextcron",
    },
    "LogActivity": lambda _, client: {"clientid": client, "description": "Door opened"},
}
"""Parameters with which each command succeeds for a client with credit."""


def _once(api: Api, action: str, parameters: Parameters) -> tuple[Answer, Callable[[], Answer]]:
    """The first answer, and a way to ask for it again."""
    key = {"Idempotency-Key": unused("key")}
    first = api.send(action, parameters, key)
    assert first.success
    return first, lambda: api.send(action, parameters, key)


def _is_the_same(again: Answer, first: Answer) -> None:
    assert (again.status, again.raw) == (first.status, first.raw)
    assert again.headers["Idempotency-Hit"] == "true"
    assert again.headers["Ledger-Position"] == first.headers["Ledger-Position"]


@pytest.mark.parametrize("action", COMMANDS)
def test_of_a_client_that_is_gone(api: Api, log: Log, action: str) -> None:
    """Nothing that the command was about is there any more, and still it is a success."""
    client = api.client("50.00")
    first, again = _once(api, action, COMMANDS[action](api, client))
    if action != "DeleteClient":
        api.ok("DeleteClient", clientid=client, deletetransactions="true")
    with log.unchanged():
        _is_the_same(again(), first)


def test_of_a_client_named_by_an_address_that_changed_hands(api: Api, log: Log) -> None:
    """The client of the first time is meant, whoever has the address now; also while nobody has."""
    email = unused_email()
    client = str(api.ok("AddClient", **CLIENT, email=email)["clientid"])
    parameters = {"clientemail": email, "email": unused_email(), "firstname": "Once"}
    first, again = _once(api, "UpdateClient", parameters)
    assert first.success["clientid"] == client
    with log.unchanged():
        _is_the_same(again(), first)
    other = str(api.ok("AddClient", **CLIENT, email=email)["clientid"])
    with log.unchanged():
        _is_the_same(again(), first)
    assert api.ok("GetClientsDetails", clientid=other)["firstname"] == CLIENT["firstname"]


def test_of_a_payment_through_a_gateway_that_changed(api: Api, log: Log) -> None:
    """A captured invoice that names another method by now is not `Not Unpaid`."""
    invoice = api.invoice(api.client("5.00"), "5.00", paymentmethod="credit")
    first, again = _once(api, "CapturePayment", {"invoiceid": invoice})
    api.ok("UpdateInvoice", invoiceid=invoice, paymentmethod="mailin")
    with log.unchanged():
        _is_the_same(again(), first)


def test_of_a_number_that_must_be_new(api: Api, log: Log) -> None:
    """It is taken, by this very transaction; under another number it is another transaction."""
    transaction = {"userid": api.client(), "paymentmethod": "paypal", "amountin": "1.00"}
    first, again = _once(api, "AddTransaction", {**transaction, "transid": unused("T")})
    with log.unchanged():
        _is_the_same(again(), first)


def test_another_request_under_the_key_is_told_so(api: Api, log: Log) -> None:
    """Also if it would be refused for a reason of its own."""
    key = {"Idempotency-Key": unused("key")}
    assert api.send("AddCredit", {"clientid": api.client(), "amount": "1.00"}, key).success
    with log.unchanged():
        answer = api.send("UpdateClient", {"clientemail": unused_email(), "firstname": "Ada"}, key)
    assert (answer.status, answer.message) == (409, REUSED)


def test_invoices_of_one_client(api: Api, log: Log) -> None:
    """GenInvoices tells the same invoice again."""
    client = api.client()
    item = {"clientid": client, "description": "Work", "amount": "5.00", "invoiceaction": "nextcron"}
    api.ok("AddBillableItem", **item)
    first, again = _once(api, "GenInvoices", {"clientid": client})
    assert first.success["numcreated"] == 1
    api.ok("AddBillableItem", **item)
    with log.unchanged():
        _is_the_same(again(), first)
    api.ok("DeleteClient", clientid=client)
    with log.unchanged():
        _is_the_same(again(), first)
