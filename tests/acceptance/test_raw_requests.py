"""Requests byte for byte as client libraries in many languages send them, recorded from those libraries.

Lives here: what has to be understood. What has to be refused is in `test_bad_input`.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import FORM, PATH, read_answers

if TYPE_CHECKING:
    from tests.acceptance.client import Answer, Api
    from tests.acceptance.conftest import Log

BOUNDARY = "----formdata-undici-028841467192"

CALLER = "identifier={ID}&secret={SEC}&responsetype=json"
"""Who calls, and that JSON is wanted."""

POSTED = {
    "whmcs": (
        FORM,
        (
            "action=addcredit&clientid={client}&amount=10.5&description=hi%20%26%20%C3%A9"
            "&responsetype=json&username={ID}&password={SEC}&accesskey=AK"
        ),
    ),
    "whmcs-js": (
        f"{FORM};charset=UTF-8",
        (
            "identifier={ID}&secret={SEC}&action=AddCredit&clientid={client}&amount=10.5"
            "&description=hi+%26+%C3%A9&responsetype=json"
        ),
    ),
    "node-whmcs": (
        f"{FORM}; charset=utf-8",
        (
            "username=&password=&identifier={ID}&secret={SEC}&accesskey=&action=addCredit"
            "&clientid={client}&amount=10.50&description=hi+%26+é&type=add&date=&adminid=&responsetype=json"
        ),
    ),
    "other pair of names": (
        FORM.upper(),
        (
            "identifier=&secret=&username={ID}&password={SEC}&action=ADDCREDIT&clientid={client}"
            "&amount=10.5&description=hi%20&%20=%20&description=hi%20%26%20%C3%A9&responsetype=JSON"
        ),
    ),
    "parameters of earlier calls, and junk": (
        FORM,
        (
            "endpoint=http%3A%2F%2Flocalhost%2Fincludes%2Fapi.php&foo=undefined&bar=%5Bobject+Object%5D"
            "&list=a%2Cb&tags%5B0%5D=a&tags%5B1%5D=b&invoiceid=9&amount=99&clientid=&action=x&amount=10.5"
            "&{CALLER}&clientid={client}&description=hi%20%26%20%c3%a9&action=aDdCrEdIt&"
        ),
    ),
}
"""How libraries post AddCredit: Content-Type and body."""


def request(
    body: str | bytes = b"",
    *,
    target: str = PATH,
    method: str = "POST",
    content_type: str = FORM,
    extra: str = "",
) -> bytes:
    """A request as a browserless client sends it."""
    raw = body.encode() if isinstance(body, str) else body
    head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:18999\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(raw)}\r\n{extra}\r\n".encode() + raw


def form(api: Api, template: str, client: str, invoice: str = "") -> str:
    """A recorded body or query with this test's credential and numbers in it."""
    names = {"ID": api.identifier, "SEC": api.secret, "client": client, "invoice": invoice}
    return template.replace("{CALLER}", CALLER).format_map(names)


def one(api: Api, raw: bytes) -> Answer:
    """The answer to one request."""
    (answer,) = api.exchange(raw)
    return answer


@pytest.mark.parametrize(("content_type", "template"), POSTED.values(), ids=POSTED)
def test_add_credit_as_posted_by_libraries(api: Api, content_type: str, template: str) -> None:
    """Any order, case, encoding of spaces and junk beside: the same credit with the same text."""
    client = api.client()
    answer = one(api, request(form(api, template, client), content_type=content_type))
    assert answer.success["newbalance"] == "10.50"
    (row,) = api.credit_rows(client)
    assert (row["amount"], row["description"]) == ("10.50", "hi & é")


def test_everything_in_the_query(api: Api) -> None:
    """One library sends GET, and every earlier call's parameters with each call."""
    client = api.client("5.00")
    invoice = api.invoice(client, "1.50")
    sticky = "endpoint=http%3A%2F%2F127.0.0.1&identifier={ID}&secret={SEC}&accesskey=AK&responsetype=json"
    added = "&action=AddCredit&clientid={client}&amount=1.5&description=x%20y"
    applied = "&action=ApplyCredit&clientid={client}&amount=1.5&description=x%20y&invoiceid={invoice}"
    first, second = api.exchange(
        b"".join(
            f"GET {PATH}?{form(api, sticky + call, client, invoice)} HTTP/1.1\r\n"
            "Accept: */*\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n".encode()
            for call in (added, applied)
        ),
        2,
    )
    assert first.success["newbalance"] == "6.50"
    assert second.raw == b'{"result":"success","invoiceid":"%s","amount":"1.50","invoicepaid":"true"}' % (
        invoice.encode()
    )


