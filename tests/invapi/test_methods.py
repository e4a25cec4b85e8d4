"""What each method answers, and every failure text, as HOSTKEY documents it or as was recorded live."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from service.invapi.methods import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.client import Api
    from tests.support.invapi import Invapi

APPLY = 'WHMCS ApplyCredit failed: {{"result":"error","error":"{}"}}'
TWENTY_FOUR = """add_contact apply_credit create_addfunds delete_cancellation_request delete_contact
    download_invoice generate_due_invoice get_billing_data get_cancellation_requests get_client
    get_clientgroups get_contacts get_invoice get_invoices get_related_invoices getcredits getpaymentgw
    mass_pay request_cancellation request_subscription_cancellation reset_password transactions update_client
    update_contact"""


@pytest.fixture(scope="module")
def gone(api: Api, log_in: Callable[[str], Invapi]) -> Invapi:
    """A client that was deleted after it had logged in."""
    client_id = api.client(credit="5")
    invapi = log_in(client_id)
    api.ok("DeleteClient", clientid=client_id)
    return invapi


def test_every_documented_method_is_served() -> None:
    """The 24 of HOSTKEY's documentation, and the alias that one known client calls."""
    assert set(METHODS) == {*TWENTY_FOUR.split(), "get_product_invoice"}


def test_apply_credit(api: Api, ada: Invapi) -> None:
    """Once and exactly; the amount may have float noise behind it."""
    invoice = api.invoice(str(ada.client_id), "6.47")
    before = api.balance(str(ada.client_id))
    answer = ada.call("apply_credit", invoice_id=invoice, amount="6.4700000001")
    assert answer.ok == {"result": "OK", "invoiceid": int(invoice), "amount": "6.47", "invoicepaid": "true"}
    assert int(answer.headers["Ledger-Position"]) > 0
    again = ada.call("apply_credit", invoice_id=invoice, amount="6.47")
    assert again.failure == APPLY.format("Invoice Not in Unpaid Status")
    assert float(before) - float(api.balance(str(ada.client_id))) == pytest.approx(6.47)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1000", "Amount exceeds customer credit balance"),
        ("50.01", "Amount Exceeds Invoice Balance"),
        ("0", "Credit Amount to apply must be greater than zero"),
        ("-3", "Credit Amount to apply must be greater than zero"),
        ("", "Amount must be in decimal format: ### or ###.##"),
        ("full", "Amount must be in decimal format: ### or ###.##"),
        ("1e2", "Amount must be in decimal format: ### or ###.##"),
    ],
)
def test_apply_credit_refuses(
    api: Api, ada: Invapi, head: Callable[[], object], amount: str, text: str
) -> None:
    """With WHMCS's own texts inside, and without any effect."""
    invoice = api.invoice(str(ada.client_id), "50")
    before = head()
    assert ada.call("apply_credit", invoice_id=invoice, amount=amount).failure == APPLY.format(text)
    assert head() == before


@pytest.mark.parametrize("number", ["0", "-1", "999999", "x", "", "1" * 30])
def test_an_invoice_that_is_none(ada: Invapi, number: str) -> None:
    """Every method that takes an invoice says so in its documented text."""
    shown = number if number == "999999" else "0"
    texts = {
        "apply_credit": APPLY.format("Invoice ID Not Found"),
        "get_invoice": f"invalid invoice id {shown} at whmcs_ru",
        "getpaymentgw": "failed to retrive payment gw list: Invoice ID Not Found",
        "download_invoice": "Invalid invoice id or invalid billing location",
    }
    for method, text in texts.items():
        assert ada.call(method, invoice_id=number, amount="1").failure == text
    if number:
        told = ada.call("transactions", invoice_id=number).failure
        assert told == "failed to retrive transactions - Invoice ID Not Found"


