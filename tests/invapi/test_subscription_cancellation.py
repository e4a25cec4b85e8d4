"""request_subscription_cancellation: a ticket in a real HTTP server that plays JIRA, and its event."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.client import Api
from tests.acceptance.conftest import new_database
from tests.acceptance.process import Server, creditledger
from tests.support.cancellation_samples import DATA_TYPES
from tests.support.invapi import Invapi
from tests.support.jira import LocalJira, Reply
from tests.support.register import Register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

METHOD = "request_subscription_cancellation"
FAILED = "sub_cancel_jira_error"
EVENTS = (
    "select count(*) from es.event where lane = 0 and type = 'service.subscription_cancellation_requested'"
    " and data->>'service_id' = $1"
)


@pytest.fixture
def made(ada: Invapi, register: Register, jira: LocalJira) -> Iterator[dict[str, Any]]:
    """A service of its own; afterwards JIRA behaves again."""
    yield register.new(ada.client_id)
    jira.misbehave = None


def tickets_of(jira: LocalJira, made: dict[str, Any]) -> list[dict[str, Any]]:
    """Those about a service."""
    label = f"creditledger-whmcs_ru-{made['relid']}"
    return [fields for fields in jira.tickets.values() if fields["labels"] == [label]]


def test_a_ticket_asks_people(
    ada: Invapi, made: dict[str, Any], jira: LocalJira, fetch: Callable[..., object]
) -> None:
    """It says which service, of whom and why; the answer has the documented keys, the log an event."""
    form = {"id": made["server_id"], "cancellation_type": "1", "cancellation_reason": "Neue Bank"}
    answer = ada.call(METHOD, form)
    data = answer.ok["data"]
    assert {name: type(told) for name, told in data.items()} == DATA_TYPES
    assert (data["amount"], data["relid"], data["cancellation_reason"]) == (830.0, made["relid"], "Neue Bank")
    (ticket,) = tickets_of(jira, made)
    assert ticket["project"] == {"key": "OPS"}
    for told in (
        f"server {made['server_id']}",
        f"Client: {ada.client_id} at whmcs_ru",
        "Neue Bank",
        "Immediate",
    ):
        assert told in ticket["description"]
    assert ("GET", "Bearer jira-token") in {(method, key) for method, _, key in jira.asked}
    assert fetch(EVENTS, str(made["relid"])) == 1
    assert ada.call("get_billing_data", id=made["server_id"]).ok["billing_status"] == "Active"


def test_the_same_again_is_the_same_ticket(
    ada: Invapi, made: dict[str, Any], jira: LocalJira, fetch: Callable[..., object]
) -> None:
    """However many ask at once; once it is done, another wish is another ticket."""

    def ask(_: int) -> Any:
        return ada.call(METHOD, id=made["server_id"]).ok["data"]["created"]

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(ask, range(20)))) == 1
    assert len(tickets_of(jira, made)) == fetch(EVENTS, str(made["relid"])) == 1
    jira.done |= set(jira.tickets)
    ask(0)
    assert len(tickets_of(jira, made)) == fetch(EVENTS, str(made["relid"])) == 2


@pytest.mark.parametrize("status", [302, 401, 500])
def test_a_jira_that_fails(
    ada: Invapi, made: dict[str, Any], jira: LocalJira, head: Callable[[], object], status: int
) -> None:
    """In the documented words; nothing is recorded, and the next attempt succeeds."""
    jira.misbehave = lambda _call, _answer: Reply(status, b"", Location="/jira/elsewhere")
    before = head()
    assert ada.call(METHOD, id=made["server_id"]).failure == FAILED
    assert (head(), tickets_of(jira, made)) == (before, [])
    jira.misbehave = None
    assert ada.call(METHOD, id=made["server_id"]).ok["data"]["relid"] == made["relid"]


def test_a_ticket_that_was_not_confirmed_is_found_again(
    ada: Invapi, made: dict[str, Any], jira: LocalJira, fetch: Callable[..., object]
) -> None:
    """It was made, but neither that nor a search was answered: a failure, and no second ticket afterwards."""
    answered: list[str] = []

    def misbehave(call: str, answer: Callable[[], Reply]) -> Reply | None:
        """Only the first call, a search, is answered."""
        reply = answer()
        answered.append(call)
        return reply if answered == ["search"] else None

    jira.misbehave = misbehave
    assert ada.call(METHOD, id=made["server_id"]).failure == FAILED
    assert (len(tickets_of(jira, made)), fetch(EVENTS, str(made["relid"]))) == (1, 0)
    jira.misbehave = None
    assert ada.call(METHOD, id=made["server_id"]).ok
    assert len(tickets_of(jira, made)) == fetch(EVENTS, str(made["relid"])) == 1


def test_an_ended_service_has_no_subscription(ada: Invapi, register: Register, jira: LocalJira) -> None:
    """Nobody is asked about it."""
    made = register.new(ada.client_id, status="Cancelled")
    told = ada.call(METHOD, id=made["server_id"]).failure
    assert told == f"server {made['server_id']} is Cancelled already"
    assert tickets_of(jira, made) == []


def test_without_a_jira_nobody_is_asked(server_dsn: str, tmp_path: Path) -> None:
    """Where none is configured, the documented failure says so."""
    with (
        new_database(server_dsn) as dsn,
        Server(tmp_path / "log", "--port", "0", "--dsn", dsn) as server,
    ):
        api = Api(server.port, server.identifier, server.secret)
        client_id = api.client()
        invapi = Invapi(server.port)
        made = creditledger("invapi-keys", "create", "--client", client_id, CREDITLEDGER_DSN=dsn).stdout
        invapi.login(made.split("key ")[1].split()[0])
        service = Register(server.port, server.identifier, server.secret).new(client_id)
        assert invapi.call(METHOD, id=service["server_id"]).failure == FAILED
