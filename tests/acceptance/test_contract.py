"""The answer to every action, as bytes off the wire, key by key against the documented one.

What is documented is in `tests/golden/answers`: the samples of the WHMCS API reference, lists nested and ids
as integers, as live servers send them. Every action is asked once, in the order of a client's life, on a
ledger of its own. What the figures in an answer must be is other tests' business.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from service.whmcs.actions import ACTIONS
from tests.acceptance.client import CLIENT, Api, unused_email
from tests.acceptance.conftest import new_database
from tests.acceptance.process import Server, creditledger
from tests.support.answer_formats import read_nvp, read_xml
from tests.support.register import Register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.client import Answer

SAMPLES = Path(__file__).parents[1] / "golden" / "answers"
FORMATS = (
    r"-?\d+\.\d{2}",
    r"\d+\.\d{3}",
    r"\d+\.\d{5}",
    r"\d{4}-\d\d-\d\d",
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    r"-?\$-?\d+\.\d\d USD",
    r"\d+",
    r"true|false",
    r"[A-Z-]+\.[A-Za-z0-9+/]{22}==",
    r"[A-Za-z0-9+/]{86}==",
    r"\d{1,2}(st|nd|rd|th) \w+ \d{4} \d{1,2}:\d\d:\d\d[ap]m",
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    r"\+\d+\.\d+",
    r"#[0-9A-F]{6}",
    r"on|",
)
"""A text of one of these forms in the sample has the same form in the answer."""
DAYS = re.compile(r"\d{4}-\d\d-\d\d")
QUERIES = [name for name, action in ACTIONS.items() if not action.is_command]
EXTRA = {
    "addclient": ["owner_id"],
    "addcredit": ["creditid"],
    "addinvoicepayment": ["transactionid"],
    "addtransaction": ["transactionid"],
    "geninvoices": ["latestinvoiceid"],
    "updatetransaction": [],
}
"""Keys that a client may meet after the documented ones; `owner_id` and `latestinvoiceid` are WHMCS's own."""
SETTINGS = (
    ("gateways", "add", "paypal", "--name", "PayPal"),
    ("groups", "add", "Wholesale", "--colour", "#28C99B", "--discount", "10"),
)
CUSTOM_FIELDS = base64.b64encode(b'a:1:{i:1;s:18:"Custom Field Value";}').decode()


class Story:
    """Asks actions and keeps the last answer to each."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.answers: dict[str, Answer] = {}
        self.formats: dict[tuple[str, str], Answer] = {}
        """Those to questions, in XML and NVP."""
        self.of_paid: dict[str, Any] = {}
        """The answer to GetInvoice for an invoice with a transaction."""

    def ask(self, action: str, /, **parameters: object) -> dict[str, Any]:
        """The answer's body."""
        texts = {name: str(value) for name, value in parameters.items()}
        answer = self.answers[action.lower()] = self.api.send(action, texts)
        return answer.body

    def tell(self) -> None:
        """Every action, each with something to answer."""
        client = self.ask(
            "AddClient", **CLIENT, email=unused_email(), companyname="Company", customfields=CUSTOM_FIELDS
        )["clientid"]
        self.ask("UpdateClient", clientid=client, groupid=1)
        contact = self.ask("AddContact", clientid=client, firstname="Test", email=unused_email())["contactid"]
        self.ask("UpdateContact", contactid=contact, city="Test")
        self.ask("AddCredit", clientid=client, amount="100.00", description="Given")
        invoice = self._invoices(client)
        self._oauth()
        self.ask("LogActivity", description="Called", clientid=client)
        relid = Register(self.api.port, self.api.identifier, self.api.secret).new(client)["relid"]
        self.ask("AddCancelRequest", serviceid=relid, type="Immediate", reason="Moved")
        for action in QUERIES:
            about = {"clientid": str(client), "userid": str(client), "stats": "1"}
            if action == "getinvoice":
                about["invoiceid"] = str(invoice)
            for name in ("xml", "nvp"):
                self.formats[action, name] = self.api.send(action, {**about, "responsetype": name})
            self.ask(action, **about)
        self.ask("DeleteContact", contactid=contact)
        self.ask("CloseClient", clientid=client)
        self.ask("DeleteClient", clientid=client)

    def _invoices(self, client: int) -> int:
        line = {"itemdescription1": "Hosting", "itemamount1": "15.95", "itemtaxed1": "0"}
        paid = self.ask("CreateInvoice", userid=client, **line)["invoiceid"]
        self.ask("AddInvoicePayment", invoiceid=paid, transid="T-1", gateway="paypal", amount="20.00")
        self.of_paid = self.api.ok("GetInvoice", invoiceid=paid)
        number = self.ask("AddTransaction", userid=client, paymentmethod="paypal", amountin="1.00")
        self.ask("UpdateTransaction", transactionid=number["transactionid"], description="Corrected")
        captured = self.ask("CreateInvoice", userid=client, paymentmethod="credit", **line)["invoiceid"]
        self.ask("CapturePayment", invoiceid=captured)
        self.ask("AddBillableItem", clientid=client, description="x", amount="1", invoiceaction="nextcron")
        self.ask("GenInvoices", clientid=client)
        unpaid = int(self.ask("CreateInvoice", userid=client, **line)["invoiceid"])
        self.ask("ApplyCredit", invoiceid=unpaid, amount="10.00")
        self.ask("UpdateInvoice", invoiceid=unpaid, notes="")
        return unpaid

    def _oauth(self) -> None:
        scope = "clientarea:sso clientarea:invoices"
        self.ask("CreateOAuthCredential", grantType="single_sign_on", serviceId=1, scope=scope)
        second = self.ask("CreateOAuthCredential", grantType="single_sign_on", serviceId=2, scope=scope)
        self.ask("UpdateOAuthCredential", credentialId=second["credentialId"], resetSecret="true")
        self.ask("DeleteOAuthCredential", credentialId=second["credentialId"])


