"""SIGTERM under load: what was begun is finished, and what was not begun leaves no trace."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.support.audit import audit, numbers_of, requests_in
from tests.support.lane_lock import lane_locked
from tests.support.postgres import ends
from tests.support.workers import worker_pids

if TYPE_CHECKING:
    from tests.hazard.conftest import Start
    from tests.support.service import Answer, Api

CALLERS = 64
BEFORE_THE_STOP = 500


class Callers:
    """Call without a pause until nobody answers any more."""

    def __init__(self, api: Api) -> None:
        self.answers: dict[str, Answer] = {}
        self.unanswered: set[str] = set()
        self.enough = asyncio.Event()
        self._api = api
        self._count = 0

    async def run(self) -> None:
        """All callers; returns when the last has seen its connection refused."""
        await asyncio.gather(*(self._call() for _ in range(CALLERS)))

    async def _call(self) -> None:
        while True:
            self._count += 1
            name = f"call-{self._count}"
            headers = {"X-Request-Id": name}
            try:
                self.answers[name] = await self._api.call(
                    "AddCredit", headers, clientid=self._count % 3 + 1, amount="1.00", description=name
                )
            except aiohttp.ClientConnectorError:
                return
            except aiohttp.ClientConnectionError:
                # HTTP cannot do better: the server closed an idle connection while this was on its way.
                self.unanswered.add(name)
            if len(self.answers) >= BEFORE_THE_STOP:
                self.enough.set()


@pytest.mark.parametrize(("workers", "stop"), [(1, "SIGTERM"), (2, "SIGTERM"), (2, "SIGKILL")])
async def test_a_stop_under_load_answers_what_it_took(
    start: Start, ledger_dsn: str, workers: int, stop: str
) -> None:
    """Every success is in the log, every unanswered call is not; one process leaves no gap in the numbers.

    With several workers the signal is for the process that started them. When that is killed they notice,
    and stop as gracefully.
    """
    service, api = await start(workers=workers, log_level="info")
    for number in range(3):
        await api.add_client(f"client-{number}@example.com")
    callers = Callers(api)
    calling = asyncio.create_task(callers.run())
    async with asyncio.timeout(30):
        await callers.enough.wait()
    with ends(*worker_pids(service).values()):
        await (service.stop() if stop == "SIGTERM" else service.kill())
        async with asyncio.timeout(60):
            await calling
    assert len(callers.unanswered) <= CALLERS * workers
    assert {answer.status for answer in callers.answers.values()} <= {200, 503}
    await service.start()
    last = await api.must("AddCredit", clientid=1, amount="1.00", description="After")
    log = await audit(ledger_dsn)
    recorded = requests_in(log)
    for name, answer in callers.answers.items():
        assert answer.is_success == (name in recorded), answer
    assert callers.unanswered.isdisjoint(recorded)
    numbers = numbers_of(log, "credit")
    assert numbers[-1] == last["creditid"]
    if workers == 1:
        assert sorted(numbers) == list(range(1, len(numbers) + 1))


async def test_a_stop_waits_for_a_slow_database(start: Start, ledger_dsn: str) -> None:
    """Commands whose append is held up when SIGTERM comes are answered once it goes on."""
    service, api = await start()
    await api.add_client("ada@example.com")
    async with lane_locked(ledger_dsn) as lock:
        calls = [
            asyncio.create_task(api.call("AddCredit", clientid=1, amount="1.00", description="Late"))
            for _ in range(20)
        ]
        await lock.wanted()
        stopping = asyncio.create_task(service.stop())
        await refused(api)
    answers = await asyncio.gather(*calls)
    await stopping
    assert all(answer.is_success for answer in answers)
    assert numbers_of(await audit(ledger_dsn), "credit") == list(range(1, 21))


async def refused(api: Api) -> None:
    """Return once new connections are refused."""
    async with asyncio.timeout(30):
        while True:
            try:
                await api.status_of("/healthz")
            except aiohttp.ClientConnectionError:
                return
