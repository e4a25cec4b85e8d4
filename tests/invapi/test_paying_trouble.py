"""Callbacks when something else happened before, in another process, or too often; and what is kept of it."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from service.handling.payment_links import PaymentLinks
from tests.acceptance.process import creditledger
from tests.support.callbacks import payment, signed
from tests.support.paying import GATEWAYS, KEY, LINKS, Web, unused_transaction

if TYPE_CHECKING:
    from tests.acceptance.client import Api
    from tests.acceptance.process import Server
    from tests.support.invapi import Invapi

FORM = "application/x-www-form-urlencoded"


def counted(web: Web, result: str) -> float:
    """How many callbacks had this result, as Prometheus is told."""
    pattern = rf'creditledger_requests_total{{action="callback",protocol="pay",result="{result}"}} (\S+)'
    match = re.search(pattern, web.send("/metrics").text)
    return float(match[1]) if match else 0.0


def refused(api: Api, dsn: str, invoice: str) -> str:
    """What the process of `api` refused about an invoice, as the operator is told."""
    api.ok("GetActivityLog")  # before it answers, it writes what it has not written yet
    return creditledger("refusals", "list", "--invoice", invoice, CREDITLEDGER_DSN=dsn).stdout


@pytest.fixture
def other_web(web: Web, server: Server) -> Web:
    """The same at the process that the protocols are asked at."""
    return replace(web, port=server.port, base="")


def test_two_processes_are_told_at_once(api: Api, ada: Invapi, web: Web, other_web: Web) -> None:
    """One transaction, and each is told its number."""
    number = api.invoice(str(ada.client_id), "5")
    body = payment(number, unused_transaction(), "7")
    processes = [web, other_web] * 10
    with ThreadPoolExecutor(len(processes)) as pool:
        answers = list(pool.map(lambda process: process.tell(body), processes))
    assert {(answer.status, answer.text) for answer in answers} == {(200, answers[0].text)}
    (row,) = api.transactions(invoiceid=number)
    assert row["id"] == answers[0].body["transactionid"]


def test_a_payment_that_was_entered_by_hand_with_another_amount(
    api: Api, ada: Invapi, other_web: Web, dsn: str
) -> None:
    """Is not taken for the provider's: 409, and the operator finds it among the refusals."""
    number, transaction = api.invoice(str(ada.client_id), "5"), unused_transaction()
    api.ok("AddInvoicePayment", invoiceid=number, transid=transaction, gateway=GATEWAYS[0])
    answer = other_web.tell(payment(number, transaction, "50"))
    assert (answer.status, answer.body["error"]) == (409, "transaction_id_taken")
    assert len(api.transactions(invoiceid=number)) == 1
    asked = f"A request to record a payment that its provider told of (50.00, invoice {number}) was refused: "
    assert f"{asked}This transaction was entered with another amount before." in refused(api, dsn, number)


def test_what_became_of_the_client_meanwhile(api: Api, other_web: Web, dsn: str) -> None:
    """A closed one gets its credit. For a deleted one it is refused, unless it is a retry."""
    client = api.client()
    paid, late = api.invoice(client, "5"), api.invoice(client, "5")
    body = payment(paid, unused_transaction(), "5")
    first = other_web.tell(body)
    api.ok("CloseClient", clientid=client)
    assert other_web.tell(payment(late, unused_transaction(), "2")).status == 200
    assert api.balance(client) == "2.00"
    api.ok("DeleteClient", clientid=client)
    assert other_web.tell(body).text == first.text
    answer = other_web.tell(payment(late, unused_transaction(), "3.50"))
    assert (answer.status, answer.body["error"]) == (404, "invoice_not_found")
    assert f"(3.50, invoice {late}) was refused: There is no such invoice." in refused(api, dsn, late)


def test_a_person_that_was_erased_meanwhile(api: Api, web: Web, dsn: str) -> None:
    """The account goes on: its link shows the invoice, and its payments count."""
    client = api.client()
    number = api.invoice(client, "5")
    link = PaymentLinks(KEY.encode(), 0, LINKS, 60).make(int(number), GATEWAYS[0])
    assert creditledger("erase", "client", client, "--yes", CREDITLEDGER_DSN=dsn).returncode == 0
    assert "$5.00 USD" in web.page(link).text
    assert web.tell(payment(number, unused_transaction(), "7")).status == 200
    assert "This invoice is Paid." in web.page(link).text
    assert api.balance(client) == "2.00"