def test_create_addfunds(api: Api, ada: Invapi) -> None:
    """An Unpaid invoice whose payment becomes credit; both forms of the parameters that clients send."""
    client_id = str(ada.client_id)
    number = ada.call("create_addfunds", amount="20", subscribe="false").ok["invoice"]
    older = {"params[amount]": "25.50", "params[description]": "Guthaben für März"}
    second = ada.call("create_addfunds", older).ok["invoice"]
    item = ada.call("get_invoice", invoice_id=second).ok["items"]["item"][0]
    assert (item["type"], item["amount"], item["description"]) == ("AddFunds", "25.50", "Guthaben für März")
    before = float(api.balance(client_id))
    api.ok("AddInvoicePayment", invoiceid=number, transid=f"af-{number}", gateway="paypal")
    assert float(api.balance(client_id)) - before == pytest.approx(20)
    told = ada.call("apply_credit", invoice_id=second, amount="25.50").failure
    assert "cannot be paid from credit" in told


@pytest.mark.parametrize("amount", ["19.99", "0", "-20", "", "x", "1" * 60])
def test_create_addfunds_has_a_minimum(ada: Invapi, head: Callable[[], object], amount: str) -> None:
    """In the documented words; nothing is issued."""
    before = head()
    assert ada.call("create_addfunds", amount=amount).failure == "minimal payment amount is 20."
    assert head() == before


def test_create_addfunds_cannot_subscribe(ada: Invapi) -> None:
    """There is no automatic renewal, and nobody is made to believe so."""
    assert "automatic renewal is not available" in ada.call("create_addfunds", amount=50, subscribe=1).failure


@pytest.mark.parametrize("form", ["invoices[]={0}&invoices[]={1}", "invoices[0]={0}&invoices[1]={1}", None])
def test_mass_pay(api: Api, ada: Invapi, form: str | None) -> None:
    """One invoice for several, in every form in which clients name them; it pays each once."""
    client_id = str(ada.client_id)
    first, second = api.invoice(client_id, "3"), api.invoice(client_id, "4")
    text = (form or "invoices={0}&invoices={1}").format(first, second)
    query = f"action=mass_pay&token={ada.token}&{text}"
    number = ada.send("whmcs", query).ok["invoice"]
    assert ada.send("whmcs", query).ok["invoice"] == number
    shown = ada.call("get_invoice", invoice_id=number).ok
    assert shown["total"] == "7.00"
    assert {item["type"] for item in shown["items"]["item"]} == {"Invoice"}
    before = api.balance(client_id)
    api.ok("AddInvoicePayment", invoiceid=number, transid=f"mp-{number}", gateway="paypal")
    assert ada.call("get_invoice", invoice_id=first).ok["status"] == "Paid"
    assert ada.call("get_invoice", invoice_id=second).ok["status"] == "Paid"
    assert api.balance(client_id) == before
    assert ada.send("whmcs", query).failure == "Invoice Not in Unpaid Status"


@pytest.mark.parametrize("text", ["", "invoices[]=1", "invoices=1", "invoices[]=1&invoices[]=1"])
def test_mass_pay_wants_two(ada: Invapi, text: str) -> None:
    """The documented text, also for one invoice named twice."""
    answer = ada.send("whmcs", f"action=mass_pay&token={ada.token}&{text}")
    assert answer.failure == "mass_pay_requires_2_invoices"


def test_mass_pay_refuses_others(api: Api, ada: Invapi, head: Callable[[], object]) -> None:
    """What is no number, or an invoice that pays for something else than goods, is on no mass payment."""
    client_id = str(ada.client_id)
    good, other = api.invoice(client_id, "3"), api.invoice(client_id, "4")
    funds = ada.call("create_addfunds", amount=20).ok["invoice"]
    combined = ada.call("mass_pay", {"invoices[]": [good, other]}).ok["invoice"]
    before = head()
    for wrong, text in (("x", "Not Found"), (funds, "together"), (combined, "together")):
        assert text in ada.call("mass_pay", {"invoices[]": [good, wrong]}).failure
    too_many = ada.call("mass_pay", {"invoices[]": list(range(1, 202))})
    assert too_many.failure == "mass_pay takes 200 invoices at most"
    assert head() == before


