"""Requests in the shape that each known client library gives them, in five languages.

`whmcs`, `whmcs-js`, `whmcs-api` and `whmcspy` were recorded on the wire; the others are put together from
what each is known to send. All mean the same, so all have the same effect. Odd shapes of requests are in
`test_raw_requests`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import FORM, PATH

if TYPE_CHECKING:
    from tests.acceptance.client import Answer, Api

UTF8_FORM = f"{FORM};charset=UTF-8"
MULTIPART = "multipart/form-data; boundary=----formdata-undici-0"

APPLY = {
    "whmcs (Node)": (
        FORM,
        "action=applycredit&invoiceid={N}&amount=full&responsetype=json&username={ID}&password={SEC}&accesskey=AK",
    ),
    "whmcs-js (Node)": (
        UTF8_FORM,
        "identifier={ID}&secret={SEC}&action=ApplyCredit&invoiceid={N}&amount=2&noemail=false&responsetype=json",
    ),
    "whmcs-api (Node)": (
        "GET",
        (
            "endpoint=http%3A%2F%2F127.0.0.1%3A18999%2Fincludes%2Fapi.php&identifier={ID}&secret={SEC}&accesskey=AK"
            "&responsetype=json&action=ApplyCredit&clientid=1&amount=2.0&description=x%20y&invoiceid={N}"
        ),
    ),
    "node-whmcs (Node)": (
        UTF8_FORM,
        (
            "username=&password=&identifier={ID}&secret={SEC}&accesskey=&invoiceid={N}&amount=2.00"
            "&action=ApplyCredit&responsetype=json"
        ),
    ),
    "whmcs-node (TypeScript)": (
        FORM,
        "identifier={ID}&secret={SEC}&responsetype=json&action=ApplyCredit&invoiceid={N}&noemail=true",
    ),
    "@oxheberg/whmcs-api (TypeScript)": (
        MULTIPART,
        "username={ID}&password={SEC}&responsetype=json&action=ApplyCredit&invoiceid={N}&amount=2",
    ),
    "MCP servers (TypeScript)": (
        FORM,
        (
            "identifier={ID}&secret={SEC}&accesskey=AK&action=ApplyCredit&responsetype=json&invoiceid={N}"
            "&amount=2.00&noemail=1"
        ),
    ),
    "whmcspy (Python)": (
        FORM,
        "identifier={ID}&secret={SEC}&action=ApplyCredit&responsetype=json&invoiceid={N}&noemail=False",
    ),
    "python-whmcs (Python)": (
        FORM,
        "action=ApplyCredit&username={ID}&password={SEC}&responsetype=json&invoiceid={N}&amount=2.0",
    ),
    "darthsoup/php-whmcs-api (PHP)": (
        FORM,
        "invoiceid={N}&amount=2&identifier={ID}&secret={SEC}&action=ApplyCredit&responsetype=json",
    ),
    "gufy/whmcs (PHP)": (
        FORM,
        "invoiceid={N}&amount=full&action=applycredit&username={ID}&password={SEC}&responsetype=json",
    ),
    "PeteBishwhip/WHMCSAPI (PHP)": (
        FORM,
        "action=ApplyCredit&username={ID}&password={SEC}&responsetype=json&invoiceid={N}&amount=2&noemail=0",
    ),
    "juniwalk/api-whmcs (PHP)": (
        FORM,
        "identifier={ID}&secret={SEC}&accesskey=&responsetype=json&action=ApplyCredit&invoiceid={N}&amount=2",
    ),
    "whmcsgo (Go)": (
        FORM,
        "accesskey=&action=ApplyCredit&amount=2.00&identifier={ID}&invoiceid={N}&responsetype=json&secret={SEC}",
    ),
    "whmcs_go (Go)": (
        FORM,
        "action=applycredit&invoiceid={N}&password={SEC}&responsetype=json&username={ID}",
    ),
    "ComputeStacks (Ruby)": (
        FORM,
        "action=ApplyCredit&identifier={ID}&secret={SEC}&responsetype=json&amount=2.0&invoiceid={N}",
    ),
    "Net::WHMCS (Perl)": (
        FORM,
        "invoiceid={N}&amount=2&action=applycredit&identifier={ID}&secret={SEC}&responsetype=json",
    ),
    "WHMCS_API (C#)": (
        FORM,
        "username={ID}&password={SEC}&accesskey=AK&responsetype=json&action=ApplyCredit&invoiceid={N}&amount=2",
    ),
}
"""Two of credit for an invoice of two: Content-Type (or GET), and body (or query)."""

PAYMENTS = {
    "node-whmcs (Node): a number, no date": "transid=1234&gateway=mailin&amount=2",
    "yashodhank (TypeScript): no gateway": "transid=det-1a2b&amount=2.00&date=2026-01-02+10%3A11%3A12",
    "PeteBishwhip (PHP): a day only": "transid=T-1&gateway=paypal&date=2026-01-02&amount=2&fees=0&noemail=1",
    "darthsoup (PHP): empty amount": "transid=T-1&gateway=banktransfer&date=2026-01-02+10%3A11%3A12&amount=",
    "whmcspy (Python): floats": "transid=T-1&gateway=paypal&amount=2.0&fees=0.30000000000000004",
    "gateway modules (PHP): 0 is all of it": "transid=T-1&gateway=paypal&amount=0&fees=",
}


def ask(api: Api, content_type: str, template: str, number: str) -> Answer:
    """The answer to a request of that shape."""
    text = template.format(ID=api.identifier, SEC=api.secret, N=number)
    if content_type == "GET":
        (answer,) = api.exchange(f"GET {PATH}?{text} HTTP/1.1\r\nAccept: */*\r\nHost: x\r\n\r\n".encode())
        return answer
    if content_type == MULTIPART:
        line = "--" + MULTIPART.partition("boundary=")[2]
        parts = [
            f'{line}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, _, value in (pair.partition("=") for pair in text.split("&"))
        ]
        text = "".join(parts) + f"{line}--\r\n"
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n"
    (answer,) = api.exchange(f"{head}Content-Length: {len(text)}\r\n\r\n{text}".encode())
    return answer


@pytest.mark.parametrize(("content_type", "template"), APPLY.values(), ids=APPLY)
def test_credit_applied_by_every_library(api: Api, content_type: str, template: str) -> None:
    """The invoice is paid, and three of the credit are left."""
    client = api.client("5.00")
    invoice = api.invoice(client, "2.00")
    assert ask(api, content_type, template, invoice).success == {
        "result": "success",
        "invoiceid": invoice,
        "amount": "2.00",
        "invoicepaid": "true",
    }
    assert api.balance(client) == "3.00"


@pytest.mark.parametrize("parameters", PAYMENTS.values(), ids=PAYMENTS)
def test_a_payment_reported_by_every_library(api: Api, parameters: str) -> None:
    """The invoice is paid by one transaction of two, nothing goes to credit."""
    client = api.client()
    invoice = api.invoice(client, "2.00")
    caller = "identifier={ID}&secret={SEC}&responsetype=json&action=AddInvoicePayment&invoiceid={N}&"
    answer = ask(api, FORM, caller + parameters, invoice)
    assert answer.success["result"] == "success"
    (paid,) = api.transactions(invoiceid=invoice)
    assert paid["amountin"] == "2.00"
    assert api.ok("GetInvoice", invoiceid=invoice)["status"] == "Paid"
    assert api.balance(client) == "0.00"


def test_a_library_that_asks_for_no_format(api: Api) -> None:
    """The Ruby gems take XML for what begins as such, and split anything else at `;` and `=`."""
    client = api.client("5.00")
    template = "action=addcredit&username={ID}&password={SEC}&clientid={N}&amount=1&description=x"
    added = ask(api, FORM, template, client).raw.decode()
    assert "xml version" not in added
    assert dict(pair.split("=") for pair in added.split(";") if pair)["newbalance"] == "6.00"
    listed = ask(api, FORM, "action=getcredits&username={ID}&password={SEC}&clientid={N}", client).raw
    assert b"xml version" in listed
    assert listed.count(b"<credit>\n<id>") == 2
