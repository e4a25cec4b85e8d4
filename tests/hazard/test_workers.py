"""One service of two worker processes on one port; one of them, or all, come to harm.

Stops under load, also of the parent process, are in `test_graceful_stop`.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from service.domain.events import CreditAdded, CreditApplied
from tests.support.audit import audit, balance_of
from tests.support.databases import administer
from tests.support.load import Load, open_accounts
from tests.support.postgres import ends
from tests.support.promises import assert_promises_kept
from tests.support.workers import requests_by_worker, way_to, worker_pids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.hazard.conftest import Start
    from tests.support.service import Answer, Api, Service

CONNECTIONS = 64
ROUNDS = 10
BETWEEN = 300
WAIT_S = 60
TOO_LITTLE = "Amount exceeds customer credit balance"


async def start_two(start: Start) -> tuple[Service, Api]:
    """A service of two workers that log every request."""
    return await start(workers=2, log_level="info")


async def test_a_hot_client_keeps_its_balance(start: Start, ledger_dsn: str) -> None:
    """1,920 commands on one client over 64 connections to both workers: each is there once, or refused."""
    service, api = await start_two(start)
    client = await api.add_client("ada@example.com")
    invoice = await api.create_invoice(client, "9000000.00")
    add = ("AddCredit", {"clientid": client, "amount": "1.00", "description": "In"})
    apply = ("ApplyCredit", {"invoiceid": invoice, "amount": "2.00"})
    shares = await asyncio.gather(*(one_by_one(api, [add, apply, add] * ROUNDS) for _ in range(CONNECTIONS)))
    outcomes = Counter(
        ("applied" if "invoicepaid" in answer.body else "added")
        if answer.is_success
        else answer.body["message"]
        for share in shares
        for answer in share
    )
    assert outcomes.keys() <= {"added", "applied", TOO_LITTLE}, outcomes
    assert outcomes["added"] == 2 * ROUNDS * CONNECTIONS
    assert await balance_of(api, client) == 100 * outcomes["added"] - 200 * outcomes["applied"]
    await service.stop()
    recorded = Counter(type(entry.event) for entry in await audit(ledger_dsn))
    assert (recorded[CreditAdded], recorded[CreditApplied]) == (outcomes["added"], outcomes["applied"])
    assert requests_by_worker(service).keys() == {1, 2}


async def one_by_one(api: Api, calls: Sequence[tuple[str, dict[str, Any]]]) -> list[Answer]:
    """The answers to calls over one connection."""
    async with api.another() as caller:
        return [await caller.call(action, **parameters) for action, parameters in calls]


async def test_a_killed_worker_is_replaced(start: Start, ledger_dsn: str) -> None:
    """After kill -9 of one worker under load the other goes on, a new one comes, every promise is kept."""
    service, api = await start_two(start)
    load = Load(await open_accounts(api, 10))
    before = worker_pids(service)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(load.run(api, CONNECTIONS))
        await load.acknowledged(BETWEEN)
        with ends(before[1]):
            os.kill(before[1], signal.SIGKILL)
        async with way_to(service, 1, api) as way:
            await way.must("AddCredit", clientid=1, amount="1.00", description="By the new one")
        await load.acknowledged(BETWEEN)
        load.finish()
        await running
    after = worker_pids(service)
    assert after[2] == before[2]
    assert after[1] != before[1]
    await service.stop()
    assert_went_on(service)
    assert_promises_kept(load.requests, await audit(ledger_dsn))


def assert_went_on(service: Service) -> None:
    """Between the end of worker 1 and its successor's beginning, worker 2 answered."""
    records = service.log_records()
    (death,) = (at for at, record in enumerate(records) if record["event"].startswith("a worker ended"))
    assert (records[death]["worker"], records[death]["code"]) == (1, -signal.SIGKILL)
    meanwhile = []
    for record in records[death + 1 :]:
        if record["event"] == "a worker is ready":
            break
        meanwhile.append(record)
    assert {record["worker"] for record in meanwhile if record.get("result") == "success"} == {2}


async def test_a_key_is_known_to_the_other_worker(start: Start, ledger_dsn: str) -> None:
    """What one worker has recorded under an idempotency key, the other answers the same, and once is all."""
    service, api = await start_two(start)
    client = await api.add_client("ada@example.com")
    async with way_to(service, 1, api) as one, way_to(service, 2, api) as two:
        for number, (first, second) in enumerate([(one, two), (two, one)] * 10):
            key = {"Idempotency-Key": f"gift-{number}"}
            gift = {"clientid": client, "amount": "1.00", "description": f"Gift {number}"}
            answer = await first.call("AddCredit", key, **gift)
            again = await second.call("AddCredit", key, **gift)
            assert answer.is_success
            assert "Idempotency-Hit" not in answer.headers
            assert again.body == answer.body
            assert again.headers["Idempotency-Hit"] == "true"
        key, gift = {"Idempotency-Key": "both"}, {"clientid": client, "amount": "1.00", "description": "Both"}
        both = await asyncio.gather(*(way.call("AddCredit", key, **gift) for way in (one, two)))
        assert both[0].body == both[1].body
        assert sorted("Idempotency-Hit" in answer.headers for answer in both) == [False, True]
    assert await balance_of(api, client) == 2100
    await service.stop()
    await audit(ledger_dsn)


async def test_workers_that_cannot_be_kept_up_end_the_service(
    start: Start, server_dsn: str, ledger_dsn: str
) -> None:
    """When a worker ends as often as it is started, the other stops, too, and the exit code is not 0."""
    service, api = await start_two(start)
    await api.add_client("ada@example.com")
    database = urlsplit(ledger_dsn).path[1:]
    await administer(server_dsn, f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
    pids = worker_pids(service)
    with ends(*pids.values()):
        os.kill(pids[1], signal.SIGKILL)
        assert await service.ended() == 1
    events = [record["event"] for record in service.log_records() if record.get("worker") == 1]
    assert events.count("a worker ended; starting it again") == 4
    assert events[-1] == "a worker ends again and again; stopping"
    await administer(server_dsn, f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
    await audit(ledger_dsn)
