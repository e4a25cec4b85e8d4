"""The methods about servers, over both protocols and the register: one service, seen from every side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.register import Register, day

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.client import Api
    from tests.support.invapi import Invapi

    New = Callable[..., tuple[Invapi, dict[str, Any]]]


@pytest.fixture(scope="session")
def register(api: Api) -> Register:
    """Where services come from."""
    return Register(api.port, api.identifier, api.secret)


@pytest.fixture
def new(api: Api, register: Register, log_in: Callable[[str], Invapi]) -> New:
    """A client with a service, and its token."""

    def make(credit: str = "", **fields: object) -> tuple[Invapi, dict[str, Any]]:
        client_id = api.client(credit=credit)
        return log_in(client_id), register.new(client_id, **fields)

    return make


def _unpaid(invapi: Invapi, server_id: int) -> list[int]:
    rows = invapi.call("get_related_invoices", id=server_id).ok["invoices"]
    return [row["invoiceid"] for row in rows if row["status"] == "Unpaid"]


def test_get_billing_data(new: New) -> None:
    """Flat, with the keys of a recorded answer, and the result and currency that clients ask for."""
    invapi, service = new(order_id=173904, setup_fee="830", registration_date="2026-05-25")
    assert invapi.call("get_billing_data", id=service["server_id"]).ok == {
        "result": "OK",
        "IP": "pl-vmv2-nano",
        "client_id": invapi.client_id,
        "order_id": 173904,
        "billing_setupfee": "830.00",
        "billing_status": "Active",
        "reg_date": "2026-05-25",
        "billing_cycle": "Monthly",
        "next_due_date": service["next_due_date"],
        "billing_reccuring": "830.00",
        "billing_name": "VPS nano (Instant server PL)",
        "currency_code": "USD",
    }
    once = new(cycle="One Time", next_due_date=None)[0]
    server = once.auth("info", token=once.token).body["result"]["servers"][0]
    assert once.call("get_billing_data", id=server).ok["next_due_date"] == "0000-00-00"


@pytest.mark.parametrize("number", ["", "0", "x", "2147483647"])
def test_servers_that_are_not_there(new: New, number: str) -> None:
    """Every method has its own text; that of a stranger's server is the same."""
    invapi, _ = new()
    told = number if number.isdecimal() and number != "0" else "0"
    assert invapi.call("get_billing_data", id=number).failure == "invalid request"
    for method in ("get_related_invoices", "generate_due_invoice"):
        assert invapi.call(method, id=number).failure == f"server {told} are not linked to the billing"


def test_another_clients_server_is_not_there(new: New, head: Callable[[], object]) -> None:
    """By its server's number, by its own, for every method, and nothing is recorded."""
    _, service = new(next_due_date=day(-40))
    stranger, _ = new()
    before = head()
    server, relid = service["server_id"], service["relid"]
    assert stranger.call("get_billing_data", id=server).failure == "invalid request"
    for method in ("get_related_invoices", "get_product_invoice", "generate_due_invoice"):
        assert stranger.call(method, id=server).failure == f"server {server} are not linked to the billing"
    for method, name in (("get_related_invoices", "account_id"), ("get_product_invoice", "product")):
        told = stranger.call(method, {name: relid}).failure
        assert told == f"server {relid} are not linked to the billing"
    assert head() == before


def test_a_due_invoice_is_made_once(new: New) -> None:
    """More than 30 days after the end of the period; as long as it is unpaid it is the same one."""
    invapi, service = new(next_due_date=day(-40))
    server = service["server_id"]
    number = invapi.call("generate_due_invoice", id=server).ok["invoice"]
    assert invapi.call("generate_due_invoice", id=server).ok == {"result": "OK", "invoice": number}
    assert _unpaid(invapi, server) == [number]
    (line,) = invapi.call("get_invoice", invoice_id=number).ok["items"]["item"]
    assert (line["inv_id"], line["relid"], line["type"]) == (server, service["relid"], "Hosting")
    assert line["description"].startswith("VPS nano (Instant server PL) - pl-vmv2-nano (")
    assert line["amount"] == "830.00"