def test_body_wins_over_query(api: Api) -> None:
    """PHP reads the query first and the body over it."""
    client = api.client()
    target = form(api, f"{PATH}?{{CALLER}}&action=GetCredits&amount=9", client)
    body = form(api, "action=AddCredit&clientid={client}&amount=1", client)
    assert one(api, request(body, target=target)).success["newbalance"] == "1.00"


def test_multipart(api: Api) -> None:
    """Text parts are parameters; a file among them is not."""
    client = api.client()
    fields = {
        "responsetype": "json",
        "username": api.identifier,
        "password": api.secret,
        "action": "AddCredit",
        "clientid": client,
        "amount": "2.25",
        "description": "größer + 1 & 2%20",
        "tags[]": "a",
    }
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()
    ]
    parts.append(
        'Content-Disposition: form-data; name="amount"; filename="a.txt"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n999"
    )
    body = "".join(f"--{BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{BOUNDARY}--\r\n"
    answer = one(api, request(body, content_type=f"multipart/form-data; boundary={BOUNDARY}"))
    assert answer.success["newbalance"] == "2.25"
    assert api.credit_rows(client)[0]["description"] == "größer + 1 & 2%20"


@pytest.mark.parametrize("name", ["getcredits", "GetCredits", "GETCREDITS", "gEtCrEdItS", "%20GetCredits%20"])
def test_action_in_any_case(api: Api, name: str) -> None:
    """The action's name may be written anyhow."""
    client = api.client()
    body = form(api, f"action={name}&clientid={{client}}&{{CALLER}}", client)
    assert one(api, request(body)).success["clientid"] == client


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("clientid%5B0%5D={client}&amount=1", "Client ID Not Found"),
        ("clientid[]={client}&amount=1", "Client ID Not Found"),
        ("clientid={client}&clientid%5B%5D={client}&amount=1", "Client ID Not Found"),
        ("clientid={client}&amount%5Ba%5D=1", "No Amount Provided"),
        ("ClientID={client}&amount=1", "Client ID Not Found"),
    ],
)
def test_arrays_and_other_names_are_not_the_parameter(api: Api, parameters: str, message: str) -> None:
    """Where a text belongs an array counts as nothing, and the case of names matters."""
    body = form(api, f"{{CALLER}}&action=AddCredit&{parameters}", api.client())
    assert one(api, request(body)).message == message


def test_numbered_lines(api: Api) -> None:
    """Lines of an invoice start at any number and leave gaps; the last of a repeated one counts."""
    client = api.client()
    lines = (
        "itemdescription7=c&itemamount7=3&itemdescription0=a&itemamount0=9&itemamount0=1"
        "&itemdescription10=d&itemamount10=4&itemtaxed10=True&itemdescription2=b&itemamount2=2&itemtaxed2=False"
    )
    body = form(api, f"{{CALLER}}&action=createinvoice&userid={{client}}&{lines}", client)
    invoice = one(api, request(body)).success["invoiceid"]
    items = api.ok("GetInvoice", invoiceid=invoice)["items"]["item"]
    assert [(item["description"], item["amount"], item["taxed"]) for item in items] == [
        ("a", "1.00", 0),
        ("b", "2.00", 0),
        ("c", "3.00", 0),
        ("d", "4.00", 1),
    ]


def test_pipelined_requests_are_answered_in_order(api: Api) -> None:
    """Several requests in one piece on one connection, the slow ones not overtaken."""
    clients = [api.client() for _ in range(3)]
    template = "{CALLER}&action=AddCredit&clientid={client}&amount=1&description=x"
    bodies = [request(form(api, template, client)) for client in clients for _ in range(3)]
    answers = api.exchange(b"".join(bodies), len(bodies))
    assert [answer.success["newbalance"] for answer in answers] == ["1.00", "2.00", "3.00"] * 3


