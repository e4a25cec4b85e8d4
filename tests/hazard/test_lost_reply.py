"""The network between the service and PostgreSQL fails at the worst moments of an append."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.support.audit import Recorded, audit, balance_of, requests_in
from tests.support.faults import Fault, PostgresProxy
from tests.support.service import CLIENT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.hazard.conftest import Start
    from tests.support.service import Answer, Api, Service

REQUEST_TIMEOUT_S = 1.5
STATEMENT_TIMEOUT_MS = 1000
_WAIT_S = 15


class World(NamedTuple):
    """A service that reaches its database through a proxy; client 1 has 100.00 and unpaid invoices."""

    proxy: PostgresProxy
    service: Service
    api: Api
    dsn: str
    invoices: list[int]


@pytest.fixture
async def world(ledger_dsn: str, start: Start) -> AsyncIterator[World]:
    """The service is killed before the proxy goes away."""
    async with PostgresProxy(ledger_dsn) as proxy:
        service, api = await start(
            dsn=proxy.dsn, request_timeout_s=REQUEST_TIMEOUT_S, statement_timeout_ms=STATEMENT_TIMEOUT_MS
        )
        client = await api.add_client("ada@example.com")
        await api.must("AddCredit", clientid=client, amount="100.00", description="Opening")
        invoices = [await api.create_invoice(client, "1.00") for _ in range(20)]
        yield World(proxy, service, api, ledger_dsn, invoices)
        await service.kill()


COMMANDS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "AddCredit": (
        {"clientid": 1, "amount": "7.00", "description": "Gift"},
        {"newbalance": "107.00", "creditid": 2},
        ["credit.added"],
    ),
    "ApplyCredit": (
        {"invoiceid": 1, "amount": "full"},
        {"invoiceid": "1", "amount": "1.00", "invoicepaid": "true"},
        ["credit.applied", "invoice.settled"],
    ),
    "AddInvoicePayment": (
        {"invoiceid": 2, "transid": "T-1", "amount": "3.00"},
        {"transactionid": 1},
        ["payment.recorded", "invoice.settled", "credit.added"],
    ),
    "CreateInvoice": (
        {"userid": 1, "itemdescription1": "Line", "itemamount1": "5.00"},
        {"invoiceid": 21, "status": "Unpaid"},
        ["invoice.issued"],
    ),
    "AddClient": (
        {**CLIENT, "email": "grace@example.com"},
        {"clientid": 2, "owner_id": 2},
        ["account.opened"],
    ),
}
"""Each command with its answer and what it records."""


@pytest.mark.parametrize("fault", Fault)
async def test_a_command_survives_a_cut_connection(world: World, fault: Fault) -> None:
    """Whenever an append's connection is cut: the caller gets the one right answer, the log one record."""
    late = fault is Fault.LATE_REQUEST
    for action in ("AddCredit",) if late else COMMANDS:
        parameters, expected, _ = COMMANDS[action]
        world.proxy.arm(fault, times=1 if late else 2)
        answer = await world.api.call(
            action, {"X-Request-Id": action, "Idempotency-Key": action}, **parameters
        )
        assert_first_success(answer, expected)
        await world.proxy.struck()
    if late:
        await world.proxy.deliver()
    await world.api.must("AddCredit", clientid=1, amount="1.00", description="And on")
    await balance_of(world.api, 1)
    log = requests_in(await audit(world.dsn))
    for action in ("AddCredit",) if late else COMMANDS:
        assert types(log[action]) == COMMANDS[action][2]


async def test_a_whole_flush_whose_answer_is_lost_is_answered(world: World) -> None:
    """Many commands of one lost flush, refusals among them, get what they would have got."""
    world.proxy.arm(Fault.LOST_ANSWER, times=3)
    amounts = ["1.00"] * 15 + ["900.00"] * 5  # an invoice has 1.00 due, the client 100.00
    answers = await asyncio.gather(
        *(
            world.api.call(
                "ApplyCredit", {"X-Request-Id": f"apply-{invoice}"}, invoiceid=invoice, amount=amount
            )
            for invoice, amount in zip(world.invoices, amounts, strict=True)
        )
    )
    await world.proxy.struck()
    for answer in answers[:15]:
        assert_first_success(answer, {"invoicepaid": "true"})
    for answer in answers[15:]:
        assert answer.body["message"] == "Amount exceeds customer credit balance"
    assert await balance_of(world.api, 1) == 8500
    log = await audit(world.dsn)
    recorded = requests_in(log)
    assert [f"apply-{invoice}" in recorded for invoice in world.invoices] == [True] * 15 + [False] * 5


