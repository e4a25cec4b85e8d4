"""What was refused is remembered although the process is killed, and by whichever process refused it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from tests.hazard.conftest import Start
    from tests.support.service import Api

WRITTEN_WITHIN_S = 30


async def written(dsn: str, count: int) -> None:
    """Wait until so many refusals are in the database, whoever writes them."""
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(WRITTEN_WITHIN_S):
            while await connection.fetchval("select coalesce(sum(count), 0) from es.refusal") < count:
                pass  # the question itself takes its time
    finally:
        await connection.close()


async def refuse(api: Api, amount: int) -> None:
    """A command that is refused: there is no client 99."""
    answer = await api.call("AddCredit", clientid=99, amount=amount, description="x")
    assert answer.body["message"] == "Client ID Not Found"


async def refused(api: Api) -> list[str]:
    """What the activity log tells of these refusals, the newest first."""
    body = await api.must("GetActivityLog", description="Refused AddCredit", limitnum=100)
    return [entry["description"].split(" - ")[2] for entry in body["activity"]["entry"]]


async def test_a_killed_process_has_written_what_it_refused(start: Start, ledger_dsn: str) -> None:
    """Nobody asks for them, so they are written by themselves; SIGKILL and a new start change nothing."""
    service, api = await start()
    for amount in range(1, 6):
        await refuse(api, amount)
    await written(ledger_dsn, 5)
    await service.kill()
    await service.start()
    await refuse(api, 6)
    assert await refused(api) == [f"Amount: {amount}.00" for amount in (6, 5, 4, 3, 2, 1)]


async def test_a_stopped_process_writes_what_it_refused(start: Start) -> None:
    """SIGTERM right after a refusal: it is in the record of the next start."""
    service, api = await start()
    await refuse(api, 1)
    await service.stop()
    await service.start()
    assert await refused(api) == ["Amount: 1.00"]


async def test_processes_tell_each_others_refusals(start: Start, ledger_dsn: str) -> None:
    """Two processes on one ledger: both tell all, without any of them twice."""
    (_, first), (_, second) = await asyncio.gather(start(), start())
    for amount in range(1, 21):
        await refuse(first if amount % 2 else second, amount)
    await written(ledger_dsn, 20)
    assert await refused(first) == await refused(second)
    assert sorted(await refused(first)) == sorted(f"Amount: {amount}.00" for amount in range(1, 21))
