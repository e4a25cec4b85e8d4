"""Programs that follow with the client: nothing is lost or done twice, whatever dies."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from service.feed.client import FeedError, FileCheckpoint, TableCheckpoint, follow, pages
from tests.support.databases import migrated_database
from tests.support.load import open_accounts
from tests.support.service import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.hazard.conftest import Start
    from tests.support.service import Credential, Service

EXAMPLE = CHECKOUT / "deploy" / "examples" / "own_balances.py"
WITHIN_S = 60


class Enough(Exception):
    """The handler has seen what it waited for."""


@pytest.fixture
async def own_dsn(server_dsn: str) -> AsyncIterator[str]:
    """A database of the downstream service's own."""
    async with migrated_database(server_dsn) as dsn:
        yield dsn


def arguments(service: Service, credential: Credential) -> dict[str, Any]:
    """Whom to follow."""
    return {"url": service.url, "identifier": credential.identifier, "secret": credential.secret}


async def test_a_file_checkpoint_goes_on_where_it_was(start: Start, tmp_path: Path) -> None:
    """A handler that fails sees its page again; a stopped service is waited for; every position comes."""
    service, api = await start()
    whom = arguments(service, await service.create_credential())
    await api.add_client("ada@example.com")
    place = FileCheckpoint(tmp_path / "position")
    seen: list[int] = []

    async def fails(event: dict[str, Any]) -> None:
        if event["type"] == "account.opened":
            raise Enough
        seen.append(event["position"])

    with pytest.raises(Enough):
        await follow(handler=fails, checkpoint=place, **whom)
    assert await place.load() == 0

    began = asyncio.Event()

    async def takes(event: dict[str, Any]) -> None:
        began.set()
        seen.append(event["position"])
        if event["type"] == "credit.added":
            raise Enough

    seen.clear()
    following = asyncio.create_task(follow(handler=takes, checkpoint=place, **whom))
    async with asyncio.timeout(WITHIN_S):
        await began.wait()
    await service.kill()
    await service.start()
    await api.must("AddCredit", clientid=1, amount="1.00", description="after the crash")
    with pytest.raises(Enough):
        async with asyncio.timeout(WITHIN_S):
            await following
    assert seen == list(range(1, len(seen) + 1))
    assert 0 < await place.load() < len(seen)


async def test_what_is_wrong_for_good_ends_the_following(start: Start, tmp_path: Path) -> None:
    """A wrong credential, and a checkpoint of another ledger, are told and not repeated for ever."""
    service, _ = await start()
    whom = arguments(service, await service.create_credential())

    async def nothing(_: dict[str, Any]) -> None:
        pass

    with pytest.raises(FeedError, match="Authentication Failed"):
        await follow(handler=nothing, checkpoint=FileCheckpoint(tmp_path / "a"), **{**whom, "secret": "x"})
    with pytest.raises(FeedError, match="with status 404 is no ledger"):
        await follow(
            handler=nothing,
            checkpoint=FileCheckpoint(tmp_path / "a"),
            **{**whom, "url": f"{service.url}/elsewhere"},
        )
    (tmp_path / "b").write_text("999999\n", encoding="ascii")
    with pytest.raises(FeedError, match="beyond the end of the log"):
        await follow(handler=nothing, checkpoint=FileCheckpoint(tmp_path / "b"), **whom)


async def test_who_may_follow_only_some_misses_nothing(start: Start) -> None:
    """What a credential may not see is passed over, and no gap; what it may see comes."""
    service, api = await start()
    await open_accounts(api, 2)
    await service.operate("roles create following subscribe")
    credential = await service.create_credential("--role", "following")
    await service.operate(f"credentials feed {credential.identifier} --client 2")
    whom = {**arguments(service, credential), "after": 0}
    async for page in pages(**whom):
        assert not page.is_complete
        assert {event["subject"] for event in page.events} <= {"account-2"}
        if page.events:
            break


async def test_two_under_one_name_do_not_both_go_on(own_dsn: str) -> None:
    """A table checkpoint moves from where its owner left it, and from nowhere else."""
    connection = await asyncpg.connect(own_dsn)
    one, other = (TableCheckpoint(connection, "books") for _ in range(2))
    assert (await one.load(), await other.load()) == (0, 0)
    async with one.moving(0, 5):
        pass
    with pytest.raises(FeedError, match="somebody else"):
        async with other.moving(0, 7):
            pass
    assert await one.load() == 5
    await connection.close()


async def test_the_example_agrees_with_the_ledger_whatever_dies(start: Start, own_dsn: str) -> None:
    """The downstream service of the README, killed and started again under load, has every balance right."""
    service, api = await start()
    credential = await service.create_credential()
    clients = [await api.add_client(f"client{number}@example.com") for number in range(3)]
    connection = await asyncpg.connect(own_dsn)
    words = (service.url, credential.identifier, credential.secret, own_dsn)
    for _ in range(3):
        follower = await run_example(*words)
        for number in range(30):
            client = clients[number % 3]
            await api.must("AddCredit", clientid=client, amount="0.07", description="drop")
        follower.kill()
        await follower.wait()
    follower = await run_example(*words)
    async with asyncio.timeout(WITHIN_S):
        while await balances(connection) != dict.fromkeys(clients, 210):
            await api.status_of("/healthz")
    checked = await run_example(*words, "check")
    assert await checked.wait() == 0
    await connection.execute("update own_balance set hundredths = 1 where client_id = $1", clients[0])
    checked = await run_example(*words, "check")
    assert await checked.wait() == 1
    follower.kill()
    await follower.wait()
    await connection.close()


def test_the_readme_shows_the_example_as_it_is() -> None:
    """What a newcomer copies is what is tested."""
    assert EXAMPLE.read_text("utf-8") in (CHECKOUT / "README.md").read_text("utf-8")


async def run_example(*words: str) -> asyncio.subprocess.Process:
    """The example as a process of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLE), *words), env={"PYTHONPATH": str(CHECKOUT)}
    )


async def balances(connection: asyncpg.Connection) -> dict[int, int]:
    """What the downstream service believes."""
    if await connection.fetchval("select to_regclass('own_balance')") is None:
        return {}
    rows = await connection.fetch("select client_id, hundredths from own_balance")
    return {row["client_id"]: row["hundredths"] for row in rows}
