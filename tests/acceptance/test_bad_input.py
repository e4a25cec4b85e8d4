"""What no well-behaved client sends: the answer is the protocol's JSON error, and nothing is recorded.

The server survives each of them, and never meets an error it did not expect (`conftest` watches its log).
Documented refusals are in `test_error_texts`, what is no request at all in `test_broken_requests`, random
parameters in `test_random_requests`.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import CLIENT, unused_email

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.client import Answer, Api
    from tests.acceptance.conftest import Log

AMOUNT_FORMAT = "Amount must be in decimal format: ### or ###.##"
NO_NUMBERS = [
    *("1,000.00", "1e3", "NaN", "inf", "0x10", "1_000", "1.5.0", "1.", ".5", "--1", "$5", "\u0663", "\uff11"),
    *("9" * 30, "0" * 41, "[object Object]", "undefined"),
]
NO_DATES = ["2026-02-30", "2025-02-29", "2026-13-01", "0000-00-00", "20260230", "99999-01-01", "tomorrow"]
NO_TIMES = ["2026-01-01 24:00:01", "2026-01-01 23:60:00", "2026-02-30 10:00:00", "2026-01-01 10:00:00.5"]
NO_IDS = [
    *("0", "-1", "+1", "1.0", "1e0", "9223372036854775807", "9223372036854775808", "9" * 40, "0" * 30 + "1"),
    *("undefined", "[object Object]", "true", "null", "\u0663", "1;drop table es.event", "' or 1=1 --"),
]


@pytest.fixture(scope="module")
def client(api: Api) -> str:
    """A client with credit of 10.00."""
    return api.client("10.00")


@pytest.fixture(scope="module")
def invoice(api: Api, client: str) -> str:
    """An unpaid invoice over 5.00."""
    return api.invoice(client, "5.00")


@pytest.fixture(autouse=True)
def _nothing_recorded(api: Api, log: Log, client: str, invoice: str) -> Iterator[None]:
    """Nothing is recorded, and the server still answers."""
    with log.unchanged():
        yield
        assert api.balance(client) == "10.00"
        assert api.ok("GetInvoice", invoiceid=invoice)["balance"] == "5.00"


def refused(answer: Answer, message: str, status: int) -> None:
    """The answer says so, and in the protocol's shape."""
    assert (answer.message, answer.status) == (message, status)


@pytest.mark.parametrize("amount", [*NO_NUMBERS, "-0", "-0.00", "-1", "1.005", "100000000000000.00"])
def test_amounts_of_credit(api: Api, client: str, amount: str) -> None:
    """AddCredit takes plain decimals of up to two places and nothing else."""
    refused(api.send("AddCredit", {"clientid": client, "amount": amount}), AMOUNT_FORMAT, 200)


@pytest.mark.parametrize("amount", [*NO_NUMBERS, "100000000000000.00"])
def test_amounts_applied_and_paid(api: Api, client: str, invoice: str, amount: str) -> None:
    """No other action guesses at an amount either."""
    refused(api.send("ApplyCredit", {"invoiceid": invoice, "amount": amount}), AMOUNT_FORMAT, 200)
    payment = {"invoiceid": invoice, "transid": "T", "gateway": "paypal"}
    refused(api.send("AddInvoicePayment", {**payment, "amount": amount}), AMOUNT_FORMAT, 200)
    refused(api.send("AddInvoicePayment", {**payment, "fees": amount}), AMOUNT_FORMAT, 200)
    refused(api.send("CreateInvoice", {"userid": client, "itemamount1": amount}), AMOUNT_FORMAT, 200)


@pytest.mark.parametrize("amount", ["-0", "-0.00", "-5", "0.001", "-0.001"])
def test_payments_of_nothing_or_less(api: Api, invoice: str, amount: str) -> None:
    """What rounds to zero is not taken for "all of it", and money does not flow backwards."""
    payment = {"invoiceid": invoice, "transid": "T", "gateway": "paypal", "amount": amount}
    refused(api.send("AddInvoicePayment", payment), AMOUNT_FORMAT, 200)


