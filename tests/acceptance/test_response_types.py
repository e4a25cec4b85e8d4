"""Answers in XML and NVP over HTTP: the same facts as in JSON, in the format that was asked for.

Lives here: what a client of each format gets from the real service. The formats in every detail are in the
unit tests of the encoders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import FORM, PATH, Api
from tests.acceptance.conftest import new_database
from tests.acceptance.process import Server
from tests.support.answer_formats import read_nvp, read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.client import Answer

XML = "application/xml; charset=utf-8"
NVP = "text/plain; charset=utf-8"
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<whmcsapi version="8.13.1">\n'
HOSTILE = "A & B <b>;balance=9.00;\x01\r\nend"


@pytest.fixture
def client(api: Api) -> str:
    """A client whose one credit has a description that no format likes."""
    client = api.client()
    api.ok("AddCredit", clientid=client, amount="10.50", description=HOSTILE, date="2026-01-02")
    return client


@pytest.fixture
def with_text_ids(server_dsn: str, tmp_path: Path) -> Iterator[Api]:
    """Calls a server of its own that sends ids as WHMCS 7 did."""
    with (
        new_database(server_dsn) as dsn,
        Server(
            tmp_path / "log", "--port=0", "--ids-as-text=true", settings={"CREDITLEDGER_DSN": dsn}
        ) as server,
    ):
        yield Api(server.port, server.identifier, server.secret)


def ask(api: Api, response_type: str, action: str, **parameters: str) -> Answer:
    """An answer in a format."""
    return api.send(action, {**parameters, "responsetype": response_type})


def test_xml(api: Api, client: str) -> None:
    """A command, a list and a list without rows, byte for byte."""
    added = ask(api, "xml", "AddCredit", clientid=client, amount="1.00")
    assert (added.status, added.headers["Content-Type"]) == (200, XML)
    first, number = (row["id"] for row in api.credit_rows(client))
    assert added.raw.decode() == (
        f"{HEAD}<action>addcredit</action>\n<result>success</result>\n"
        f"<newbalance>11.50</newbalance>\n<creditid>{number}</creditid>\n</whmcsapi>"
    )
    listed = ask(api, "XML", "GetCredits", clientid=client, limitnum="1")
    assert listed.raw.decode() == (
        f"{HEAD}<action>getcredits</action>\n<result>success</result>\n<totalresults>2</totalresults>\n"
        f"<clientid>{client}</clientid>\n<credits>\n<credit>\n<id>{first}</id>\n"
        "<date>2026-01-02</date>\n"
        "<description>A &amp; B &lt;b&gt;;balance=9.00;\ufffd&#13;\nend</description>\n"
        "<amount>10.50</amount>\n<relid>0</relid>\n</credit>\n</credits>\n<startnumber>0</startnumber>\n<numreturned>1</numreturned>\n"
        "</whmcsapi>"
    )
    none = ask(api, "xml", "GetTransactions", clientid=client)
    assert read_xml(none.raw)[-1] == ("transactions", "")


def test_nvp(api: Api, client: str) -> None:
    """A command and a list, byte for byte; a description adds neither a pair nor a line."""
    added = ask(api, "nvp", "AddCredit", clientid=client, amount="1.00")
    assert (added.status, added.headers["Content-Type"]) == (200, NVP)
    first, number = (row["id"] for row in api.credit_rows(client))
    assert added.raw.decode() == f"result=success;newbalance=11.50;creditid={number};"
    listed = ask(api, "NVP", "GetCredits", clientid=client, limitnum="1")
    assert listed.raw.decode() == (
        f"result=success;totalresults=2;clientid={client};credits[credit][0][id]={first};"
        "credits[credit][0][date]=2026-01-02;"
        "credits[credit][0][description]=A & B <b>,balance=9.00,   end;credits[credit][0][amount]=10.50;"
        "credits[credit][0][relid]=0;startnumber=0;numreturned=1;"
    )
    none = ask(api, "nvp", "GetTransactions", clientid=client)
    assert none.raw == b"result=success;totalresults=0;startnumber=0;numreturned=0;"


def test_a_whole_invoice_and_client(api: Api, client: str) -> None:
    """The largest answers have the same keys in the same order in every format."""
    invoice = api.invoice(client, "5.00")
    api.ok("AddInvoicePayment", invoiceid=invoice, transid="T;1", gateway="paypal", amount="1.00")
    for action, parameters in (
        ("GetInvoice", {"invoiceid": invoice}),
        ("GetClientsDetails", {"clientid": client, "stats": "1"}),
    ):
        body = api.ok(action, **parameters)
        tree = read_xml(ask(api, "xml", action, **parameters).raw)
        assert [name for name, _ in tree if name != "customfields"] == [
            "action",
            *(name for name in body if name != "customfields"),
        ]
        pairs = dict(read_nvp(ask(api, "nvp", action, **parameters).raw))
        flat = {name: value for name, value in body.items() if isinstance(value, str)}
        assert flat.items() <= pairs.items()
        assert flat.items() <= {name: text for name, text in tree if isinstance(text, str)}.items()


@pytest.mark.parametrize(
    ("changes", "message", "status"),
    [
        ({"amount": "1,0"}, "Amount must be in decimal format: ### or ###.##", 200),
        ({"secret": "wrong"}, "Authentication Failed", 403),
        ({"action": "NoSuchAction"}, "Command Not Found", 400),
        ({"idempotencykey": "é"}, "The idempotency key must be 1 to 255 printable characters", 400),
    ],
)
def test_errors(api: Api, client: str, changes: dict[str, str], message: str, status: int) -> None:
    """An error comes in the format asked for, with the same status as in JSON."""
    call = {"action": "AddCredit", "clientid": client, "amount": "1"} | changes
    in_xml = ask(api, "xml", **call)
    assert (in_xml.status, in_xml.headers["Content-Type"]) == (status, XML)
    assert read_xml(in_xml.raw) == [
        ("action", call["action"].lower()),
        ("result", "error"),
        ("message", message),
    ]
    in_nvp = ask(api, "nvp", **call)
    assert (in_nvp.status, in_nvp.headers["Content-Type"]) == (status, NVP)
    assert in_nvp.raw.decode() == f"result=error;message={message};"


def test_without_a_format(api: Api, client: str) -> None:
    """As old clients expect it: pairs for what is flat, XML for lists; JSON if nothing else is accepted."""
    call = {**api.credentials, "action": "GetCredits", "clientid": client}
    assert read_xml(api.post(call).raw)[:2] == [("action", "getcredits"), ("result", "success")]
    assert api.post({**call, "clientid": "0"}).raw == b"result=error;message=Client ID Not Found;"
    assert api.post({}).raw == b"result=error;message=Empty action request;"
    assert api.post(call, {"Accept": "application/json"}).success["totalresults"] == 1


@pytest.mark.parametrize("asked", ["json", "JSON", " Json\r\n"])
def test_json_however_it_is_written(api: Api, client: str, asked: str) -> None:
    """Who asked for JSON gets JSON."""
    assert ask(api, asked, "GetCredits", clientid=client).success["totalresults"] == 1


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [("GET", "/elsewhere", 404, "Not Found"), ("PUT", PATH, 405, "Method Not Allowed")],
)
def test_other_paths_and_methods(api: Api, method: str, path: str, status: int, message: str) -> None:
    """The query says in what format; what it does not say, or only the body, is JSON."""
    queries = ("responsetype=xml&action=A%FF", "responsetype=nvp", "responsetype=json", "responsetype=", "")
    body = b"responsetype=xml"
    head = f"HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    answers = [api.exchange(f"{method} {path}?{query} ".encode() + head + body)[0] for query in queries]
    assert {answer.status for answer in answers} == {status}
    assert read_xml(answers[0].raw)[1:] == [("result", "error"), ("message", message)]
    assert answers[0].headers["Content-Type"] == XML
    assert answers[1].raw.decode() == f"result=error;message={message};"
    assert [answer.message for answer in answers[2:]] == [message] * 3


def test_ids_as_texts(with_text_ids: Api) -> None:
    """The setting reaches the answers: ids and flags are texts in JSON, counts are not."""
    client = with_text_ids.client()
    assert isinstance(with_text_ids.ok("CreateInvoice", userid=client)["invoiceid"], str)
    assert with_text_ids.ok("GetTransactions", clientid=client)["numreturned"] == 0
    assert with_text_ids.ok("GetClientsDetails", clientid=client)["allowSingleSignOn"] == "1"
