"""The ends of services: asked for, carried out with their refund, taken back; over both protocols."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from service.domain.billable_commands import RecurCycle
from service.domain.due_dates import later
from service.domain.refund import PaidPeriod, refund_of
from tests.acceptance.process import creditledger
from tests.support.cancellation_samples import DATA_TYPES
from tests.support.register import day

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.client import Api
    from tests.support.invapi import Invapi
    from tests.support.register import Register

NO_SERVER = "999999999"


def expected_refund(price: int, next_due: str, created: str) -> int:
    """By the published rule, of a monthly period that was paid for before the service was registered."""
    start = later(next_due, -1, RecurCycle.MONTHS)
    return refund_of(PaidPeriod(invoice_id=0, price=price, starts_at=start, ends_on=next_due), created).amount


def row_of(invapi: Invapi, relid: int) -> dict[str, Any]:
    """What get_cancellation_requests lists of a service."""
    rows = invapi.call("get_cancellation_requests").ok["message"]
    (row,) = (row for row in rows if row["relid"] == relid)
    return dict(row)


def test_the_end_of_the_period(api: Api, ada: Invapi, register: Register) -> None:
    """Noted, told with the documented keys, listed; nothing is given back and the service goes on."""
    made = register.new(ada.client_id, location="PL", hardware=["2 vCPU"])
    before = api.balance(str(ada.client_id))
    answer = ada.call("request_cancellation", id=made["server_id"], cancellation_reason="Zu teuer „so“")
    assert int(answer.headers["Ledger-Position"]) > 0
    data = answer.ok["data"]
    assert "message" not in answer.body
    assert {name: type(told) for name, told in data.items()} == DATA_TYPES
    assert (data["relid"], data["account_id"], data["displayid"]) == (
        made["relid"],
        made["relid"],
        str(made["server_id"]),
    )
    assert (data["cancellation_type"], data["cancellation_reason"], data["amount"]) == (
        "End of Billing Period",
        "Zu teuer „so“",
        0.0,
    )
    assert (data["service_price"], data["dc_location"], data["hwconfig"]) == (830.0, "PL", ["2 vCPU"])
    assert row_of(ada, made["relid"]) == {
        "relid": made["relid"],
        "cr_date": data["created"],
        "cr_reason": "Zu teuer „so“",
        "cr_type": "End of Billing Period",
        "due_date": day(10),
        "name_client": "Test Client",
        "billing": "whmcs_ru",
        "account_id": made["relid"],
        "status": "Active",
        "corporate": "N",
        "customer_id": ada.client_id,
    }
    assert api.balance(str(ada.client_id)) == before


@pytest.mark.parametrize("name", ["cancellation_reason", "terminate_reason_custom"])
def test_an_immediate_end_gives_unused_hours_back(
    api: Api, log_in: Callable[[str], Invapi], register: Register, name: str
) -> None:
    """By the published rule and not by what a client sends; as credit that both protocols show."""
    invapi = log_in(api.client())
    made = register.new(invapi.client_id)
    form = {"refund": "5000", "amount": "5000", "pin": "not_set", "currency": "EUR", name: "Enough"}
    data = invapi.call("request_cancellation", form, id=made["server_id"], cancellation_type=1).ok["data"]
    refund = expected_refund(83_000, day(10), data["created"])
    assert refund > 0
    assert (data["amount"], data["cancellation_type"]) == (refund / 100, "Immediate")
    (credit,) = api.credit_rows(str(invapi.client_id))
    assert credit["amount"] == f"{refund // 100}.{refund % 100:02}" == api.balance(str(invapi.client_id))
    assert credit["description"] == f"Refund for Cancelled Service #{made['relid']}"
    assert invapi.call("getcredits").ok["message"]["credits"]["credit"][0]["amount"] == credit["amount"]
    assert invapi.call("get_billing_data", id=made["server_id"]).ok["billing_status"] == "Cancelled"
    assert row_of(invapi, made["relid"])["status"] == "Cancelled"
    package = api.ok("GetCancelledPackages", limitnum=5000)["packages"]["package"][-1]
    assert package["id"] > 0
    assert {**package, "id": 0} == {
        "id": 0,
        "date": data["created"],
        "relid": made["relid"],
        "reason": "Enough",
        "type": "Immediate",
        "created_at": data["created"],
        "updated_at": data["created"],
    }


@pytest.mark.parametrize("cancellation_type", ["0", "1"])
def test_many_at_once_are_one(
    api: Api, log_in: Callable[[str], Invapi], register: Register, cancellation_type: str
) -> None:
    """Twenty equal requests at the same time all succeed with the same answer, and one is recorded."""
    invapi = log_in(api.client())
    made = register.new(invapi.client_id)

    def ask(_: int) -> Any:
        form = {"id": made["server_id"], "cancellation_type": cancellation_type}
        return invapi.call("request_cancellation", form).ok["data"]

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(ask, range(20)))
    assert all(answer == answers[0] for answer in answers)
    assert len(invapi.call("get_cancellation_requests").ok["message"]) == 1
    assert len(api.credit_rows(str(invapi.client_id))) == int(cancellation_type)


def test_an_unpaid_renewal_goes_and_comes_back(
    api: Api, log_in: Callable[[str], Invapi], register: Register
) -> None:
    """With the request and with its withdrawal; meanwhile no other renewal is invoiced."""
    client_id = api.client()
    invapi = log_in(client_id)
    made = register.new(client_id)
    server, number = made["server_id"], api.ok("GenInvoices", clientid=client_id)["latestinvoiceid"]
    data = invapi.call("request_cancellation", id=server).ok["data"]
    assert (data["invoiceid"], data["last_inv_id"], data["prev_inv_id"]) == (number, number, 0)
    assert api.ok("GetInvoice", invoiceid=number)["status"] == "Cancelled"
    assert api.ok("GenInvoices", clientid=client_id) == {"result": "success", "numcreated": 0}
    for _ in range(2):
        withdrawn = invapi.call("delete_cancellation_request", id=server).ok
        assert withdrawn == {"result": "OK", "id": server, "invoice": number}
    assert api.ok("GetInvoice", invoiceid=number)["status"] == "Unpaid"
    assert invapi.call("get_cancellation_requests").ok["message"] == []
    api.ok("AddInvoicePayment", invoiceid=number, transid=f"RN-{number}", gateway="paypal")
    assert invapi.call("get_billing_data", id=server).ok["next_due_date"] > day(10)


def test_what_was_paid_ahead_comes_back_whole(
    api: Api, log_in: Callable[[str], Invapi], register: Register
) -> None:
    """A renewal that credit paid, beside what is left of the running period; credit is what its rows say."""
    client_id = api.client(credit="830")
    invapi = log_in(client_id)
    made = register.new(client_id, kind="gpu")
    api.ok("GenInvoices", clientid=client_id)
    assert api.balance(client_id) == "0.00"
    data = invapi.call("request_cancellation", id=made["server_id"], cancellation_type=1).ok["data"]
    refund = 83_000 + expected_refund(83_000, day(10), data["created"])
    assert data["amount"] == refund / 100
    assert api.balance(client_id) == f"{refund // 100}.{refund % 100:02}"
    rows = [float(row["amount"]) for row in api.credit_rows(client_id)]
    assert sum(rows) == pytest.approx(refund / 100)


@pytest.mark.parametrize(
    ("fields", "form", "code", "text"),
    [
        ({"traffic_exceeded": True}, {}, -3, "whmcs_server_exceded_traffic"),
        ({"traffic_exceeded": True}, {"cancellation_type": 1}, -3, "whmcs_server_exceded_traffic"),
        (
            {"has_licence": True},
            {"cancellation_type": 1},
            -1,
            "server {} has an active licence: it can only end with its billing period",
        ),
        ({"status": "Terminated"}, {}, -1, "server {} is Terminated already"),
        ({}, {"cancellation_type": "2"}, -1, "cancellation_type must be 0 or 1"),
        ({}, {"cancellation_type": "true"}, -1, "cancellation_type must be 0 or 1"),
        (
            {},
            {"cancellation_reason": "x" * 65_536},
            -1,
            "cancellation_reason must not be longer than 65535 bytes",
        ),
    ],
)
def test_what_is_refused(
    ada: Invapi,
    register: Register,
    head: Callable[[], object],
    fields: dict[str, Any],
    form: dict[str, Any],
    code: int,
    text: str,
) -> None:
    """In HOSTKEY's words where it documents them, with its code, and without any effect."""
    server = register.new(ada.client_id, **fields)["server_id"]
    before = head()
    answer = ada.call("request_cancellation", form, id=server)
    assert answer.failure == text.format(server)
    assert answer.body["code"] == code
    assert head() == before


