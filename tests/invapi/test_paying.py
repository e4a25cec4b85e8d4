"""Paying over the web: links of getpaymentgw, the page behind them, and the callbacks of providers."""

from __future__ import annotations

import asyncio
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from service.handling.configuration_input import new_gateway
from service.handling.payment_links import PaymentLinks
from tests.acceptance.process import creditledger
from tests.support.callbacks import payment, signed
from tests.support.gateways import set_up
from tests.support.paying import GATEWAYS, KEY, LINKS, Web, unused_transaction

if TYPE_CHECKING:
    from tests.acceptance.client import Api
    from tests.support.invapi import Invapi


def links_of(client: Invapi, web: Web, number: str) -> dict[str, str]:
    """What getpaymentgw of the server that makes links says to do, by gateway."""
    form = urlencode({"action": "getpaymentgw", "token": client.token, "invoice_id": number})
    urlencoded = {"Content-Type": "application/x-www-form-urlencoded"}
    told = json.loads(web.send("/shop/whmcs.php", "POST", form.encode(), **urlencoded).text)
    assert told["result"] == "OK", told
    return {name: method["call"] for name, method in told["methods"].items()}


def test_getpaymentgw_gives_links(api: Api, ada: Invapi, web: Web) -> None:
    """A signed URL for each gateway but the bank transfer, which stays text; nothing personal is in it."""
    number = api.invoice(str(ada.client_id), "45.50")
    calls = links_of(ada, web, number)
    for gateway in GATEWAYS:
        ends = int(time.time()) + 86_400
        match = re.fullmatch(rf"{re.escape(LINKS)}{number}\.{gateway}\.([0-9]+)\.[\w-]{{43}}", calls[gateway])
        assert match is not None, calls
        assert abs(int(match[1]) - ends) < 60


def test_getpaymentgw_without_links(api: Api, ada: Invapi, secret: str) -> None:
    """Where no key is set: the provider's own page, else the name, the sum and the number to quote."""
    assert secret
    number = api.invoice(str(ada.client_id), "45.50")
    methods = ada.call("getpaymentgw", invoice_id=number).ok["methods"]
    assert methods[GATEWAYS[0]] == {"call": f"https://pay.example.com/{number}?sum=45.50&in=USD"}
    assert methods[GATEWAYS[1]] == {"call": f"<span>web-plain: 45.50 USD, Invoice #{number}</span>"}


def test_the_page(api: Api, ada: Invapi, web: Web) -> None:
    """Invoice, sum and gateway, escaped; the sum is what is due when the page is looked at."""
    number = api.invoice(str(ada.client_id), "45.50")
    calls = links_of(ada, web, number)
    api.ok("AddInvoicePayment", invoiceid=number, transid=unused_transaction(), amount="5.50")
    answer = web.page(calls[GATEWAYS[0]])
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for expected in (
        "Shop &amp; Co",
        f"Invoice #{number}",
        "$40.00 USD",
        f'href="https://pay.example.com/{number}?sum=40.00&amp;in=USD"',
        "Pay with Pay &amp; Pal &lt;1&gt;",
    ):
        assert expected in answer.text
    plain = web.page(calls[GATEWAYS[1]]).text
    assert f"Please pay with web-plain and quote Invoice #{number}." in plain
    assert "<a " not in plain
    for personal in ("Test", "Client", "@"):
        assert personal not in answer.text


def test_a_page_of_an_invoice_that_asks_for_nothing(api: Api, ada: Invapi, web: Web) -> None:
    """A link followed after the invoice was paid or cancelled says so, and leads nowhere."""
    for status, change in (
        ("Paid", ("AddInvoicePayment", {"transid": "web"})),
        ("Cancelled", ("UpdateInvoice", {"status": "Cancelled"})),
    ):
        number = api.invoice(str(ada.client_id), "5")
        link = links_of(ada, web, number)[GATEWAYS[0]]
        api.ok(change[0], invoiceid=number, **change[1])
        answer = web.page(link)
        assert answer.status == 200
        assert f"This invoice is {status}. There is nothing to pay." in answer.text
        assert "pay.example.com" not in answer.text