def test_a_part_of_a_mass_payment_that_is_paid_by_itself(api: Api, ada: Invapi, web: Web) -> None:
    """Both payments count: what the invoice does not need a second time becomes credit."""
    parts = [api.invoice(str(ada.client_id), "5") for _ in range(2)]
    mass = ada.call("mass_pay", {"invoices[]": parts}).ok["invoice"]
    before = float(api.balance(str(ada.client_id)))
    assert web.tell(payment(parts[0], unused_transaction(), "5")).status == 200
    assert web.tell(payment(mass, unused_transaction(), "10")).status == 200
    assert {api.ok("GetInvoice", invoiceid=number)["status"] for number in (*parts, mass)} == {"Paid"}
    assert float(api.balance(str(ada.client_id))) - before == pytest.approx(5.00)


def test_wrong_signatures_hold_up_no_login(ada: Invapi, api: Api, web: Web) -> None:
    """An adapter with an old secret signs each retry anew; clients at its address go on logging in."""
    body = payment(api.invoice(str(ada.client_id), "5"), unused_transaction(), "5")
    forged = [signed(f"whsec_{guess * 43}=", body) for guess in "ABCDEF"]
    assert [web.tell(body, **fields).status for fields in forged] == [401] * 5 + [429]
    form = urlencode({"action": "login", "key": ada.key})
    told = json.loads(web.send("/shop/auth.php", "POST", form.encode(), **{"Content-Type": FORM}).text)
    assert "token" in told["result"], told


def test_an_overlap_that_cannot_be(dsn: str, web: Web, ada: Invapi, api: Api) -> None:
    """Is a mistake in the command; the secret stays as it is."""
    command = ("gateways", "callback-secret", "rotate", GATEWAYS[0], "--overlap-s", "9" * 15)
    done = creditledger(*command, CREDITLEDGER_DSN=dsn)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done
    assert web.tell(payment(api.invoice(str(ada.client_id), "5"), unused_transaction(), "5")).status == 200


def test_made_up_gateways_are_guesses(web: Web) -> None:
    """Each name that there is not costs a look into the log, so they are counted like wrong signatures."""
    answers = [web.tell(b"{}", f"made-up-{number}") for number in range(7)]
    assert [answer.status for answer in answers] == [404] * 5 + [429] * 2


def test_callbacks_are_counted(api: Api, ada: Invapi, web: Web) -> None:
    """By what became of them, as other requests are; 405 says what is allowed."""
    results = ("success", "body_not_valid", "signature_not_valid", "method_not_allowed")
    before = [counted(web, result) for result in results]
    body = payment(api.invoice(str(ada.client_id), "5"), unused_transaction(), "5")
    assert web.tell(body).status == 200
    assert web.tell(b"{}").status == 422
    assert web.tell(body, **signed(web.secret, b"{}")).status == 401
    assert web.send(f"/shop/pay/callback/{GATEWAYS[0]}").headers["Allow"] == "POST"
    assert [counted(web, result) - earlier for result, earlier in zip(results, before, strict=True)] == [
        1
    ] * 4


def test_the_ledger_verifies_afterwards(api: Api, ada: Invapi, web: Web, dsn: str) -> None:
    """Whatever the invoice was when the money came, read models, journal and sums agree with the log."""
    for status in ("Unpaid", "Paid", "Cancelled", "Draft", "Collections", "Refunded"):
        number = api.invoice(str(ada.client_id), "5")
        api.ok("UpdateInvoice", invoiceid=number, status=status)
        assert web.tell(payment(number, unused_transaction(), "7", fees="1")).status == 200
        api.ok("UpdateInvoice", invoiceid=number, status="Unpaid")
    verified = creditledger("verify", CREDITLEDGER_DSN=dsn)
    assert verified.returncode == 0, verified.stdout
