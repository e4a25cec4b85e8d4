from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient
from structlog.testing import capture_logs

from eventstore.records import OutcomeUnknown, QueueFull, Unavailable
from projections.views import BehindError
from service.http.form import FormLimits
from service.http.request_metrics import RequestMetrics
from service.whmcs.actions import ACTIONS
from service.whmcs.endpoint import Endpoint
from service.whmcs.known_actions import KNOWN_ACTIONS
from service.whmcs.ports import Options, Services
from tests.support.answer_formats import read_nvp, read_xml
from tests.support.decider import TODAY
from tests.support.listening import Listening
from tests.support.memory_clients import memory_clients
from tests.support.memory_endings import memory_endings
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_oauth import MemoryOAuth
from tests.support.memory_system import MemorySystem
from tests.support.whmcs import CLIENT, OneCredential

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, MutableMapping

    from service.handling.answers import Call
    from service.http.callers import AuthFailure, Caller
    from service.http.php_arrays import Form

PATH = "/includes/api.php"
KEYS = {"identifier": "id", "secret": "secret", "responsetype": "json"}
CREDIT = {**KEYS, "action": "AddCredit", "clientid": "1", "amount": "10.50"}

Client = TestClient[web.BaseRequest, None]
Lines = list["MutableMapping[str, Any]"]


class Failing(MemoryLedger):
    """Raises what it is told to, as a log in trouble does."""

    problem: Exception | None = None

    async def on_client(self, client_id: int, command: Any, call: Call) -> Any:
        """Fails, or does it."""
        if self.problem is not None:
            raise self.problem
        return await super().on_client(client_id, command, call)


class Counting(OneCredential):
    """Counts how often credentials were looked at."""

    count = 0

    async def check(self, form: Form, address: str, action: str) -> Caller | AuthFailure:
        """As the one credential does."""
        self.count += 1
        return await super().check(form, address, action)


@pytest.fixture
def ledger() -> Failing:
    """The ledger behind the endpoint."""
    return Failing()


@pytest.fixture
def authenticator() -> Counting:
    """Who checks credentials."""
    return Counting()


@pytest.fixture
async def client(ledger: Failing, authenticator: Counting) -> AsyncIterator[Client]:
    """A client of a server with the endpoint, in which client 1 exists."""
    options = Options(today=lambda: TODAY, form=FormLimits(fields_max=30), retry_after_s=7)
    clients, endings = memory_clients(ledger), memory_endings(ledger)
    services = Services(ledger, ledger, options, MemoryOAuth(), MemorySystem(ledger), clients, endings)
    async with Client(Listening(Endpoint(services, authenticator, RequestMetrics()).handle)) as connected:
        answer = await connected.post(PATH, data={**KEYS, **CLIENT, "action": "AddClient"})
        assert (await answer.json())["result"] == "success"
        yield connected


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What is logged."""
    with capture_logs() as logged:
        yield logged


@pytest.mark.parametrize("name", ["AddCredit", "addcredit", "ADDCREDIT", "aDDcREDIT"])
@pytest.mark.parametrize("encoding", ["urlencoded", "multipart", "query"])
async def test_every_spelling_and_encoding(client: Client, name: str, encoding: str) -> None:
    """The action's name takes any case, and each way to send a request gives the same bytes."""
    fields = {**CREDIT, "action": name, "unknown": "x"}
    if encoding == "query":
        answer = await client.get(PATH, params=fields)
    else:
        answer = await client.post(PATH, data=FormData(fields, default_to_multipart=encoding == "multipart"))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert await answer.read() == b'{"result":"success","newbalance":"10.50","creditid":1}'
    assert answer.headers["Ledger-Position"] == "2"
    assert "Idempotency-Hit" not in answer.headers
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({}, 400, "Empty action request"),
        (KEYS, 400, "Empty action request"),
        ({"action": " "}, 400, "Empty action request"),
        ({"action": "AddCredit"}, 403, "Invalid or missing credentials"),
        ({"action": "NoSuchThing"}, 403, "Invalid or missing credentials"),
        ({**CREDIT, "secret": "x"}, 403, "Authentication Failed"),
        ({**KEYS, "action": "NoSuchThing"}, 400, "Command Not Found"),
        ({**KEYS, "action": "SendEmail"}, 400, "Command Not Found"),
        ({**CREDIT, "amount": "x"}, 200, "Amount must be in decimal format: ### or ###.##"),
        ({**CREDIT, "description": "\0"}, 400, "The request has a NUL character in it"),
        (dict.fromkeys(map(str, range(31)), "x"), 413, "The request has more than 30 parameters"),
        ({**CREDIT, "idempotencykey": "é"}, 400, "The idempotency key must be 1 to 255 printable characters"),
    ],
)
async def test_refusals_and_their_order(
    client: Client, fields: dict[str, str], status: int, message: str
) -> None:
    """Form, action named, credentials, action known, its own rules; always JSON of the same shape."""
    answer = await client.post(PATH, data={"responsetype": "json", **fields})
    assert (answer.status, await answer.json()) == (status, {"result": "error", "message": message})
    assert answer.headers["Content-Type"] == "application/json"