def test_a_licence_ends_with_its_period(ada: Invapi, register: Register) -> None:
    """That is what it is paid for; and words are taken as well as numbers."""
    server = register.new(ada.client_id, has_licence=True)["server_id"]
    form = {"id": server, "cancellation_type": "end of billing period"}
    assert ada.call("request_cancellation", form).ok["data"]["cancellation_type"] == "End of Billing Period"


def test_what_was_used_is_paid_first(api: Api, ada: Invapi, register: Register) -> None:
    """A period that has begun is not cancelled away."""
    made = register.new(ada.client_id, next_due_date=day(-3), kind="dedicated")
    number = api.ok("GenInvoices", **{"clientid": ada.client_id, "serviceids[]": made["relid"]})[
        "latestinvoiceid"
    ]
    server = made["server_id"]
    told = ada.call("request_cancellation", id=server, cancellation_type=1).failure
    assert told == f"invoice {number} for server {server} is overdue"


@pytest.mark.parametrize("number", [NO_SERVER, "0", "-1", "x", "", "1" * 30])
def test_a_server_that_is_none(ada: Invapi, number: str) -> None:
    """Each method says so in its own documented words."""
    shown = number if number == NO_SERVER else "0"
    texts = {
        "request_cancellation": f"server {shown} are not linked to the billing",
        "request_subscription_cancellation": f"server {shown} are not linked to the billing",
        "delete_cancellation_request": f"Server {shown} doesn't have a relid data",
    }
    if number:
        texts["get_cancellation_requests"] = f"server {shown} doesn't have a relid data"
    for method, text in texts.items():
        assert ada.call(method, id=number).failure == text