@pytest.mark.parametrize(
    "fields",
    [
        {"next_due_date": day(10)},
        {"next_due_date": day(-20)},
        {"next_due_date": day(-40), "status": "Pending"},
        {"next_due_date": None, "cycle": "One Time"},
        {"next_due_date": day(-40), "price": "0"},
    ],
)
def test_a_due_invoice_is_blocked(new: New, fields: dict[str, object]) -> None:
    """Too early, or nothing that goes on: the documented text."""
    invapi, service = new(**fields)
    told = invapi.call("generate_due_invoice", id=service["server_id"]).failure
    assert told == "next_invoice_blocked_by_upgrade"


def test_an_unpaid_upgrade_blocks_the_next_invoice(api: Api, new: New) -> None:
    """Any unpaid invoice about the service that is no renewal; once it is cancelled there is one."""
    invapi, service = new(next_due_date=day(-40))
    line = {"itemdescription1": "Upgrade", "itemamount1": "5", "itemtype1": "Hosting"}
    upgrade = api.ok(
        "CreateInvoice", userid=invapi.client_id, itemrelid1=service["relid"], duedate=day(99), **line
    )
    told = invapi.call("generate_due_invoice", id=service["server_id"]).failure
    assert told == "next_invoice_blocked_by_upgrade"
    api.ok("UpdateInvoice", invoiceid=upgrade["invoiceid"], status="Cancelled")
    assert invapi.call("generate_due_invoice", id=service["server_id"]).ok["invoice"]


def test_a_renewal_paid_over_whmcs_is_seen_in_invapi(api: Api, new: New) -> None:
    """Made by GenInvoices, paid by AddInvoicePayment: the next due date moves by one cycle, once."""
    invapi, service = new(next_due_date="2031-12-31", cycle="Quarterly")
    server = service["server_id"]
    made = api.ok("GenInvoices", clientid=invapi.client_id, **{"serviceids[]": service["relid"]})
    assert made["numcreated"] == 1
    again = api.ok("GenInvoices", clientid=invapi.client_id, **{"serviceids[]": service["relid"]})
    assert again["numcreated"] == 0
    number = made["latestinvoiceid"]
    assert invapi.call("get_billing_data", id=server).ok["next_due_date"] == "2031-12-31"
    for _ in range(2):
        api.ok("AddInvoicePayment", invoiceid=number, transid=f"svc-{number}", gateway="paypal", amount=830)
        assert invapi.call("get_billing_data", id=server).ok["next_due_date"] == "2032-03-31"
    assert invapi.call("get_related_invoices", account_id=service["relid"]).ok["invoices"] == [
        {
            "id": number,
            "invoiceid": number,
            "status": "Paid",
            "total": "830.00",
            "balance": "0.00",
            "date": made_on(api, number),
            "duedate": "2031-12-31",
            "currencycode": "USD",
        }
    ]


def made_on(api: Api, number: int) -> str:
    """The date of an invoice."""
    return str(api.ok("GetInvoice", invoiceid=number)["date"])


def test_a_renewal_is_paid_as_the_reseller_module_does(api: Api, new: New, register: Register) -> None:
    """The product's unpaid invoice, its total, apply_credit; WHMCS and the register see what came of it."""
    invapi, service = new(next_due_date=day(-40))
    relid = service["relid"]
    number = invapi.call("generate_due_invoice", id=service["server_id"]).ok["invoice"]
    api.ok("AddCredit", clientid=invapi.client_id, amount="900", description="Wire")
    rows = invapi.call("get_product_invoice", product=relid, pin="not_set", location="x").ok["invoices"]
    assert [row["invoiceid"] for row in rows if row["status"] == "Unpaid"] == [number]
    total = invapi.call("get_invoice", invoice_id=number).ok["total"]
    assert invapi.call("apply_credit", invoice_id=number, amount=total).ok["invoicepaid"] == "true"
    assert api.ok("GetInvoice", invoiceid=number)["status"] == "Paid"
    shown = register.ask("GET", f"/{service['server_id']}").body
    assert shown["next_due_date"] > service["next_due_date"]
    assert shown["renewal_invoice"] is None