def test_old_clients_close_after_each_answer(api: Api) -> None:
    """HTTP/1.0 without a word about the connection: the answer comes and the connection ends."""
    query = form(api, "{CALLER}&action=GetCredits&clientid={client}", api.client())
    with api.connect() as connection:
        connection.sendall(f"GET {PATH}?{query} HTTP/1.0\r\n\r\n".encode())
        (answer,) = read_answers(connection, 1)
        assert answer.success["totalresults"] == 0
        assert connection.recv(1) == b""


def test_chunked_and_compressed_bodies(api: Api) -> None:
    """A body in chunks, or compressed, is the same body."""
    client = api.client()
    template = "{CALLER}&action=AddCredit&clientid={client}&amount=1&description=x"
    body = form(api, template, client).encode()
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:40], body[40:], b""))
    assert one(api, head.encode() + chunks).success["newbalance"] == "1.00"
    packed = request(gzip.compress(body), extra="Content-Encoding: gzip\r\n")
    assert one(api, packed).success["newbalance"] == "2.00"


def test_body_sent_after_the_go_ahead(api: Api) -> None:
    """A client that asks before it sends its body (curl and PHP with large ones) is told to go on."""
    template = "{CALLER}&action=AddCredit&clientid={client}&amount=1&description=x"
    whole = request(form(api, template, api.client()), extra="Expect: 100-continue\r\n")
    head, separator, body = whole.partition(b"\r\n\r\n")
    with api.connect() as connection:
        connection.settimeout(5)  # clients wait one second before they send unasked
        connection.sendall(head + separator)
        assert connection.recv(64).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(body)
        (answer,) = read_answers(connection, 1)
    assert answer.success["newbalance"] == "1.00"


def test_json_body_is_no_parameters(api: Api) -> None:
    """PHP fills no parameters from JSON, so there is no action."""
    body = f'{{"action":"GetCredits","identifier":"{api.identifier}","secret":"{api.secret}","clientid":1}}'
    extra = "Accept: application/json\r\n"  # no parameters, so no `responsetype`
    answer = one(api, request(body, content_type="application/json", extra=extra))
    assert (answer.message, answer.status) == ("Empty action request", 400)


@pytest.mark.parametrize("target", ["//includes/api.php", "/includes//api.php"])
def test_base_with_trailing_slash(api: Api, target: str) -> None:
    """A client whose base URL ends in a slash asks for `//includes/api.php`, which web servers collapse."""
    body = form(api, "{CALLER}&action=GetCredits&clientid={client}", api.client())
    assert one(api, request(body, target=target)).success["totalresults"] == 0


@pytest.mark.parametrize(
    ("method", "target", "status", "message"),
    [
        ("PUT", PATH, 405, "Method Not Allowed"),
        ("DELETE", PATH, 405, "Method Not Allowed"),
        ("OPTIONS", PATH, 405, "Method Not Allowed"),
        ("POST", "/", 404, "Not Found"),
        ("POST", "/includes/api.php/", 404, "Not Found"),
        ("GET", "/api/v2?action=GetCredits", 404, "Not Found"),
    ],
)
def test_other_methods_and_paths(
    api: Api, log: Log, method: str, target: str, status: int, message: str
) -> None:
    """Even there the answer is the protocol's JSON, as some libraries hang on anything else."""
    body = form(api, "{CALLER}&action=AddCredit&clientid={client}&amount=1", api.client())
    with log.unchanged():
        answer = one(api, request(body, method=method, target=target))
    assert (answer.status, answer.message) == (status, message)


def test_head(api: Api) -> None:
    """HEAD is answered without a body, and the connection goes on."""
    with api.connect() as connection:
        connection.sendall(request(method="HEAD"))
        (answer,) = read_answers(connection, 1, is_head=True)
        assert answer.status == 405
        assert answer.headers["Content-Type"] == "application/json"
        connection.sendall(request("action=&responsetype=json"))
        assert read_answers(connection, 1)[0].message == "Empty action request"