def test_get_client(api: Api, ada: Invapi) -> None:
    """The documented keys, credit included; `full` adds contacts and group."""
    body = ada.call("get_client", client="9", billing_location="x").ok
    assert (body["result"], body["action"], body["billing_location"]) == ("OK", "get_client", "whmcs_ru")
    documented = "id email firstname lastname fullname companyname countrycode currency_code status groupid"
    assert set(documented.split()) | {"corporate", "credit"} <= set(body["client"])
    assert body["client"]["id"] == ada.client_id
    assert body["client"]["credit"] == api.balance(str(ada.client_id))
    assert body["internal"]["email"] == body["client"]["email"]
    date.fromisoformat(body["internal"]["active_since"])
    assert body["groupdata"] is None
    assert "contacts" not in body
    assert "contacts" in ada.call("get_client", full=1).ok


def test_getcredits(api: Api, ada: Invapi) -> None:
    """WHMCS's GetCredits below `message`, nested; the amounts add up to the credit."""
    message = ada.call("getcredits", id=7).ok["message"]
    assert message["result"] == "success"
    rows = message["credits"]["credit"]
    assert message["totalresults"] == len(rows)
    assert f"{sum(float(row['amount']) for row in rows):.2f}" == api.balance(str(ada.client_id))
    assert rows == api.credit_rows(str(ada.client_id))


def test_get_invoice(api: Api, ada: Invapi) -> None:
    """Documented and WHMCS keys, amounts as texts; nothing that a strict client takes for an error."""
    line = {"itemdescription1": "VPS", "itemamount1": "12", "itemtype1": "Hosting", "itemrelid1": "77"}
    number = api.ok("CreateInvoice", userid=ada.client_id, **line)["invoiceid"]
    api.ok("AddInvoicePayment", invoiceid=number, transid=f"gi-{number}", gateway="paypal", amount=5)
    body = ada.call("get_invoice", invoice_id=number, location="whmcs_com").ok
    assert (body["result"], body["billing"], body["currencycode"]) == ("OK", "whmcs_ru", "USD")
    assert (body["total"], body["balance"], body["status"]) == ("12.00", "7.00", "Unpaid")
    assert (body["invoiceid"], body["userid"]) == (number, ada.client_id)
    assert body["items"]["item"][0].items() >= {"inv_id": 0, "type": "Hosting", "relid": 77}.items()
    assert body["transactions"]["transaction"][0]["amountin"] == "5.00"
    assert not {"message", "customer"} & set(body)
    full = ada.call("get_invoice", invoice_id=number, load_client_data=1).ok
    assert full["customer"]["client"]["id"] == ada.client_id


def test_get_invoices(api: Api, log_in: Callable[[str], Invapi]) -> None:
    """`success`, an object with the list in it, numbers that are numbers, and slices of it."""
    client_id = api.client()
    invapi = log_in(client_id)
    empty = invapi.call("get_invoices").ok
    assert (empty["result"], empty["invoices"]) == ("success", {"invoice": []})
    numbers = [int(api.invoice(client_id, "1")) for _ in range(3)]
    body = invapi.call("get_invoices", limitstart=0, limitnum=100).ok
    assert [row["id"] for row in body["invoices"]["invoice"]] == numbers
    assert body["totalresults"] == 3
    some = invapi.call("get_invoices", limitstart=1, limitnum=1).ok
    assert [row["id"] for row in some["invoices"]["invoice"]] == numbers[1:2]