def test_links_that_lead_nowhere(api: Api, ada: Invapi, web: Web) -> None:
    """Expired, of another ledger, altered, of no gateway, of no invoice: each is told, none is shown."""
    number = int(api.invoice(str(ada.client_id), "5"))
    ours = PaymentLinks(KEY.encode(), 0, LINKS, 60)
    assert web.page(ours.make(number, GATEWAYS[0])).status == 200
    over = web.page(PaymentLinks(KEY.encode(), 0, LINKS, -1).make(number, GATEWAYS[0]))
    assert (over.status, "has expired" in over.text) == (410, True)
    for link in (
        PaymentLinks(KEY.encode(), 1, LINKS, 60).make(number, GATEWAYS[0]),
        ours.make(number, GATEWAYS[0])[:-1],
        ours.make(999_999_999, GATEWAYS[0]),
        "",
    ):
        answer = web.page(link)
        assert (answer.status, "is not valid" in answer.text) == (404, True)
    gone = web.page(ours.make(number, "gone"))
    assert (gone.status, "not offered" in gone.text) == (410, True)
    assert web.send("/shop/pay/x", "POST", b"").status == 405


def test_guesses_are_counted_by_address(ada: Invapi, api: Api, web: Web) -> None:
    """Who makes up links or signatures is held, but what is signed well is taken from there, too."""
    number = api.invoice(str(ada.client_id), "5")
    link = links_of(ada, web, number)[GATEWAYS[0]]
    body = payment(number, unused_transaction(), "5")
    forged = [signed(f"whsec_{guess * 43}=", body) for guess in "ABC"]
    assert [web.tell(body, **fields).status for fields in forged] == [401, 401, 401]
    assert [web.page(f"{link[:-1]}{guess}").status for guess in "!?"] == [404, 429]
    held = web.tell(body, **forged[0])
    assert (held.status, held.body["error"]) == (429, "address_held")
    assert int(held.headers["Retry-After"]) > 0
    assert web.page(link).status == 200
    assert web.tell(body).status == 200
    other = replace(web, address="192.0.2.250")
    assert other.tell(body, **forged[0]).status == 401


def test_a_callback_pays(api: Api, ada: Invapi, web: Web) -> None:
    """Recorded as AddInvoicePayment does; both protocols see the invoice paid, and whose doing it was."""
    number = api.invoice(str(ada.client_id), "45.50")
    transaction = unused_transaction()
    answer = web.tell(payment(number, transaction, "45.50", fees="1.20"), GATEWAYS[0].upper())
    assert answer.status == 200
    assert list(answer.body) == ["result", "invoiceid", "transactionid"]
    assert (answer.body["result"], answer.body["invoiceid"]) == ("OK", int(number))
    invoice = api.ok("GetInvoice", invoiceid=number)
    assert (invoice["status"], invoice["balance"]) == ("Paid", "0.00")
    (row,) = api.transactions(transid=transaction)
    assert (row["gateway"], row["amountin"], row["fees"]) == (GATEWAYS[0], "45.50", "1.20")
    assert row["id"] == answer.body["transactionid"]
    assert ada.call("get_invoice", invoice_id=number).ok["status"] == "Paid"
    assert ada.call("transactions", invoice_id=number).ok["transactions"][0]["transid"] == transaction


def test_a_retried_callback_has_no_second_effect(api: Api, ada: Invapi, web: Web) -> None:
    """It is answered the same, marked, whatever the operator lets AddInvoicePayment do with retries."""
    number = api.invoice(str(ada.client_id), "5")
    body = payment(number, unused_transaction(), "7.00")
    before = float(api.balance(str(ada.client_id)))
    first, again = web.tell(body), web.tell(body, **signed(web.secret, body, message_id="msg_2"))
    assert (first.status, again.status, again.text) == (200, 200, first.text)
    assert "Idempotency-Hit" not in first.headers
    assert again.headers["Idempotency-Hit"] == "true"
    assert float(api.balance(str(ada.client_id))) - before == pytest.approx(2.00)
    assert len(api.transactions(invoiceid=number)) == 1


def test_fifty_identical_callbacks_at_once(api: Api, ada: Invapi, web: Web) -> None:
    """Leave one transaction, and every one of them is told its number."""
    number = api.invoice(str(ada.client_id), "5")
    body = payment(number, unused_transaction(), "5")
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: web.tell(body), range(50)))
    assert {(answer.status, answer.text) for answer in answers} == {(200, answers[0].text)}
    (row,) = api.transactions(invoiceid=number)
    assert row["id"] == answers[0].body["transactionid"]


def test_a_payment_that_was_entered_by_hand_before(api: Api, ada: Invapi, web: Web) -> None:
    """A callback about it has no effect, and tells its number."""
    number, transaction = api.invoice(str(ada.client_id), "5"), unused_transaction()
    told = api.ok("AddInvoicePayment", invoiceid=number, transid=transaction, gateway=GATEWAYS[0])
    answer = web.tell(payment(number, transaction, "5"))
    assert (answer.status, answer.body["transactionid"]) == (200, told["transactionid"])
    assert len(api.transactions(invoiceid=number)) == 1