async def test_a_json_body_is_no_request(client: Client) -> None:
    """PHP would see no parameters, so there is no action."""
    answer = await client.post(PATH, json=CREDIT, headers={"Accept": "application/json"})
    assert (answer.status, (await answer.json())["message"]) == (400, "Empty action request")


async def test_credentials_are_not_looked_at_before_there_is_an_action(
    client: Client, authenticator: Counting
) -> None:
    """A request without an action costs no look-up."""
    before = authenticator.count
    await client.post(PATH, data=KEYS)
    assert authenticator.count == before


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (QueueFull(), "The ledger is busy, please try again; nothing was recorded"),
        (Unavailable(), "The ledger cannot be reached; nothing was recorded"),
        (
            OutcomeUnknown(),
            "It is not known whether this was recorded; repeat it with the same idempotency key",
        ),
        (BehindError(), "The answer is not up to date yet, please try again"),
    ],
)
async def test_a_log_in_trouble_is_a_503(
    client: Client, ledger: Failing, problem: Exception, words: str
) -> None:
    """Each trouble says what became of the command, and when to come again."""
    ledger.problem = problem
    answer = await client.post(PATH, data=CREDIT)
    assert (answer.status, await answer.json()) == (503, {"result": "error", "message": words})
    assert answer.headers["Retry-After"] == "7"


async def test_a_bug_is_a_500(client: Client, ledger: Failing, lines: Lines) -> None:
    """What nobody foresaw is answered in JSON with a reference that is in the log, and no details."""
    ledger.problem = RuntimeError("some detail")
    answer = await client.post(PATH, data=CREDIT, headers={"X-Request-Id": "r-1"})
    body = {"result": "error", "message": "Internal error, reference r-1"}
    assert (answer.status, await answer.json()) == (500, body)
    assert answer.headers["X-Request-Id"] == "r-1"
    assert [line["event"] for line in lines if line["request_id"] == "r-1"] == ["internal error", "request"]


@pytest.mark.parametrize(
    ("problem", "status", "message"),
    [
        (BehindError(), 503, "The answer is not up to date yet, please try again"),
        (RuntimeError("some detail"), 500, "Internal error, reference r-1"),
    ],
)
async def test_troubles_are_told_in_the_format_asked_for(
    client: Client, ledger: Failing, problem: Exception, status: int, message: str
) -> None:
    """Once the request is read, XML and NVP clients are answered in XML and NVP whatever happens."""
    ledger.problem = problem
    for response_type, read in (("xml", read_xml), ("nvp", read_nvp)):
        fields = {**CREDIT, "responsetype": response_type}
        answer = await client.post(PATH, data=fields, headers={"X-Request-Id": "r-1"})
        assert answer.status == status
        assert read(await answer.read())[-2:] == [("result", "error"), ("message", message)]


async def test_requests_that_cannot_be_read_are_answered_in_json(client: Client) -> None:
    """What format was asked for is not known then, and those who want JSON hang on anything else."""
    answer = await client.post(PATH, data={**CREDIT, "responsetype": "xml", "description": "\0"})
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/json")


