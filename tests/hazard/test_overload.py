"""More commands than the ledger takes, while its log stands still."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.support.audit import audit, balance_of, requests_in
from tests.support.lane_lock import lane_locked
from tests.support.load import NOTHING_RECORDED

if TYPE_CHECKING:
    from tests.hazard.conftest import Start
    from tests.support.audit import Recorded
    from tests.support.service import Answer, Api

QUEUE = 8
CALLS = 40


async def test_a_full_queue_refuses_and_forgets(start: Start, ledger_dsn: str) -> None:
    """One flush waits, a queue's worth behind it; all others get 503 at once and leave no trace."""
    _, api = await start(queue_commands_max=QUEUE, statement_timeout_ms=60_000, request_timeout_s=60)
    await api.add_client("ada@example.com")
    async with lane_locked(ledger_dsn) as lock:
        first = asyncio.create_task(add_credit(api, "first"))
        await lock.wanted()
        names = [f"call-{number}" for number in range(CALLS)]
        calls = [asyncio.create_task(add_credit(api, name), name=name) for name in names]
        early = asyncio.as_completed(calls, timeout=30)
        refused = [await next(early) for _ in range(CALLS - QUEUE)]
    for answer in refused:
        assert_busy(answer)
        assert answer.body["message"].endswith(NOTHING_RECORDED)
    assert (await first).is_success
    assert all([(await answer).is_success for answer in early])
    assert (await add_credit(api, "after")).is_success
    assert await balance_of(api, 1) == 100 * (1 + QUEUE + 1)
    recorded = requests_in(await audit(ledger_dsn))
    assert [call.result().is_success for call in calls] == [name in recorded for name in names]


async def test_appends_that_take_too_long_are_given_up(start: Start, ledger_dsn: str) -> None:
    """Past the statement time-out PostgreSQL rolls back: 503, nothing recorded, and then all works."""
    _, api = await start(statement_timeout_ms=1000, request_timeout_s=60)
    await api.add_client("ada@example.com")
    async with lane_locked(ledger_dsn):
        answers = await call_all(api)
    for answer in answers:
        assert_busy(answer)
        assert answer.body["message"].endswith(NOTHING_RECORDED)
    repeated = await call_all(api)
    assert all(answer.is_success and "Idempotency-Hit" not in answer.headers for answer in repeated)
    await assert_each_once(api, ledger_dsn)


async def test_callers_that_wait_too_long_are_told_the_truth(start: Start, ledger_dsn: str) -> None:
    """Past the deadline: what still queued is withdrawn and stays out, what is in the air may be in."""
    _, api = await start(statement_timeout_ms=60_000, request_timeout_s=1)
    await api.add_client("ada@example.com")
    async with lane_locked(ledger_dsn):
        answers = await call_all(api)
    log = await audit_after_another(api, ledger_dsn)
    for number, answer in enumerate(answers):
        assert_busy(answer)
        assert not (answer.body["message"].endswith(NOTHING_RECORDED) and f"call-{number}" in log)
    assert all(answer.is_success for answer in await call_all(api))
    await assert_each_once(api, ledger_dsn, more=1)


async def call_all(api: Api) -> list[Answer]:
    """All calls at once."""
    return list(await asyncio.gather(*(add_credit(api, f"call-{number}") for number in range(CALLS))))


async def audit_after_another(api: Api, dsn: str) -> dict[str, list[Recorded]]:
    """The log by request, when whatever was still queued or in the air is in it."""
    assert (await add_credit(api, "another")).is_success
    return requests_in(await audit(dsn))


async def assert_each_once(api: Api, dsn: str, more: int = 0) -> None:
    """Every call, and so many others, had their effect exactly once."""
    assert await balance_of(api, 1) == 100 * (CALLS + more)
    recorded = requests_in(await audit(dsn))
    assert all(len(recorded[f"call-{number}"]) == 1 for number in range(CALLS))


async def add_credit(api: Api, name: str) -> Answer:
    """Add 1.00 to client 1 under an idempotency key."""
    headers = {"X-Request-Id": name, "Idempotency-Key": name}
    return await api.call("AddCredit", headers, clientid=1, amount="1.00", description=name)


def assert_busy(answer: Answer) -> None:
    """503 as the protocol words it."""
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.body["result"] == "error"
