"""`whmcspy`, a published client library for Python, drives the service through a client's whole story."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import whmcspy
from whmcspy.exceptions import Error, MissingPermission

from tests.acceptance.client import CLIENT, PATH, Api, unused_email

if TYPE_CHECKING:
    from tests.acceptance.process import Server


@pytest.fixture
def whmcs(server: Server) -> Any:
    """The library, pointed at the server."""
    return library(server.port, server.identifier, server.secret)


def library(port: int, identifier: str, secret: str) -> Any:
    """The library with a URL and a credential."""
    return whmcspy.WHMCS(f"http://127.0.0.1:{port}{PATH}", identifier, secret)


def new_client(whmcs: Any) -> int:
    """A client opened through the library's own call."""
    client_id = whmcs.add_client(**CLIENT, email=unused_email())
    assert isinstance(client_id, int)
    return client_id


def new_invoice(whmcs: Any, client_id: int, amount: str) -> int:
    """An invoice of one line."""
    created = whmcs.call(
        "CreateInvoice", userid=client_id, itemdescription1="Hosting", itemamount1=amount, itemtaxed1=False
    )
    assert created["status"] == "Unpaid"
    invoice_id = created["invoiceid"]
    assert isinstance(invoice_id, int)
    return invoice_id


def test_credit_pays_an_invoice(whmcs: Any) -> None:
    """AddClient, AddCredit, CreateInvoice and ApplyCredit leave a paid invoice and the rest of the credit."""
    client_id = new_client(whmcs)
    added = whmcs.call("AddCredit", clientid=client_id, amount="100.00", description="Welcome")
    assert added["newbalance"] == "100.00"
    invoice_id = new_invoice(whmcs, client_id, "60.00")
    applied = whmcs.call("ApplyCredit", invoiceid=invoice_id, amount="full", noemail=True)
    assert applied == {
        "result": "success",
        "invoiceid": str(invoice_id),
        "amount": "60.00",
        "invoicepaid": "true",
    }
    invoice = whmcs.get_invoice(invoice_id)
    shown = ("invoiceid", "userid", "status", "subtotal", "credit", "total", "balance", "transactions")
    assert [invoice[key] for key in shown] == [
        invoice_id,
        client_id,
        "Paid",
        "60.00",
        "60.00",
        "0.00",
        "0.00",
        "",
    ]
    assert invoice["datepaid"] != "0000-00-00 00:00:00"
    assert [item["amount"] for item in invoice["items"]["item"]] == ["60.00"]
    assert whmcs.call("GetClientsDetails", clientid=client_id)["credit"] == "40.00"


def test_overpayment_becomes_credit(whmcs: Any) -> None:
    """What a gateway received beyond the invoice stands in the credit log, whose rows sum to the balance."""
    client_id = new_client(whmcs)
    whmcs.call("AddCredit", clientid=client_id, amount=12.34, description="Welcome")
    invoice_id = new_invoice(whmcs, client_id, "45.50")
    whmcs.call("AddInvoicePayment", invoiceid=invoice_id, transid=7101, gateway="paypal", amount=50.0)
    rows = whmcs.call("GetCredits", clientid=client_id)["credits"]["credit"]
    (overpaid,) = [row for row in rows if row["description"] == f"Invoice #{invoice_id} Overpayment"]
    assert overpaid["amount"] == "4.50"
    details = whmcs.call("GetClientsDetails", clientid=client_id, stats=True)
    assert details["client"]["credit"] == details["credit"] == "16.84"
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal(details["credit"])
    (paid,) = whmcs.get_transactions(invoiceid=invoice_id)
    assert (paid["amountin"], paid["transid"], paid["gateway"]) == ("50.00", "7101", "paypal")
    assert overpaid["relid"] == paid["id"]
    assert whmcs.get_invoice(invoice_id)["transactions"] == {"transaction": [paid]}


def test_transactions_can_be_listed_also_when_there_are_none(whmcs: Any) -> None:
    """`get_transactions` of a client without any is an empty list, and pages end by themselves."""
    client_id = new_client(whmcs)
    assert whmcs.get_transactions(clientid=client_id) == []
    assert list(whmcs.paginated_call("GetTransactions", clientid=client_id)) == []
    invoice_id = new_invoice(whmcs, client_id, "9.00")
    for number in range(3):
        whmcs.call("AddInvoicePayment", invoiceid=invoice_id, transid=f"P{number}", gateway="x", amount=1)
    everything = whmcs.get_transactions(clientid=client_id)
    assert [row["transid"] for row in everything] == ["P0", "P1", "P2"]
    pages = list(whmcs.paginated_call("GetTransactions", clientid=client_id, limitnum=2))
    assert [page["numreturned"] for page in pages] == [2, 1]
    assert [row for page in pages for row in page["transactions"]["transaction"]] == everything


def test_lists_in_parameters_are_ignored_where_nobody_asked(whmcs: Any) -> None:
    """Lists arrive as `name[0]`; where an action knows no such parameter it does not mind."""
    client_id = new_client(whmcs)
    answer = whmcs.call("AddCredit", clientid=client_id, amount=1, description="x", tags=["a", "b"])
    assert answer["newbalance"] == "1.00"


def test_errors_are_mapped(whmcs: Any, api: Api) -> None:
    """What the ledger refuses is the library's Error; only a wrong credential is MissingPermission."""
    with pytest.raises(Error, match=r"^Client ID Not Found$") as refused:
        whmcs.call("GetCredits", clientid=999_999_999)
    assert not isinstance(refused.value, MissingPermission)
    with pytest.raises(Error, match=r"^Command Not Found$") as unknown:
        whmcs.call("SendEmail", messagename="x", id=1)
    assert not isinstance(unknown.value, MissingPermission)
    with pytest.raises(MissingPermission, match=r"^Authentication Failed$"):
        library(api.port, api.identifier, "wrong").call("GetCredits", clientid=1)
    with pytest.raises(MissingPermission, match=r"^Invalid or missing credentials$"):
        library(api.port, "unknown", api.secret).call("GetCredits", clientid=1)
