"""What is remembered of requests that were refused: who, what for and why not, and nothing else."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession, web

from eventstore.refusals import ACCESS, COMMAND
from service.handling.refusals import Refused
from service.http.callers import AuthFailure
from service.http.request_metrics import RequestMetrics
from service.http.server import Server
from service.routes import error_body
from service.whmcs.action import Reply
from service.whmcs.endpoint import Endpoint
from service.whmcs.refused_requests import Asked, refused_access, refused_command
from tests.support.memory_system import MemoryRefusals
from tests.support.whmcs import OneCredential, World

GIVEN = {"identifier": "id", "secret": "secret", "responsetype": "json"}


async def remembered(**parameters: str) -> list[Refused]:
    """What a request leaves behind that goes the whole way."""
    world = World()
    runner = web.ServerRunner(
        Server(Endpoint(world.services, OneCredential(), RequestMetrics()).handle, error_body)
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with ClientSession() as session:
            sent = {**GIVEN, **parameters}
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
            answer = await session.post(url, data=sent, headers={"X-Request-Id": "request-1"})
            await answer.read()
    finally:
        await runner.cleanup()
    record = world.services.system.refusals
    assert isinstance(record, MemoryRefusals)
    assert {request_id for _, request_id in record.remembered} <= {"request-1"}
    return [refused for refused, _ in record.remembered]


async def test_a_refused_command() -> None:
    """Action, code and message, the numbers it was about, and who asked from where."""
    assert await remembered(
        action="addcredit", clientid="7", amount="12.34", description="Ada Lovelace, ada@example.com"
    ) == [
        Refused(
            kind=COMMAND,
            action="AddCredit",
            code="client_not_found",
            message="Client ID Not Found",
            credential="id",
            admin_id=1,
            address="127.0.0.1",
            client_id=7,
            amount=1234,
        )
    ]


@pytest.mark.parametrize("secret", ["wrong", ""])
async def test_a_caller_who_is_not_let_in(secret: str) -> None:
    """The reason and the address; neither what it sent as its name nor what the request was about."""
    (refused,) = await remembered(action="AddCredit", clientid="7", secret=secret, identifier="id")
    assert (refused.kind, refused.action, refused.address) == (ACCESS, "AddCredit", "127.0.0.1")
    assert (refused.code, refused.message) == ("not_authenticated", "Authentication Failed")
    assert (refused.credential, refused.client_id, refused.amount) == ("", 0, None)


@pytest.mark.parametrize(
    "parameters",
    [
        {"action": "GetHealthStatus"},
        {"action": "GetInvoice", "invoiceid": "9"},
        {"action": ""},
    ],
)
async def test_what_is_not_remembered(parameters: dict[str, str]) -> None:
    """Successes, questions that have no answer, and requests that ask for nothing."""
    assert await remembered(**parameters) == []


async def test_other_refusals_of_known_callers() -> None:
    """An action that is not served, one nobody has heard of, and a bad idempotency key are remembered."""
    (unserved,) = await remembered(action="SendQuote")
    assert (unserved.action, unserved.code) == ("SendQuote", "action_not_served")
    (unheard,) = await remembered(action="my secret pass phrase")
    assert (unheard.action, unheard.code, unheard.message) == (
        "unknown",
        "action_unknown",
        "Command Not Found",
    )
    (malformed,) = await remembered(action="AddCredit", clientid="7", idempotencykey="\n")
    assert (malformed.action, malformed.code) == ("AddCredit", "request_not_valid")


def test_what_is_sent_is_not_repeated() -> None:
    """Messages that quote a parameter, and names of actions that nobody has heard of, are left out."""
    asked = Asked("updateclient", {"clientid": "7", "status": "4111111111111111"}, "id", 1, "192.0.2.7")
    reply = Reply(
        {"result": "error", "message": "Invalid status 4111111111111111"}, refusal="status_not_valid"
    )
    refused = refused_command(reply, asked)
    assert refused is not None
    assert (refused.message, refused.client_id) == ("", 7)
    failure = AuthFailure(
        'Invalid Permissions: API action "s3cret"', code="action_not_allowed", credential="id"
    )
    assert "s3cret" not in repr(refused_access(failure, "s3cret", {}, "192.0.2.7"))


def test_what_a_known_caller_may_not_do() -> None:
    """Who asked is certain, so what it was about is kept."""
    failure = AuthFailure("Invalid Permissions: ...", code="action_not_allowed", credential="id")
    refused = refused_access(failure, "applycredit", {"invoiceid": "17", "amount": "5"}, "192.0.2.7")
    assert (refused.credential, refused.invoice_id, refused.amount) == ("id", 17, 500)


def test_failures_of_the_ledger_are_no_refusals() -> None:
    """Nothing was decided when the ledger is busy or broken."""
    asked = Asked("addcredit", {}, "id", 1, "192.0.2.7")
    busy = Reply({"result": "error", "message": "busy"}, 503, refusal="queue_full")
    assert refused_command(busy, asked) is None