def test_anothers_server_is_none(
    api: Api, ada: Invapi, log_in: Callable[[str], Invapi], register: Register, fetch: Callable[..., object]
) -> None:
    """Whatever it is sent to, a stranger's token ends nothing, withdraws nothing, sees nothing."""
    made = register.new(ada.client_id)
    server = str(made["server_id"])
    ada.call("request_cancellation", id=server, cancellation_reason="Known only to Ada")
    stream = "select count(*) from es.event where lane = 0 and stream_id = $1"
    before = fetch(stream, f"account-{ada.client_id}")
    stranger = log_in(api.client())
    for method in (
        "request_cancellation",
        "request_subscription_cancellation",
        "delete_cancellation_request",
        "get_cancellation_requests",
    ):
        told = stranger.call(method, id=server, cancellation_type=1).failure
        assert told == stranger.call(method, id=NO_SERVER).failure.replace(NO_SERVER, server)
    assert stranger.call("get_cancellation_requests", relid=made["relid"]).ok["message"] == []
    assert fetch(stream, f"account-{ada.client_id}") == before


def test_what_cannot_be_withdrawn(api: Api, ada: Invapi, register: Register) -> None:
    """What was never asked for, what gave credit back, what ended otherwise, what has no server any more."""
    refunded = register.new(ada.client_id)["server_id"]
    told = ada.call("delete_cancellation_request", id=refunded).failure
    assert told == f"Server {refunded} doesn't have a cancellation request"
    ada.call("request_cancellation", id=refunded, cancellation_type=1)
    told = ada.call("delete_cancellation_request", id=refunded).failure
    assert told == f"Server {refunded} was cancelled with a refund"
    dedicated = register.new(ada.client_id, kind="dedicated")["server_id"]
    ada.call("request_cancellation", id=dedicated, cancellation_type=1)
    register.new(api.client(), server_id=dedicated)
    told = ada.call("delete_cancellation_request", id=dedicated).failure
    assert told == f"Server {dedicated} is in use by another service"
    over = register.new(ada.client_id, next_due_date=day(0))["server_id"]
    ada.call("request_cancellation", id=over)
    told = ada.call("delete_cancellation_request", id=over).failure
    assert told == f"Server {over} is Cancelled already"


def test_an_end_without_refund_is_withdrawn(ada: Invapi, register: Register) -> None:
    """The service is what it was."""
    server = register.new(ada.client_id, kind="dedicated", status="Suspended")["server_id"]
    assert ada.call("request_cancellation", id=server, cancellation_type=1).ok["data"]["amount"] == 0.0
    assert ada.call("delete_cancellation_request", id=server).ok["invoice"] is None
    assert ada.call("get_billing_data", id=server).ok["billing_status"] == "Suspended"


def test_requests_are_filtered(api: Api, log_in: Callable[[str], Invapi], register: Register) -> None:
    """By server, day, type and status of the service; a day that is none is told."""
    invapi = log_in(api.client())
    ends, ended = (register.new(invapi.client_id) for _ in range(2))
    invapi.call("request_cancellation", id=ends["server_id"])
    invapi.call("request_cancellation", id=ended["server_id"], cancellation_type=1)

    def found(**conditions: object) -> list[int]:
        rows = invapi.call("get_cancellation_requests", conditions).ok["message"]
        return [row["relid"] for row in rows]

    both = [ends["relid"], ended["relid"]]
    assert found() == found(period_from=day(-1), period_to=day(1)) == both
    assert found(period_from=day(2)) == found(period_to=day(-2)) == []
    assert found(cancellation_type="End of Billing Period") == found(cancellation_type="0") == both[:1]
    assert found(cancellation_type="immediate") == found(billing_status="Cancelled") == both[1:]
    assert found(id=ended["server_id"]) == both[1:]
    assert found(cancellation_type="Never") == []
    told = invapi.call("get_cancellation_requests", period_from="tomorrow").failure
    assert told == "period_from must be a date like 2026-01-31"


