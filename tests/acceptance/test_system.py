"""Configuration by command, billing runs, the activity log and the state of the ledger, over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import Api, unused
from tests.acceptance.process import Server, creditledger

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import Log

ITEM = {"description": "Consulting", "amount": "100.00", "unit": "hours", "quantity": "2.5"}


def run(dsn: str, *arguments: str) -> str:
    """What a command prints; it has to succeed in silence otherwise."""
    done = creditledger(*arguments, CREDITLEDGER_DSN=dsn)
    assert done.returncode == 0, done
    assert "Traceback" not in done.stderr
    return done.stdout


def refused(dsn: str, *arguments: str) -> str:
    """What a command complains about in a sentence."""
    done = creditledger(*arguments, CREDITLEDGER_DSN=dsn)
    assert done.returncode in {1, 2}, done
    assert "Traceback" not in done.stderr
    return done.stderr


def test_what_the_operator_sets_up(own_dsn: str, tmp_path: Path) -> None:
    """Gateways, groups and taxes made by command are listed by the actions and used by new invoices."""
    run(own_dsn, "init")
    assert run(own_dsn, "gateways", "add", "mailin", "--name", "Mail In Payment") == (
        "mailin is a payment method.\n"
    )
    run(own_dsn, "gateways", "add", "paypal")
    run(own_dsn, "gateways", "add", "gone")
    assert run(own_dsn, "gateways", "remove", "GONE") == "gone is not offered any more.\n"
    assert run(own_dsn, "gateways", "list") == "mailin  Mail In Payment\npaypal  paypal\n"
    added = run(
        own_dsn,
        "groups",
        "add",
        "Wholesale",
        "--colour",
        "#28c99b",
        "--discount",
        "10",
        "--suspension-exempt",
    )
    assert added == "Wholesale is group 1.\n"
    assert json.loads(run(own_dsn, "groups", "list", "--json"))[0]["discount"] == "10.00"
    run(own_dsn, "currencies", "add", "EUR", "--rate", "0.92")
    assert json.loads(run(own_dsn, "currencies", "list", "--json"))[1]["rate"] == "0.92000"
    assert run(own_dsn, "taxes", "add", "20", "--country", "gb", "--name", "VAT") == "Tax rule 1 is set.\n"
    run(own_dsn, "taxes", "add", "5.125", "--level", "2")
    run(own_dsn, "taxes", "add", "3", "--country", "US", "--state", "NY")
    assert run(own_dsn, "taxes", "remove", "3") == "Tax rule 3 is removed.\n"
    assert run(own_dsn, "taxes", "list").splitlines() == [
        "1  1  GB  -  20.000  VAT",
        "2  2  -  -  5.125  -",
    ]
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn) as server:
        api = Api(server.port, server.identifier, server.secret)
        rows = api.ok("GetCurrencies")["currencies"]["currency"]
        assert [(row["code"], row["rate"]) for row in rows] == [("USD", "1.00000"), ("EUR", "0.92000")]
        foreign = {"userid": api.client(), "currencyid": str(rows[1]["id"]), "paymentmethod": "mailin"}
        refusal = api.send("AddTransaction", {**foreign, "amountin": "1"})
        assert refusal.message == "Currency ID does not match Client currency"
        assert api.ok("GetPaymentMethods")["paymentmethods"]["paymentmethod"] == [
            {"module": "mailin", "displayname": "Mail In Payment"},
            {"module": "paypal", "displayname": "paypal"},
        ]
        (group,) = api.ok("GetClientGroups")["groups"]["group"]
        assert (group["groupcolour"], group["susptermexempt"], group["separateinvoices"]) == (
            "#28C99B",
            "on",
            "",
        )
        invoice = api.ok("GetInvoice", invoiceid=api.invoice(api.client(), "100.00", itemtaxed1="1"))
        assert (invoice["taxrate"], invoice["taxrate2"]) == ("20.000", "5.125")
        assert (invoice["total"], invoice["paymentmethod"]) == ("125.13", "mailin")
        run(own_dsn, "gateways", "remove", "mailin")
        assert api.ok("GetPaymentMethods")["totalresults"] == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("gateways", "add", "pay pal"), "letters"),
        (("currencies", "add", "CHF", "--rate", "0"), "rate"),
        (("gateways", "remove", "none"), "gateway not found: none"),
        (("groups", "add", " "), "empty"),
        (("groups", "add", "A", "--colour", "red"), "#28C99B"),
        (("groups", "add", "A", "--discount", "101"), "percentage"),
        (("taxes", "add", "1.2345"), "percentage"),
        (("taxes", "add", "-1"), ""),
        (("taxes", "add", "1", "--country", "XX"), "country"),
        (("taxes", "add", "1", "--state", "NY"), "country"),
        (("taxes", "add", "1", "--level", "3"), "level"),
        (("taxes", "remove", "9"), "tax rule not found: 9"),
    ],
)
def test_what_cannot_be_set_up(dsn: str, api: Api, log: Log, arguments: tuple[str, ...], word: str) -> None:
    """One sentence tells what is wrong, and nothing is recorded."""
    del api  # its server makes the ledger
    with log.unchanged():
        assert word in refused(dsn, *arguments)


def test_billable_items_become_invoices(api: Api) -> None:
    """For one client and for all; the invoice is like any other, and nothing is invoiced twice."""
    api.ok("GenInvoices")  # what other tests left on this server
    client, other = api.client(credit="30.00"), api.client()
    open_before = api.ok("GetStats")["billableitems_uninvoiced"]
    assert api.ok("AddBillableItem", clientid=client, **ITEM, invoiceaction="nextcron")["billableid"]
    made = api.ok("GenInvoices", clientid=client)
    assert made["numcreated"] == 1
    invoice = api.ok("GetInvoice", invoiceid=made["latestinvoiceid"])
    assert (invoice["total"], invoice["credit"], invoice["userid"]) == ("70.00", "30.00", int(client))
    assert [item["type"] for item in invoice["items"]["item"]] == ["Item"]
    for number in (client, other):
        api.ok("AddBillableItem", clientid=number, **ITEM, invoiceaction="duedate", duedate="2020-01-31")
    key = {"Idempotency-Key": unused("run")}
    first = api.send("GenInvoices", {"noemails": "true"}, key)
    assert first.success["numcreated"] == 2
    again = api.send("GenInvoices", {"noemails": "true"}, key)
    assert again.raw == first.raw
    assert again.headers["Idempotency-Hit"] == "true"
    assert api.ok("GenInvoices") == {"result": "success", "numcreated": 0}
    assert api.ok("GetStats")["billableitems_uninvoiced"] == open_before


def test_the_activity_log(api: Api) -> None:
    """What was just done is its first entry, with who did it from where."""
    client = api.client()
    text = unused("Door opened")
    api.ok("LogActivity", description=text)
    (logged, *_) = api.ok("GetActivityLog", limitnum="1")["activity"]["entry"]
    assert (logged["description"], logged["username"], logged["adminId"]) == (text, "admin", 1)
    assert logged["ipaddress"] == "127.0.0.1"
    api.ok("LogActivity", description="Called", clientid=client)
    api.ok("AddCredit", clientid=client, amount="12.34", description="x")
    entries = api.ok("GetActivityLog", clientid=client)["activity"]["entry"]
    assert [entry["description"] for entry in entries] == [
        f"Added Credit - User ID: {client} - Amount: 12.34",
        "Called",
        f"Created Client - User ID: {client}",
    ]
    today = entries[0]["date"][:10]
    found = api.ok("GetActivityLog", description=text, date=today)
    assert (found["totalresults"], found["numreturned"]) == (1, 1)
    assert api.ok("GetActivityLog", date="2001-01-01")["activity"] == {"entry": []}


def test_health_and_verification(own_dsn: str, tmp_path: Path) -> None:
    """A ledger that was never verified says so; after `verify` only a signing key is missing."""
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn) as server:
        api = Api(server.port, server.identifier, server.secret)
        api.client()
        checks = api.ok("GetHealthStatus")["checks"]
        assert [check["name"] for check in checks["warning"]] == ["ledgerVerification", "logCheckpoint"]
        assert "danger" not in checks
        assert "read model hold" in run(own_dsn, "verify")
        checks = api.ok("GetHealthStatus")["checks"]
        assert [check["name"] for check in checks["warning"]] == ["logCheckpoint"]
        assert len(checks["success"]) == 6


def test_figures_and_version(api: Api) -> None:
    """A payment counts at once."""
    assert api.ok("WhmcsDetails")["whmcs"]["version"] == "8.13.1"
    before = api.ok("GetStats")["income_alltime"]
    api.ok("AddInvoicePayment", invoiceid=api.invoice(api.client(), "1.00"), transid=unused("T"))
    after = api.ok("GetStats")
    amounts = [round(float(text.strip("$ USD")) * 100) for text in (before, after["income_alltime"])]
    assert amounts[1] - amounts[0] == 100
    assert len(after["timeline_data"]["income"]) == 7


def test_the_end_of_no_service_is_refused(api: Api, log: Log) -> None:
    """With the documented text, and it leaves no trace."""
    with log.unchanged():
        refusal = api.send("AddCancelRequest", {"serviceid": "999999999", "type": "Immediate"})
        assert refusal.message == "Service ID Not Found"


@pytest.mark.parametrize(
    ("action", "parameters", "message"),
    [
        ("AddBillableItem", {"clientid": "999999999"}, "Client ID not Found"),
        ("AddBillableItem", {"clientid": "{client}"}, "You must provide a description"),
        ("AddBillableItem", {"clientid": "{client}", **ITEM, "invoiceaction": "x"}, "Invalid Invoice Action"),
        (
            "AddBillableItem",
            {"clientid": "{client}", **ITEM, "invoiceaction": "recur"},
            "Recurring must have a unit, cycle and limit",
        ),
        (
            "AddBillableItem",
            {"clientid": "{client}", **ITEM, "invoiceaction": "duedate"},
            "Due date is required",
        ),
        (
            "AddBillableItem",
            {"clientid": "{client}", **ITEM, "unit": "days"},
            "Invalid Unit, please specify either 'hours' or 'quantity'",
        ),
        (
            "AddBillableItem",
            {"clientid": "{client}", **ITEM, "invoiceaction": "duedate", "duedate": "1.1.2026"},
            "Invalid Date Format - Expected: 'YYYY-mm-dd'",
        ),
        ("GenInvoices", {"clientid": "999999999"}, "Client ID Not Found"),
        ("LogActivity", {"description": "x", "clientid": "999999999"}, "Client ID Not Found"),
    ],
)
def test_error_texts(api: Api, log: Log, action: str, parameters: dict[str, str], message: str) -> None:
    """Every documented text, word for word; nothing is recorded."""
    client = api.client()
    given = {name: value.replace("{client}", client) for name, value in parameters.items()}
    with log.unchanged():
        assert api.send(action, given).message == message
