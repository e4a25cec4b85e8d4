"""Two protocols, one ledger: what is done through one is seen through the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.client import Api
    from tests.support.invapi import Invapi


def test_a_renewal_is_paid_as_the_reseller_module_does(api: Api, log_in: Callable[[str], Invapi]) -> None:
    """Credit by WHMCS is seen in getcredits; apply_credit is seen in WHMCS's GetInvoice and GetCredits."""
    client_id = api.client()
    invapi = log_in(client_id)
    api.ok("AddCredit", clientid=client_id, amount="830.00", description="Wire 4711")
    assert invapi.call("getcredits").ok["message"]["credits"]["credit"][0]["amount"] == "830.00"
    line = {"itemdescription1": "VPS", "itemamount1": "830", "itemtype1": "Hosting", "itemrelid1": "173904"}
    api.ok("CreateInvoice", userid=client_id, **line)
    unpaid = [
        row
        for row in invapi.call("get_product_invoice", product=173904, pin="not_set", location="x").ok[
            "invoices"
        ]
        if row["status"] == "Unpaid"
    ]
    number = unpaid[0]["invoiceid"]
    total = invapi.call("get_invoice", invoice_id=number, location="x").ok["total"]
    assert invapi.call("apply_credit", invoice_id=number, amount=total).ok["invoicepaid"] == "true"
    invoice = api.ok("GetInvoice", invoiceid=number)
    assert (invoice["status"], invoice["credit"], invoice["balance"]) == ("Paid", "830.00", "0.00")
    assert api.credit_rows(client_id)[-1]["description"] == f"Credit Applied to Invoice #{number}"
    assert invapi.call("get_client").ok["client"]["credit"] == api.balance(client_id) == "0.00"


def test_add_funds_paid_by_a_gateway_becomes_credit(api: Api, log_in: Callable[[str], Invapi]) -> None:
    """Issued here, paid there, spent here."""
    client_id = api.client()
    invapi = log_in(client_id)
    funds = invapi.call("create_addfunds", amount="50").ok["invoice"]
    api.ok("AddInvoicePayment", invoiceid=funds, transid=f"gw-{funds}", gateway="paypal", amount="50")
    assert invapi.call("transactions", invoice_id=funds).ok["transactions"][0]["amountin"] == "50.00"
    number = api.invoice(client_id, "45")
    assert invapi.call("apply_credit", invoice_id=number, amount=45).ok["amount"] == "45.00"
    assert api.balance(client_id) == "5.00"


def test_many_at_once_pay_once(api: Api, log_in: Callable[[str], Invapi]) -> None:
    """Of twenty equal requests at the same time over both protocols one pays the invoice."""
    client_id = api.client(credit="100")
    invapi = log_in(client_id)
    number = api.invoice(client_id, "30")

    def pay(attempt: int) -> bool:
        if attempt % 2:
            return api.send("ApplyCredit", {"invoiceid": number, "amount": "30"}).result == "success"
        return "invoicepaid" in invapi.call("apply_credit", invoice_id=number, amount="30").body

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(pay, range(20))) == 1
    assert api.balance(client_id) == "70.00"


def test_many_at_once_make_one_mass_payment(api: Api, log_in: Callable[[str], Invapi]) -> None:
    """Equal requests at the same time get the same invoice."""
    client_id = api.client()
    invapi = log_in(client_id)
    invoices = [api.invoice(client_id, "30"), api.invoice(client_id, "5")]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: invapi.call("mass_pay", {"invoices[]": invoices}).ok, range(10)))
    assert len({answer["invoice"] for answer in answers}) == 1
    assert api.ok("GetInvoices", userid=client_id)["totalresults"] == 3


def test_an_idempotency_key_makes_a_repetition_the_same(api: Api, log_in: Callable[[str], Invapi]) -> None:
    """A part payment repeated under its key is answered again, not made again; another one is refused."""
    client_id = api.client(credit="100")
    invapi = log_in(client_id)
    number = api.invoice(client_id, "30")
    form = f"action=apply_credit&token={invapi.token}&invoice_id={number}&amount=10"
    first, second = (invapi.send("whmcs", form, headers={"Idempotency-Key": "part-1"}) for _ in range(2))
    assert first.ok == second.ok
    assert second.headers["Idempotency-Hit"] == "true"
    other = invapi.send("whmcs", form + "0", headers={"Idempotency-Key": "part-1"})
    assert "idempotency key was used before" in other.failure
    assert api.balance(client_id) == "90.00"


def test_the_log_says_who_did_it(api: Api, log_in: Callable[[str], Invapi]) -> None:
    """An auditor reads the key in the activity log, and refusals are remembered with the method."""
    client_id = api.client(credit="10")
    invapi = log_in(client_id)
    number = api.invoice(client_id, "3")
    assert invapi.call("apply_credit", invoice_id=number, amount="3").ok
    assert invapi.call("apply_credit", invoice_id=number, amount="3").failure
    entries = api.ok("GetActivityLog", clientid=client_id, limitnum=10)["activity"]["entry"]
    assert any(
        entry["username"] == invapi.key[:16] and entry["ipaddress"] == invapi.address for entry in entries
    )
    assert any("invapi apply_credit" in entry["description"] for entry in entries)
