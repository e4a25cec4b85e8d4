"""Whatever dies while clients are deleted: a key is destroyed if, and only if, the log says that it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest

from service.domain.events.clients import AccountDeleted
from tests.support.audit import Recorded, audit
from tests.support.faults import Fault, PostgresProxy

if TYPE_CHECKING:
    from tests.hazard.conftest import Start
    from tests.support.service import Api

CLIENTS = 40


async def _open_clients(api: Api) -> list[int]:
    return list(await asyncio.gather(*(api.add_client(f"{n}@example.com") for n in range(CLIENTS))))


async def _destroyed(dsn: str) -> set[int]:
    """The clients whose key is destroyed."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("select subject from es.subject_key where key is null")
    finally:
        await connection.close()
    return {int(row["subject"].removeprefix("account-")) for row in rows}


def _deleted(log: list[Recorded]) -> list[int]:
    """The clients that the log says are deleted."""
    return [entry.event.client_id for entry in log if isinstance(entry.event, AccountDeleted)]


async def _is_gone(api: Api, client: int) -> bool:
    answer = await api.call("GetClientsDetails", clientid=client)
    return answer.body.get("message") == "Client Not Found"


@pytest.mark.parametrize("after", [1, CLIENTS // 2])
async def test_a_service_killed_during_deletions(start: Start, ledger_dsn: str, after: int) -> None:
    """What was acknowledged is deleted, and nothing is half deleted, before and after the next start."""
    service, api = await start()
    clients = await _open_clients(api)
    acknowledged: list[int] = []
    enough = asyncio.Event()

    async def delete(client: int) -> None:
        if (await api.call("DeleteClient", clientid=client)).is_success:
            acknowledged.append(client)
        if len(acknowledged) >= after:
            enough.set()

    deletions = [asyncio.create_task(delete(client)) for client in clients]
    await enough.wait()
    await service.kill()
    await asyncio.gather(*deletions, return_exceptions=True)
    destroyed = await _destroyed(ledger_dsn)
    await service.start()
    gone = {client for client in clients if await _is_gone(api, client)}
    assert set(acknowledged) <= gone == destroyed == await _destroyed(ledger_dsn)
    await service.stop()
    assert sorted(_deleted(await audit(ledger_dsn))) == sorted(gone)


@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, Fault.LOST_ANSWER])
async def test_a_cut_connection_during_a_deletion(start: Start, ledger_dsn: str, fault: Fault) -> None:
    """The caller gets the one right answer, the log one record, and the key is destroyed."""
    async with PostgresProxy(ledger_dsn) as proxy:
        service, api = await start(dsn=proxy.dsn)
        first, second = [await api.add_client(f"{n}@example.com") for n in range(2)]
        proxy.arm(fault, times=2)
        assert await api.must("DeleteClient", clientid=first) == {"result": "success", "clientid": str(first)}
        await proxy.struck()
        assert await _is_gone(api, first)
        assert not await _is_gone(api, second)
        assert await api.add_client("0@example.com") == second + 1
        await service.kill()
    assert await _destroyed(ledger_dsn) == {first}
    assert _deleted(await audit(ledger_dsn)) == [first]