async def test_a_command_under_a_key(client: Client) -> None:
    """Sent again it has the first answer and position, and says that it is a replay; changed, it is a 409."""
    headers = {"Idempotency-Key": "k-1"}
    first = await client.post(PATH, data=CREDIT, headers=headers)
    again = await client.post(PATH, data={**CREDIT, "responsetype": "JSON"}, headers=headers)
    other = await client.post(PATH, data={**CREDIT, "amount": "1"}, headers=headers)
    assert await again.read() == await first.read()
    assert again.headers["Ledger-Position"] == first.headers["Ledger-Position"]
    assert (first.headers.get("Idempotency-Hit"), again.headers.get("Idempotency-Hit")) == (None, "true")
    assert other.status == 409


async def test_a_question_needs_no_key(client: Client) -> None:
    """A read ignores a key, even a bad one, and has no position."""
    fields = {**KEYS, "action": "GetCredits", "clientid": "1"}
    answer = await client.post(PATH, data=fields, headers={"Idempotency-Key": "x" * 300})
    assert (answer.status, (await answer.json())["totalresults"]) == (200, 0)
    assert "Ledger-Position" not in answer.headers


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("r-1", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ('"', False), ("", False)],
)
async def test_a_request_id_is_taken_over_if_it_is_harmless(client: Client, sent: str, kept: bool) -> None:
    """A plain id comes back; anything else is replaced by one of our own."""
    answer = await client.post(PATH, data=CREDIT, headers={"X-Request-Id": sent})
    answered = answer.headers["X-Request-Id"]
    assert (answered == sent) is kept
    assert kept or (len(answered) == 32 and int(answered, 16))


async def test_one_line_per_request(client: Client, lines: Lines) -> None:
    """What was asked, by whom, how it went and how long it took; nothing of the request's contents."""
    await client.post(PATH, data={**CREDIT, "description": "private"}, headers={"X-Request-Id": "r-1"})
    assert len(lines) == 1
    line = dict(lines[0])
    assert line.pop("duration_ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "action": "addcredit",
        "result": "success",
        "status": 200,
        "request_id": "r-1",
        "credential": "id",
        "refusal": "",
        "replayed": False,
    }


@pytest.mark.parametrize(
    ("fields", "action", "refusal", "credential"),
    [
        ({**KEYS, "action": "SendEmail"}, "sendemail", "action_not_served", "id"),
        ({**KEYS, "action": "hunter2"}, "unknown", "action_unknown", "id"),
        ({"action": "hunter2", "identifier": "hunter2"}, "unknown", "not_authenticated", ""),
        ({**CREDIT, "clientid": "99"}, "addcredit", "client_not_found", "id"),
        ({**CREDIT, "amount": "hunter2"}, "addcredit", "amount_format", "id"),
        (
            {"action": "CreateInvoice", **KEYS, "userid": "1", "status": "hunter2"},
            "createinvoice",
            "status_not_valid",
            "id",
        ),
    ],
)
async def test_the_log_tells_refusals_apart(
    client: Client, lines: Lines, fields: dict[str, str], action: str, refusal: str, credential: str
) -> None:
    """By stable codes; actions that WHMCS has are told from those nobody has, and nothing is quoted."""
    await client.post(PATH, data=fields)
    found = [(line["action"], line["refusal"], line["credential"]) for line in lines]
    assert found == [(action, refusal, credential)]
    assert "hunter2" not in repr(lines)
    assert "secret" not in json.dumps(dict(lines[0])).replace("not_authenticated", "")


def test_every_action_has_one_name() -> None:
    """The table's keys are lower-case names of the WHMCS API reference, 162 of which are known."""
    assert len(KNOWN_ACTIONS) == 162
    assert set(ACTIONS) <= KNOWN_ACTIONS
    assert sorted(ACTIONS) == sorted(action.name for action in ACTIONS.values())
    assert {action.name for action in ACTIONS.values() if not action.is_command} == {
        name for name in ACTIONS if name.startswith(("get", "list", "whmcs"))
    }
    for action in ACTIONS.values():
        assert {required.field for required in action.must_exist} <= set(action.fields.model_fields)
