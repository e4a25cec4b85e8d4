"""A client's token opens that client's account and no other, whatever method it is sent to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.invapi.methods import METHODS
from tests.acceptance.client import unused
from tests.support.register import Register, day

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.client import Api
    from tests.support.invapi import Invapi
    from tests.support.jira import LocalJira

SECRET_TEXT = "Known only to Ada"
WITH_TOKEN = sorted(name for name, method in METHODS.items() if method.needs_token)


@pytest.fixture(scope="module")
def victim(api: Api, log_in: Callable[[str], Invapi]) -> Invapi:
    """A client who has one of everything, each with a text that nobody else's things have.

    One service is due long since, of another it is noted that it is to end.
    """
    client_id = api.client(credit="500")
    api.ok("UpdateClient", clientid=client_id, companyname=SECRET_TEXT)
    register = Register(api.port, api.identifier, api.secret)
    service = register.new(client_id, product=SECRET_TEXT, next_due_date=day(-40))
    ending = register.new(client_id, product=SECRET_TEXT)
    line = {
        "itemdescription1": SECRET_TEXT,
        "itemamount1": "12",
        "itemtype1": "Hosting",
        "itemrelid1": service["relid"],
    }
    invoices = [str(api.ok("CreateInvoice", userid=client_id, **line)["invoiceid"]) for _ in range(2)]
    transid = unused("TX-of-Ada")
    paid = {"invoiceid": invoices[0], "transid": transid, "gateway": "paypal", "amount": 1}
    transaction_id = api.ok("AddInvoicePayment", **paid)["transactionid"]
    api.ok("AddBillableItem", clientid=client_id, description=SECRET_TEXT, amount=3, invoiceaction="nextcron")
    contact_id = api.ok("AddContact", clientid=client_id, firstname=SECRET_TEXT)["contactid"]
    invapi = log_in(client_id)
    invapi.call("request_cancellation", id=ending["server_id"], cancellation_reason=SECRET_TEXT)
    invapi.known = {
        "first": invoices[0],
        "second": invoices[1],
        "transid": transid,
        "transaction": str(transaction_id),
        "contact": str(contact_id),
        "server": str(service["server_id"]),
        "service": str(service["relid"]),
        "ending server": str(ending["server_id"]),
        "ending service": str(ending["relid"]),
    }
    return invapi


@pytest.fixture(scope="module")
def stranger(api: Api, log_in: Callable[[str], Invapi]) -> Invapi:
    """Another client, with credit enough to pay with."""
    return log_in(api.client(credit="500"))


def _everything_of(victim: Invapi) -> list[dict[str, str]]:
    """All ways to name what is the victim's, in every form that clients send."""
    known, client_id = victim.known, str(victim.client_id)
    shared = {
        "clientid": client_id,
        "client_id": client_id,
        "client": client_id,
        "userid": client_id,
        "account_id": known["service"],
        "product": known["service"],
        "invoice_id": known["first"],
        "amount": "1",
        "contact_id": known["contact"],
        "email": "",
        "id": known["server"],
        "server_id": known["server"],
        "inv_id": known["server"],
        "relid": known["service"],
        "cancellation_type": "1",
        "cancellation_reason": "Stolen",
    }
    of_the_ending_service = dict.fromkeys(("id", "server_id", "inv_id"), known["ending server"])
    of_the_ending_service |= dict.fromkeys(("account_id", "product", "relid"), known["ending service"])
    return [
        {**shared, **of_the_ending_service},
        {
            **shared,
            "transaction_id": known["transid"],
            "invoices[0]": known["first"],
            "invoices[1]": known["second"],
        },
        {
            "transaction_id": known["transaction"],
            "amount": "30",
            "params[contact_id]": known["contact"],
            "params[email]": "stolen@example.com",
            "params[firstname]": "Stolen",
            "params[amount]": "30",
            "profile_data[client_id]": client_id,
            "profile_data[billing_firstname]": "Stolen",
            "profile_data[billing_email]": "stolen@example.com",
        },
    ]