def test_whmcs_asks_for_it(api: Api, log_in: Callable[[str], Invapi], register: Register) -> None:
    """AddCancelRequest does what request_cancellation does, and refuses what was asked for already."""
    client_id = api.client()
    invapi = log_in(client_id)
    made = register.new(client_id)
    relid = str(made["relid"])
    form = {"serviceid": relid, "type": "End of Billing Period", "reason": "Moved"}
    assert api.ok("AddCancelRequest", **form) == {
        "result": "success",
        "serviceid": relid,
        "userid": int(client_id),
    }
    assert api.send("AddCancelRequest", form).message == "Existing Cancellation Request Exists"
    assert row_of(invapi, made["relid"])["cr_reason"] == "Moved"
    assert invapi.call("request_cancellation", id=made["server_id"]).ok["data"]["relid"] == made["relid"]
    api.ok("AddCancelRequest", serviceid=relid, type="immediate")
    assert len(api.credit_rows(client_id)) == 1
    told = api.send("AddCancelRequest", {"serviceid": relid})
    assert told.message == "The service is Cancelled"


def test_what_is_over_ends_with_the_next_run(
    api: Api, log_in: Callable[[str], Invapi], register: Register
) -> None:
    """GenInvoices ends it, of one client or of all, and invoices nothing for it."""
    one, other = (log_in(api.client()) for _ in range(2))
    for invapi in (one, other):
        server = register.new(invapi.client_id)["server_id"]
        invapi.call("request_cancellation", id=server)
        register.ask("PATCH", f"/{server}", {"next_due_date": day(0)})
        invapi.known["server"] = str(server)
    status = "billing_status"
    assert api.ok("GenInvoices", clientid=one.client_id)["numcreated"] == 0
    assert one.call("get_billing_data", id=one.known["server"]).ok[status] == "Cancelled"
    assert other.call("get_billing_data", id=other.known["server"]).ok[status] == "Active"
    api.ok("GenInvoices")
    assert other.call("get_billing_data", id=other.known["server"]).ok[status] == "Cancelled"
    assert api.ok("GetInvoices", userid=other.client_id)["totalresults"] == 0


def test_reasons_are_forgotten_with_the_person(
    api: Api, dsn: str, log_in: Callable[[str], Invapi], register: Register, fetch: Callable[..., object]
) -> None:
    """They are sealed in the log; once the person is erased they are nowhere, and none is taken any more."""
    secret = "Because of Mallory"
    invapi = log_in(api.client())
    servers = [register.new(invapi.client_id)["server_id"] for _ in range(2)]
    invapi.call("request_cancellation", id=servers[0], cancellation_reason=secret)
    stored = "select string_agg(data::text, '') from es.event where lane = 0 and stream_id = $1"
    assert secret not in str(fetch(stored, f"account-{invapi.client_id}"))
    erased = creditledger("erase", "client", str(invapi.client_id), "--yes", CREDITLEDGER_DSN=dsn)
    assert erased.returncode == 0, erased.stderr
    told = invapi.call("request_cancellation", id=servers[1], cancellation_reason=secret).ok["data"]
    assert told["cancellation_reason"] == ""
    rows = invapi.call("get_cancellation_requests").ok["message"]
    assert [row["cr_reason"] for row in rows] == ["", ""]


def test_an_idempotency_key_keeps_the_first_answer(ada: Invapi, register: Register) -> None:
    """Though the request was withdrawn meanwhile."""
    server = register.new(ada.client_id)["server_id"]
    body = f"action=request_cancellation&token={ada.token}&id={server}"
    headers = {"Idempotency-Key": f"end-{server}"}
    first = ada.send("whmcs", body, headers=headers)
    ada.call("delete_cancellation_request", id=server)
    again = ada.send("whmcs", body, headers=headers)
    assert again.ok == first.ok
    assert again.headers["Idempotency-Hit"] == "true"
    assert ada.call("get_cancellation_requests", id=server).ok["message"] == []


def test_the_whole_ledger_holds(dsn: str, ada: Invapi, register: Register) -> None:
    """With all of this in it: chain, read models, double entry, sums of credit, names and personal keys."""
    server = register.new(ada.client_id)["server_id"]
    ada.call("request_cancellation", id=server, cancellation_type=1)
    verified = creditledger("verify", CREDITLEDGER_DSN=dsn)
    assert verified.returncode == 0, verified.stdout
    today = datetime.now(UTC).date().isoformat()
    books = creditledger("export", "csv", "--from", today, CREDITLEDGER_DSN=dsn)
    assert books.returncode == 0, books.stderr
    assert "Income:Refunds" in books.stdout