@pytest.mark.parametrize(
    ("before", "amount", "status", "credit"),
    [
        ("", "3.00", "Unpaid", 0.0),
        ("", "8.00", "Paid", 3.0),
        ("Paid", "5.00", "Paid", 5.0),
        ("Cancelled", "5.00", "Cancelled", 5.0),
    ],
)
def test_money_is_never_dropped(
    api: Api, ada: Invapi, web: Web, before: str, amount: str, status: str, credit: float
) -> None:
    """Too little is a part payment; what the invoice does not take, or cannot any more, becomes credit."""
    number = api.invoice(str(ada.client_id), "5")
    if before:
        api.ok("UpdateInvoice", invoiceid=number, status=before)
    balance = float(api.balance(str(ada.client_id)))
    assert web.tell(payment(number, unused_transaction(), amount)).status == 200
    assert api.ok("GetInvoice", invoiceid=number)["status"] == status
    assert float(api.balance(str(ada.client_id))) - balance == pytest.approx(credit)


def test_a_callback_that_says_something_else_the_second_time(api: Api, ada: Invapi, web: Web) -> None:
    """Another amount or invoice under the same number is refused, and nothing is recorded."""
    one, two = (api.invoice(str(ada.client_id), "5") for _ in range(2))
    transaction = unused_transaction()
    assert web.tell(payment(one, transaction, "5")).status == 200
    for body in (payment(one, transaction, "4"), payment(two, transaction, "5")):
        answer = web.tell(body)
        assert (answer.status, answer.body["error"]) == (409, "key_reused")
    assert len(api.transactions(transid=transaction)) == 1


def test_callbacks_that_are_refused(api: Api, ada: Invapi, web: Web) -> None:
    """Each for its own reason, with a code and a sentence; nothing is recorded, not even in half."""
    number = api.invoice(str(ada.client_id), "5")
    transaction = unused_transaction()
    good = payment(number, transaction, "5")
    cases = [
        (web.tell(payment(number, transaction, "5", currency="EUR")), 422, "currency_mismatch"),
        (web.tell(payment(999_999_999, unused_transaction(), "5")), 404, "invoice_not_found"),
        (web.tell(payment(number, "", "5")), 422, "body_not_valid"),
        (web.tell(b"{}"), 422, "body_not_valid"),
        (web.tell(good, GATEWAYS[1]), 404, "gateway_not_found"),
        (web.tell(good, "no/such"), 404, "gateway_not_found"),
        (web.tell(good, **signed(web.secret, good, at=time.time() - 400)), 401, "signature_not_valid"),
        (web.tell(good, **signed(web.secret, b"{}")), 401, "signature_not_valid"),
        (web.send(f"/shop/pay/callback/{GATEWAYS[0]}"), 405, "method_not_allowed"),
        (web.tell(b"x" * (2 << 20)), 413, "request_not_valid"),
    ]
    for answer, status, code in cases:
        assert (answer.status, answer.body["error"]) == (status, code), answer
        assert answer.body["result"] == "error"
        assert answer.body["message"]
    assert api.transactions(transid=transaction) == []


def test_the_operators_commands(dsn: str, api: Api, ada: Invapi, web: Web) -> None:
    """A secret is shown once; a new one counts at once in a process that runs, beside the one before."""
    gateway = "web-rotated"

    def operate(*arguments: str) -> str:
        done = creditledger("gateways", *arguments, CREDITLEDGER_DSN=dsn)
        assert done.returncode == 0, done
        return done.stdout

    def told(text: str) -> str:
        match = re.fullmatch(rf"gateway  {gateway}\nsecret   (whsec_\S+)\n", text)
        assert match is not None, text
        return match[1]

    asyncio.run(set_up(dsn, new_gateway(gateway, "")))
    first = told(operate("callback-secret", "create", gateway))
    body = payment(api.invoice(str(ada.client_id), "5"), unused_transaction(), "5")
    assert web.tell(body, gateway, **signed(first, body)).status == 200
    second = told(operate("callback-secret", "rotate", gateway))
    for secret in (second, first):
        assert web.tell(body, gateway, **signed(secret, body)).status == 200
    page = operate("page", gateway, "https://pay.example.com/{invoice}")
    assert page == f"Who pays by {gateway} is led on to that page.\n"
    shown = f"{gateway}  {gateway}  https://pay.example.com/{{invoice}}  with callbacks\n"
    assert shown in operate("list")
    removed = operate("callback-secret", "remove", gateway)
    assert removed == f"Callbacks of {gateway} are not taken any more.\n"
    listed = json.loads(operate("list", "--json"))
    page_of_it = "https://pay.example.com/{invoice}"
    assert {"name": gateway, "shown": gateway, "page": page_of_it, "callbacks": False} in listed