@pytest.mark.parametrize("name", sorted(METHODS))
def test_nothing_of_another_client_is_told_or_changed(
    victim: Invapi, stranger: Invapi, fetch: Callable[..., object], jira: LocalJira, name: str
) -> None:
    """The victim's stream stays as long as it was, no text or number of its own comes back, and nobody is
    asked about its services.
    """
    stream = f"account-{victim.client_id}"
    length = "select count(*) from es.event where lane = 0 and stream_id = $1"
    before = fetch(length, stream)
    tickets = set(jira.tickets)
    for form in _everything_of(victim):
        raw = stranger.call(name, form).raw.decode()
        assert SECRET_TEXT not in raw
        assert victim.known["transid"] not in raw
        for number in ("first", "second"):
            assert f'"invoiceid":{victim.known[number]},' not in raw
        for number in ("service", "ending service"):
            assert f'"relid":{victim.known[number]},' not in raw
    assert fetch(length, stream) == before
    assert set(jira.tickets) == tickets


def test_the_victim_itself_sees_it_all(victim: Invapi) -> None:
    """What the tests above look for is there: for whom it belongs to."""
    told = "".join(
        victim.call(name, form).raw.decode()
        for name in ("get_client", "get_invoice", "get_related_invoices", "transactions", "get_billing_data")
        for form in _everything_of(victim)
    )
    (request,) = victim.call("get_cancellation_requests", id=victim.known["ending server"]).ok["message"]
    assert (str(request["relid"]), request["cr_reason"]) == (victim.known["ending service"], SECRET_TEXT)
    assert f'"relid":{victim.known["service"]},' in told
    assert SECRET_TEXT in told
    assert victim.known["transid"] in told
    assert f'"invoiceid":{victim.known["first"]},' in told


@pytest.mark.parametrize(
    ("name", "parameter", "text"),
    [
        ("get_invoice", "invoice_id", "invalid invoice id {} at whmcs_ru"),
        ("getpaymentgw", "invoice_id", "failed to retrive payment gw list: Invoice ID Not Found"),
        ("download_invoice", "invoice_id", "Invalid invoice id or invalid billing location"),
        ("transactions", "invoice_id", "failed to retrive transactions - Invoice ID Not Found"),
    ],
)
def test_anothers_is_not_found(
    victim: Invapi, stranger: Invapi, name: str, parameter: str, text: str
) -> None:
    """In the very words for what never was."""
    number = victim.known["first"]
    assert stranger.call(name, {parameter: number}).failure == text.format(number)


def test_anothers_invoice_cannot_be_paid(victim: Invapi, stranger: Invapi) -> None:
    """Not even with one's own credit, alone or together with one's own."""
    told = stranger.call("apply_credit", invoice_id=victim.known["first"], amount=1).failure
    assert "Invoice ID Not Found" in told
    told = stranger.call("mass_pay", {"invoices[]": [victim.known["first"], victim.known["second"]]}).failure
    assert told == "Invoice ID Not Found"


@pytest.mark.parametrize("name", WITH_TOKEN)
@pytest.mark.parametrize("token", ["", "x", "f" * 64, "0" * 1000, "é"])
def test_without_a_token_nothing(
    victim: Invapi, anybody: Invapi, head: Callable[[], object], name: str, token: str
) -> None:
    """Every method that is about a client refuses, and nothing is recorded."""
    before = head()
    for form in _everything_of(victim):
        answer = anybody.call(name, form, token=token)
        assert answer.failure
        assert SECRET_TEXT not in answer.raw.decode()
    assert head() == before


def test_the_token_of_the_body_counts(victim: Invapi, stranger: Invapi) -> None:
    """A second token in the query changes nothing about whose request it is."""
    answer = stranger.send(
        "whmcs", f"action=get_client&token={stranger.token}", query=f"token={victim.token}&action=getcredits"
    )
    assert answer.ok["client"]["id"] == stranger.client_id