@pytest.mark.parametrize("method", ["get_related_invoices", "get_product_invoice"])
def test_related_invoices(api: Api, ada: Invapi, method: str) -> None:
    """Those with a line about the hosting account, as the reseller module pays renewals by them."""
    line = {"itemdescription1": "VPS", "itemamount1": "12", "itemtype1": "Hosting", "itemrelid1": "501"}
    number = api.ok("CreateInvoice", userid=ada.client_id, **line)["invoiceid"]
    name = "product" if method == "get_product_invoice" else "account_id"
    rows: list[dict[str, Any]] = ada.call(method, {name: 501}).ok["invoices"]
    found = next(row for row in rows if row["invoiceid"] == number)
    assert (found["status"], found["total"], found["balance"]) == ("Unpaid", "12.00", "12.00")
    assert ada.call(method, {name: 502}).failure == "server 502 are not linked to the billing"
    assert ada.call(method, id=9).failure == "server 9 are not linked to the billing"


def test_transactions(api: Api, ada: Invapi) -> None:
    """A flat list: all, of an invoice, by the gateway's number or the ledger's own."""
    first, second = (api.invoice(str(ada.client_id), "8") for _ in range(2))
    paid = [
        api.ok("AddInvoicePayment", invoiceid=number, transid=f"tr-{number}", gateway="paypal")[
            "transactionid"
        ]
        for number in (first, second)
    ]
    rows = ada.call("transactions", invoice_id=first).ok["transactions"]
    assert [(row["id"], row["amount"], row["transid"]) for row in rows] == [(paid[0], "8.00", f"tr-{first}")]
    assert ada.call("transactions", transaction_id=f"tr-{second}").ok["transactions"][0]["id"] == paid[1]
    assert ada.call("transactions", transaction_id=paid[1]).ok["transactions"][0]["id"] == paid[1]
    assert ada.call("transactions", transaction_id="unheard-of").ok["transactions"] == []
    assert {*paid} <= {row["id"] for row in ada.call("transactions").ok["transactions"]}


def test_getpaymentgw(api: Api, ada: Invapi) -> None:
    """HTML with the sum and the number to quote; what the operator wrote is escaped."""
    number = api.invoice(str(ada.client_id), "8")
    methods = ada.call("getpaymentgw", invoice_id=number).ok["methods"]
    call = methods["banktransfer"]["call"]
    assert "Bank &lt;Ä&gt; 1" in call
    assert f"8.00 USD, Invoice #{number}" in call
    api.ok("ApplyCredit", invoiceid=number, amount="8")
    told = ada.call("getpaymentgw", invoice_id=number).failure
    assert told == "failed to retrive payment gw list: Invoice Not in Unpaid Status"


def test_get_clientgroups(ada: Invapi) -> None:
    """WHMCS's keys; without a token a text of its own."""
    assert ada.call("get_clientgroups").ok == {"result": "OK", "totalresults": 0, "groups": {"group": []}}
    answer = ada.call("get_clientgroups", token="x")
    assert (answer.failure, answer.body["code"]) == ("Invalid token or access denied", -1)


def test_a_deleted_client(gone: Invapi, head: Callable[[], object]) -> None:
    """A token that outlives its client finds nothing, in the documented texts, and changes nothing."""
    before = head()
    number = gone.client_id
    account = "failed to retrive account history at whmcs_ru, please contact support - [Client ID Not Found]"
    texts = {
        "get_client": f"Request failed for {number}@whmcs_ru: client not found",
        "getcredits": account,
        "get_contacts": "fail to get contacts list",
        "get_invoices": "failed to retrive invoices: Client ID Not Found",
        "transactions": "failed to retrive transactions - Client ID Not Found",
        "generate_due_invoice": "server 0 are not linked to the billing",
        "request_cancellation": "server 0 are not linked to the billing",
        "delete_cancellation_request": "Server 0 doesn't have a relid data",
        "get_cancellation_requests": "Client ID Not Found",
        "add_contact": "Client ID Not Found",
        "update_client": "Client ID Not Found",
    }
    for method, text in texts.items():
        assert gone.call(method).failure == text
    assert gone.call("create_addfunds", amount=20).failure == "Client ID Not Found"
    assert gone.call("mass_pay", {"invoices[]": [1, 2]}).failure == "Client ID Not Found"
    assert head() == before