def test_a_mass_payment_renews_what_it_pays(api: Api, new: New, register: Register) -> None:
    """Two renewals, one invoice for both, one payment."""
    invapi, first = new(next_due_date=day(-40))
    services = [first, register.new(invapi.client_id, next_due_date=day(-50))]
    numbers = [invapi.call("generate_due_invoice", id=each["server_id"]).ok["invoice"] for each in services]
    mass = invapi.call("mass_pay", {"invoices[]": numbers}).ok["invoice"]
    api.ok("AddInvoicePayment", invoiceid=mass, transid=f"svc-{mass}", gateway="paypal")
    for service in services:
        due = invapi.call("get_billing_data", id=service["server_id"]).ok["next_due_date"]
        assert due > service["next_due_date"]


@pytest.mark.parametrize(("kind", "exceeded"), [("TrafficOverage", False), ("Hosting", True)])
def test_apply_credit_clears_traffic_that_it_pays(
    api: Api, new: New, register: Register, kind: str, exceeded: bool
) -> None:
    """An invoice that bills the traffic of the service, and no other."""
    invapi, service = new(credit="100", traffic_exceeded=True)
    line = {"itemdescription1": "Traffic", "itemamount1": "40", "itemtype1": kind}
    number = api.ok("CreateInvoice", userid=invapi.client_id, itemrelid1=service["relid"], **line)[
        "invoiceid"
    ]
    assert invapi.call("get_invoice", invoice_id=number).ok["items"]["item"][0]["inv_id"]
    assert invapi.call("apply_credit", invoice_id=number, amount=39).ok["invoicepaid"] == "false"
    assert register.ask("GET", f"/{service['server_id']}").body["traffic_exceeded"]
    assert invapi.call("apply_credit", invoice_id=number, amount=1).ok["invoicepaid"] == "true"
    assert register.ask("GET", f"/{service['server_id']}").body["traffic_exceeded"] is exceeded


def test_a_run_renews_what_is_due_soon(api: Api, new: New, register: Register) -> None:
    """Services of one day share an invoice; what is due in a month waits; then there is nothing to do."""
    invapi, first = new()
    client_id = invapi.client_id
    same_day = register.new(client_id)
    earlier = register.new(client_id, next_due_date=day(5))
    register.new(client_id, next_due_date=day(30))
    assert api.ok("GenInvoices", clientid=client_id)["numcreated"] == 2
    assert api.ok("GenInvoices", clientid=client_id) == {"result": "success", "numcreated": 0}
    both, single = (register.ask("GET", f"/{each['server_id']}").body for each in (same_day, earlier))
    invoice = api.ok("GetInvoice", invoiceid=both["renewal_invoice"])
    assert (invoice["duedate"], invoice["total"]) == (first["next_due_date"], "1660.00")
    assert {line["relid"] for line in invoice["items"]["item"]} == {first["relid"], same_day["relid"]}
    assert api.ok("GetInvoice", invoiceid=single["renewal_invoice"])["duedate"] == earlier["next_due_date"]


def test_a_run_over_services_of_several_clients(api: Api, new: New) -> None:
    """Named services are invoiced whosever they are, and whenever they are due."""
    pairs = [new(next_due_date=day(200)) for _ in range(2)]
    named = {f"serviceids[{number}]": service["relid"] for number, (_, service) in enumerate(pairs)}
    assert api.ok("GenInvoices", **named)["numcreated"] == 2
    assert api.ok("GenInvoices", **named)["numcreated"] == 0
    assert all(len(_unpaid(invapi, service["server_id"])) == 1 for invapi, service in pairs)


def test_a_cancelled_renewal_is_made_again(api: Api, new: New) -> None:
    """The period is free once its invoice does not stand."""
    invapi, service = new()
    first = api.ok("GenInvoices", clientid=invapi.client_id)["latestinvoiceid"]
    api.ok("UpdateInvoice", invoiceid=first, status="Cancelled")
    second = api.ok("GenInvoices", clientid=invapi.client_id)["latestinvoiceid"]
    assert second != first
    assert _unpaid(invapi, service["server_id"]) == [second]


def test_the_session_tells_the_servers(new: New, register: Register) -> None:
    """Those of services that have not ended, by number."""
    invapi, service = new()
    other = register.new(invapi.client_id)
    register.ask("PATCH", f"/{other['server_id']}", {"status": "Cancelled"})
    result = invapi.auth("info", token=invapi.token).body["result"]
    assert result["servers"] == result["billing_servers"] == [service["server_id"]]
