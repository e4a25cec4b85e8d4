"""PostgreSQL crashes after it gave something out for an event, and before that event reached it.

What is given out (numbers, keys of personal data) is only as safe as its own commit: the service lives on
after such a crash and uses what it was given, while the database no longer knows of it.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from service.embedded import ensure
from tests.support.audit import audit
from tests.support.faults import Fault, PostgresProxy
from tests.support.postgres import stop, stop_immediate
from tests.support.service import CLIENT, Answer, Api, Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SETTINGS = {"wal_writer_delay": "10s"}
"""Commits that nobody waits for reach the disk this late, instead of after 0.2 s: no luck needed."""


class World(NamedTuple):
    """A service whose database may be crashed."""

    home: Path
    proxy: PostgresProxy
    api: Api

    async def call_across_a_crash(self, action: str, **parameters: object) -> Answer:
        """The server crashes when the append is on its way to it; the service sends it again by itself."""
        self.proxy.arm(Fault.LOST_REQUEST)
        call = asyncio.create_task(self.api.call(action, **parameters))
        await self.proxy.struck()
        await self.proxy.disconnect()
        await asyncio.to_thread(stop_immediate, self.home)
        await asyncio.to_thread(ensure, self.home)
        await self.proxy.reconnect()
        return await call


@pytest.fixture
def home() -> Iterator[Path]:
    """A server of this test alone."""
    with tempfile.TemporaryDirectory(prefix="creditledger-", ignore_cleanup_errors=True) as folder:
        ensure(Path(folder), settings=SETTINGS)
        yield Path(folder)
        stop(Path(folder))


@pytest.fixture
async def world(home: Path, tmp_path: Path) -> AsyncIterator[World]:
    """The service reaches that server through a proxy; client 1 exists."""
    async with (
        PostgresProxy(ensure(home)) as proxy,
        Service(tmp_path / "service.log", dsn=proxy.dsn) as service,
        Api(service.url, await service.create_credential()) as api,
    ):
        await api.add_client("grace@example.com")
        yield World(home, proxy, api)


async def test_numbers_are_never_given_out_twice(world: World) -> None:
    """Numbers taken just before a crash, and used after it, are not handed out again."""
    gift = {"clientid": 1, "amount": "1.00", "description": "Gift"}
    across = await world.call_across_a_crash("AddCredit", **gift)
    numbers = [across.body["creditid"]]
    numbers += [(await world.api.must("AddCredit", **gift))["creditid"] for _ in range(5)]
    assert len(numbers) == len(set(numbers))
    await audit(ensure(world.home))


async def test_personal_data_keeps_its_key(world: World) -> None:
    """An account opened across a crash can still be read: the key of its data did not get lost."""
    opened = await world.call_across_a_crash("AddClient", **CLIENT, email="ada@example.com")
    details = await world.api.must("GetClientsDetails", clientid=opened.body["clientid"])
    assert details["email"] == "ada@example.com"