def test_sums_beyond_what_the_ledger_holds(api: Api, client: str, invoice: str) -> None:
    """The largest amount is refused where it would be added to something."""
    huge = "99999999999999.99"
    message = "Amount exceeds what the ledger can hold"
    refused(api.send("AddCredit", {"clientid": client, "amount": huge}), message, 200)
    refused(api.send("AddInvoicePayment", {"invoiceid": invoice, "amount": huge}), message, 200)
    items = {"itemamount1": huge, "itemamount2": "0.01"}
    refused(api.send("CreateInvoice", {"userid": client, **items}), message, 200)
    taxed = {"itemamount1": huge, "itemtaxed1": "1", "taxrate": "0.001"}
    refused(api.send("CreateInvoice", {"userid": client, **taxed}), message, 200)


@pytest.mark.parametrize("date", NO_DATES)
def test_dates_that_do_not_exist(api: Api, client: str, invoice: str, date: str) -> None:
    """A day that no calendar has is refused wherever a day is taken."""
    message = "Date Format is not Valid"
    refused(api.send("AddCredit", {"clientid": client, "amount": "1", "date": date}), message, 200)
    refused(api.send("AddInvoicePayment", {"invoiceid": invoice, "date": date}), message, 200)
    for name in ("date", "duedate"):
        refused(api.send("CreateInvoice", {"userid": client, name: date}), message, 200)
    for name in ("datefrom", "dateto"):
        refused(api.send("GetCredits", {"clientid": client, name: date}), message, 200)


@pytest.mark.parametrize("date", NO_TIMES)
def test_times_that_do_not_exist(api: Api, invoice: str, date: str) -> None:
    """Nor are impossible times of day taken for a payment."""
    answer = api.send("AddInvoicePayment", {"invoiceid": invoice, "date": date})
    refused(answer, "Date Format is not Valid", 200)


@pytest.mark.parametrize("number", NO_IDS)
def test_numbers_of_nothing(api: Api, number: str) -> None:
    """What numbers no client or invoice is not found, beyond 64 bits too; no transactions match it."""
    refused(api.send("AddCredit", {"clientid": number, "amount": "1"}), "Client ID Not Found", 200)
    refused(api.send("CreateInvoice", {"userid": number}), "Client ID Not Found", 200)
    refused(api.send("GetCredits", {"clientid": number}), "Client ID Not Found", 200)
    refused(api.send("GetClientsDetails", {"clientid": number}), "Client Not Found", 200)
    for action in ("GetInvoice", "ApplyCredit", "AddInvoicePayment"):
        refused(api.send(action, {"invoiceid": number}), "Invoice ID Not Found", 200)
    assert api.transactions(clientid=number) == api.transactions(invoiceid=number) == []


@pytest.mark.parametrize("number", ["9223372036854775807", "9223372036854775808", "9" * 40, "-1", "x"])
@pytest.mark.parametrize("name", ["limitstart", "limitnum"])
def test_pages_out_of_reach(api: Api, client: str, name: str, number: str) -> None:
    """A page may start anywhere and be of any size."""
    assert api.ok("GetCredits", **{"clientid": client, name: number})["totalresults"] == 1
    assert api.ok("GetTransactions", **{"clientid": client, name: number})["totalresults"] == 0


@pytest.mark.parametrize(
    ("name", "size"), [("description", 65_536), ("transid", 191), ("gateway", 256), ("paymentmethod", 256)]
)
def test_texts_too_long(api: Api, client: str, invoice: str, name: str, size: int) -> None:
    """A text beyond its limit is refused by name, not cut."""
    common = {"clientid": client, "userid": client, "invoiceid": invoice, "amount": "1"}
    actions = {"description": "AddCredit", "paymentmethod": "CreateInvoice"}
    answer = api.send(actions.get(name, "AddInvoicePayment"), {**common, name: "x" * size})
    refused(answer, f"The {name} must not be longer than {size - 1} bytes", 200)


@pytest.mark.parametrize("serialized", [b'a:1:{s:20:"%b";s:1:"x";}', b'a:1:{s:5000:"%b";s:1:"x";}'])
def test_custom_field_numbers_out_of_range(api: Api, serialized: bytes) -> None:
    """A custom field's number that no answer could carry is refused when it comes, not when it is read."""
    digits = int(serialized.split(b":")[3])
    text = base64.b64encode(serialized % (b"9" * digits)).decode()
    answer = api.send("AddClient", {**CLIENT, "email": unused_email(), "customfields": text})
    assert answer.message.startswith("Custom Fields must be a base64 encoded serialized array")