async def test_a_retry_after_a_lost_reply_is_a_replay(world: World) -> None:
    """Our own resend is no replay, but the caller's repetition with the same key is, with the same body."""
    call = ("AddCredit", {"Idempotency-Key": "gift"})
    gift = COMMANDS["AddCredit"][0]
    world.proxy.arm(Fault.LOST_ANSWER)
    first = await world.api.call(*call, **gift)
    assert_first_success(first, {"newbalance": "107.00"})
    again = await world.api.call(*call, **gift)
    assert again.body == first.body
    assert again.headers["Idempotency-Hit"] == "true"
    assert await balance_of(world.api, 1) == 10700


async def test_an_unreachable_database_refuses_and_records_nothing(world: World) -> None:
    """While the database is away longer than any deadline: 503 in the protocol's form; then all is well."""
    await world.proxy.disconnect()
    async with asyncio.timeout(_WAIT_S):
        answers = await asyncio.gather(*(add_one(world.api, f"away-{number}") for number in range(10)))
    for answer in answers:
        assert_unavailable(answer)
        assert answer.body["message"].endswith("nothing was recorded")
    await world.proxy.reconnect()
    await ready(world)
    assert (await add_one(world.api, "back")).body["newbalance"] == "101.00"
    assert await balance_of(world.api, 1) == 10100
    log = await audit(world.dsn)
    assert not [entry for entry in log if entry.request_id.startswith("away-")]


async def test_a_commit_whose_fate_is_unknown_is_found_out_later(world: World) -> None:
    """Answer lost, then the database away past the deadline: the caller is told, and a retry settles it."""
    world.proxy.arm(Fault.LOST_ANSWER)
    asking = asyncio.create_task(add_one(world.api, "gift"))
    await world.proxy.struck()
    await world.proxy.disconnect()
    answer = await asking
    assert_unavailable(answer)
    assert answer.body["message"].startswith("It is not known whether this was recorded")
    await world.proxy.reconnect()
    await ready(world)
    again = await add_one(world.api, "gift")
    assert again.is_success
    assert again.headers["Idempotency-Hit"] == "true"
    assert await balance_of(world.api, 1) == 10100
    log = await audit(world.dsn)
    assert types(requests_in(log)["gift"]) == ["credit.added"]


async def test_connections_that_fall_silent_are_given_up(world: World) -> None:
    """Connections that hang without an error (a lost firewall state, a dead host) do not stop the ledger."""
    world.proxy.silence()
    answers = [await add_one(world.api, "first")]
    async with asyncio.timeout(_WAIT_S):
        while not answers[-1].is_success:
            assert_unavailable(answers[-1])
            answers.append(await add_one(world.api, "first"))
    log = await audit(world.dsn)
    assert types(requests_in(log)["first"]) == ["credit.added"]


async def add_one(api: Api, name: str) -> Answer:
    """Add 1.00 to client 1 under an idempotency key."""
    headers = {"X-Request-Id": name, "Idempotency-Key": name}
    return await api.call("AddCredit", headers, clientid=1, amount="1.00", description=name)


async def ready(world: World) -> None:
    """Return once the service says so itself."""
    async with asyncio.timeout(_WAIT_S):
        while await world.api.status_of("/readyz") != 200:
            pass


def assert_first_success(answer: Answer, expected: dict[str, Any]) -> None:
    """A success that is not marked as the repetition of an earlier one."""
    assert answer.status == 200
    assert answer.body == {"result": "success", **answer.body, **expected}
    assert "Idempotency-Hit" not in answer.headers


def assert_unavailable(answer: Answer) -> None:
    """503 as the protocol words it."""
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["Content-Type"].startswith("application/json")
    assert list(answer.body) == ["result", "message"]
    assert answer.body["result"] == "error"


def types(entries: list[Recorded]) -> list[str]:
    """The types of events."""
    return [entry.event.TYPE for entry in entries]
