"""One effect however often it is asked for: every command under a caller's own key, and retried payments.

The key comes as the header `Idempotency-Key` or as the field `idempotencykey`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import CLIENT, Api, unused, unused_email

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.client import Answer
    from tests.acceptance.conftest import Log

Parameters = dict[str, str]

COMMANDS = (
    *("AddClient", "AddCredit", "CreateInvoice", "ApplyCredit", "AddInvoicePayment"),
    *("UpdateInvoice", "AddTransaction", "UpdateTransaction", "CapturePayment"),
)
REUSED = "The idempotency key was used before with another request"
CROWD = 20


@pytest.fixture(params=["header", "field"])
def send(api: Api, request: pytest.FixtureRequest) -> Callable[[str, Parameters, str], Answer]:
    """Sends a command under a key, in either way."""
    if request.param == "header":
        return lambda action, parameters, key: api.send(action, parameters, {"Idempotency-Key": key})
    return lambda action, parameters, key: api.send(action, {**parameters, "idempotencykey": key})


def parameters_of(api: Api, action: str) -> Parameters:
    """Parameters with which the command succeeds once and would succeed, or be refused, again."""
    if action == "AddClient":
        return {**CLIENT, "email": unused_email()}
    client = api.client("50.00")
    if action == "AddCredit":
        return {"clientid": client, "amount": "1.00", "description": "Once"}
    if action == "CreateInvoice":
        return {"userid": client, "itemdescription1": "Once", "itemamount1": "1.00"}
    invoice = api.invoice(client, "10.00")
    if action == "ApplyCredit":
        return {"invoiceid": invoice, "amount": "full"}
    if action == "AddInvoicePayment":
        return {"invoiceid": invoice, "transid": "", "gateway": "paypal", "amount": "15.00"}
    return more_parameters_of(api, action, client, invoice)


def more_parameters_of(api: Api, action: str, client: str, invoice: str) -> Parameters:
    """The same, of commands that change an invoice, or tell of transactions by hand."""
    if action == "UpdateInvoice":
        return {"invoiceid": invoice, "newitemdescription[0]": "Once", "newitemamount[0]": "1.00"}
    if action == "AddTransaction":
        return {"userid": client, "paymentmethod": "mailin", "transid": unused("T"), "amountin": "1.00"}
    if action == "UpdateTransaction":
        paid = {"invoiceid": invoice, "gateway": "paypal", "amount": "15.00"}
        number = api.ok("AddInvoicePayment", **paid)["transactionid"]
        return {"transactionid": str(number), "amountin": "9.00"}
    return {"invoiceid": api.invoice(client, "10.00", paymentmethod="credit")}


def at_once(count: int, work: Callable[[], Answer]) -> list[Answer]:
    """The answers to that many requests sent at the same moment."""
    barrier = Barrier(count)

    def wait_for_all() -> Answer:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(wait_for_all) for _ in range(count)]]


@pytest.mark.parametrize("action", COMMANDS)
def test_the_same_again(
    api: Api, log: Log, send: Callable[[str, Parameters, str], Answer], action: str
) -> None:
    """The same request under the same key brings the first answer again, marked, and does nothing."""
    parameters, key = parameters_of(api, action), unused("key")
    first = send(action, parameters, key)
    assert "Idempotency-Hit" not in first.headers
    with log.unchanged():
        for _ in range(3):
            again = send(action, parameters, key)
            assert again.raw == first.raw
            assert again.success == first.success
            assert again.headers["Idempotency-Hit"] == "true"
            assert again.headers["Ledger-Position"] == first.headers["Ledger-Position"]


@pytest.mark.parametrize("action", COMMANDS)
def test_another_request_under_the_same_key(
    api: Api, log: Log, send: Callable[[str, Parameters, str], Answer], action: str
) -> None:
    """A key that was used for another request is refused with 409 and does nothing."""
    key = unused("key")
    assert send(action, parameters_of(api, action), key).success
    others = [(other, parameters_of(api, other)) for other in COMMANDS]
    for other, parameters in others:
        with log.unchanged():
            answer = send(other, parameters, key)
        assert (answer.message, answer.status) == (REUSED, 409)


def test_header_and_field_are_the_same_key(api: Api, log: Log) -> None:
    """What was sent under a key in the header is known under the key in the field."""
    parameters, key = parameters_of(api, "AddCredit"), unused("key")
    first = api.send("AddCredit", parameters, {"Idempotency-Key": key})
    with log.unchanged():
        again = api.send("AddCredit", {**parameters, "idempotencykey": key})
    assert (again.raw, again.headers["Idempotency-Hit"]) == (first.raw, "true")


def test_a_retry_may_look_different(api: Api, log: Log) -> None:
    """Order, case of the action and the way credentials come do not make it another request."""
    parameters, key = parameters_of(api, "AddCredit"), unused("key")
    first = api.send("AddCredit", parameters, {"Idempotency-Key": key})
    pair = {"username": api.identifier, "password": api.secret, "action": "ADDCREDIT", "responsetype": "JSON"}
    with log.unchanged():
        again = api.post(dict(reversed([*parameters.items(), *pair.items()])), {"Idempotency-Key": key})
    assert (again.raw, again.headers["Idempotency-Hit"]) == (first.raw, "true")


def test_a_refused_request_does_not_use_its_key_up(api: Api) -> None:
    """What was refused may be tried again under the same key, once it can succeed."""
    client = api.client()
    invoice = api.invoice(client, "5.00")
    key = {"Idempotency-Key": unused("key")}
    refused = api.send("ApplyCredit", {"invoiceid": invoice}, key)
    assert refused.message == "Amount exceeds customer credit balance"
    api.ok("AddCredit", clientid=client, amount="5.00", description="Now")
    accepted = api.send("ApplyCredit", {"invoiceid": invoice}, key)
    assert accepted.success["invoicepaid"] == "true"
    assert "Idempotency-Hit" not in accepted.headers


@pytest.mark.parametrize("key", ["", "é", "a\tb", "x" * 256])
def test_keys_that_are_none(api: Api, log: Log, key: str) -> None:
    """A key that cannot be one is refused: taking the request without it would be a trap."""
    client = api.client()
    with log.unchanged():
        answer = api.send(
            "AddCredit",
            {"clientid": client, "amount": "1"},
            {"Idempotency-Key": key.encode().decode("latin-1")},
        )
    assert answer.message == "The idempotency key must be 1 to 255 printable characters"
    assert answer.status == 400


@pytest.mark.parametrize("action", COMMANDS)
def test_identical_requests_at_once(
    api: Api, log: Log, send: Callable[[str, Parameters, str], Answer], action: str
) -> None:
    """Twenty equal requests at the same moment: one effect, twenty equal answers, nineteen of them marked."""
    parameters, key = parameters_of(api, action), unused("key")
    before = log.head()
    answers = at_once(CROWD, lambda: send(action, parameters, key))
    assert {answer.raw for answer in answers} == {answers[0].raw}
    assert answers[0].success
    assert sum("Idempotency-Hit" in answer.headers for answer in answers) == CROWD - 1
    assert log.head() == int(answers[0].headers["Ledger-Position"])
    assert log.head() - before <= 3  # a payment, the invoice settled, what was left over


def test_different_requests_under_one_key_at_once(api: Api) -> None:
    """Twenty different requests under one key at the same moment: one is carried out, the others refused."""
    client, key = api.client(), unused("key")
    amounts = iter([f"{number}.00" for number in range(1, CROWD + 1)])
    answers = at_once(
        CROWD,
        lambda: api.send("AddCredit", {"clientid": client, "amount": next(amounts), "idempotencykey": key}),
    )
    (carried_out,) = [answer for answer in answers if answer.status == 200]
    assert api.balance(client) == carried_out.success["newbalance"]
    assert {answer.message for answer in answers if answer is not carried_out} == {REUSED}


def test_retried_payment(api: Api, log: Log) -> None:
    """A gateway's callback that comes again, without any key, is a success and one transaction."""
    client = api.client()
    invoice = api.invoice(client, "10.00")
    payment = {"invoiceid": invoice, "transid": unused("T"), "gateway": "paypal", "amount": "12.50"}
    assert api.send("AddInvoicePayment", payment).success
    for retried in (payment, {**payment, "amount": "99.00"}, {**payment, "date": "2026-01-01"}):
        with log.unchanged():
            assert api.send("AddInvoicePayment", retried).success
    (transaction,) = api.transactions(invoiceid=invoice)
    assert transaction["amountin"] == "12.50"
    assert api.balance(client) == "2.50"


def test_retried_payments_at_once(api: Api) -> None:
    """Twenty callbacks of one payment at the same moment: twenty successes, one transaction."""
    client = api.client()
    invoice = api.invoice(client, "10.00")
    payment = {"invoiceid": invoice, "transid": unused("T"), "gateway": "paypal", "amount": "10.00"}
    answers = at_once(CROWD, lambda: api.send("AddInvoicePayment", payment))
    assert all(answer.success for answer in answers)
    assert len(api.transactions(invoiceid=invoice)) == 1
    assert api.balance(client) == "0.00"


def test_another_gateway_or_invoice_is_another_payment(api: Api) -> None:
    """The same number from another gateway, or for another invoice, is not the same payment."""
    client, number = api.client(), unused("T")
    first, second = api.invoice(client, "10.00"), api.invoice(client, "10.00")
    for invoice, gateway in ((first, "paypal"), (first, "stripe"), (second, "paypal")):
        api.ok("AddInvoicePayment", invoiceid=invoice, transid=number, gateway=gateway, amount="10.00")
    assert len(api.transactions(clientid=client, transid=number)) == 3
    assert api.balance(client) == "10.00"