@pytest.fixture(scope="module")
def story(server_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A new ledger on which everything was asked once; it is still there to be asked again."""
    log = tmp_path_factory.mktemp("contract") / "log"
    with new_database(server_dsn) as dsn, Server(log, "--port=0", "--dsn", dsn) as server:
        for command in SETTINGS:
            done = creditledger(*command, CREDITLEDGER_DSN=dsn)
            assert done.returncode == 0, done
        told = Story(Api(server.port, server.identifier, server.secret))
        told.tell()
        yield told


def is_like(sample: str, answer: str) -> bool:
    """Whether a text has a form of the sample's, if that has one."""
    forms = [form for form in FORMATS if sample and re.fullmatch(form, sample)]
    return not forms or any(re.fullmatch(form, answer) for form in forms)


def differences(sample: Any, answer: Any, where: str) -> Iterator[str]:
    """Where the answer is not of the sample's shape: keys in order, types, and the forms of texts."""
    if type(answer) is not type(sample):
        yield f"{where}: {answer!r} is no {type(sample).__name__}"
        return
    match sample:
        case dict():
            if any(DAYS.fullmatch(name) for name in sample):
                sample = dict.fromkeys(answer, next(iter(sample.values())))
            if list(answer)[: len(sample)] != list(sample):
                yield f"{where}: {list(answer)} instead of {list(sample)}"
            for name in sample.keys() & answer.keys():
                yield from differences(sample[name], answer[name], f"{where}.{name}")
        case [first, *_]:
            if not answer:
                yield f"{where}: nothing in it"
            for item in answer:
                yield from differences(first, item, f"{where}[]")
        case str() if not is_like(sample, answer):
            yield f"{where}: {answer!r} is not like {sample!r}"


@pytest.mark.parametrize("action", ACTIONS)
def test_each_answer_is_as_documented(story: Story, action: str) -> None:
    """All documented keys first and in their order, each of its type and form; one line, `result` first."""
    answer, sample = story.answers[action], json.loads((SAMPLES / f"{action}.json").read_bytes())
    assert answer.raw.startswith(b'{"result":"success"')
    assert b"\n" not in answer.raw
    body = answer.success
    if action == "gethealthstatus":  # a group without checks is left out
        sample["checks"] = dict.fromkeys(body["checks"], sample["checks"]["success"])
    assert list(differences(sample, body, action)) == []
    if action in EXTRA:
        assert list(body)[len(sample) :] == EXTRA[action]


def test_a_client_stands_a_second_time_at_the_top(story: Story) -> None:
    """Deprecated, but libraries read it there: every key of `client`, after the documented ones."""
    body = story.answers["getclientsdetails"].body
    assert list(body) == ["result", "client", "stats", *body["client"]]
    assert all(body[name] == value for name, value in body["client"].items())
    assert body["customfields1"] == "Custom Field Value"


def test_transactions_of_an_invoice(story: Story) -> None:
    """An invoice that has some lists them as GetTransactions does, and one without says an empty text."""
    listed = story.answers["gettransactions"].body["transactions"]["transaction"]
    paid = story.answers["getinvoices"].body["invoices"]["invoice"][0]
    assert paid["status"] == "Paid"
    assert story.of_paid["transactions"] == {"transaction": [listed[0]]}
    assert b'"transactions":""}' in story.answers["getinvoice"].raw


@pytest.mark.parametrize("action", QUERIES)
def test_the_other_formats_tell_the_same(story: Story, action: str) -> None:
    """XML and NVP have the keys of the JSON answer in its order, a list once for each of its rows."""
    body = story.answers[action].body
    tree = read_xml(story.formats[action, "xml"].raw)
    assert list(dict.fromkeys(name for name, _ in tree)) == ["action", *body]
    assert tree[0] == ("action", action)
    names = dict.fromkeys(name.partition("[")[0] for name, _ in read_nvp(story.formats[action, "nvp"].raw))
    assert list(names) == [name for name, value in body.items() if not is_empty(value)]


def is_empty(value: Any) -> bool:
    """Whether nothing is left of a value where lists are flattened."""
    return isinstance(value, dict | list) and not any(
        not is_empty(inner) for inner in (value.values() if isinstance(value, dict) else value)
    )
