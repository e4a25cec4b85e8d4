"""Everything is killed while commands are in flight: the service three times, PostgreSQL once."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eventstore.database import connect, create_pool
from eventstore.doorbell import Doorbell
from eventstore.records import Unavailable
from eventstore.subscription import follow
from service.embedded import ensure
from tests.support.audit import audit, balance_of
from tests.support.load import Load, open_accounts
from tests.support.postgres import stop, stop_immediate
from tests.support.promises import assert_promises_kept
from tests.support.service import Api, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKERS = 64
ACCOUNTS = 20
BETWEEN_CRASHES = 300


@pytest.fixture
def home() -> Iterator[Path]:
    """A server of this test alone, which may be crashed; this process keeps it up when the service dies."""
    with tempfile.TemporaryDirectory(prefix="creditledger-", ignore_cleanup_errors=True) as folder:
        ensure(Path(folder))
        yield Path(folder)
        stop(Path(folder))


class Follower:
    """Another process's view: every event as it comes, from the first one on."""

    def __init__(self, home: Path) -> None:
        self.positions: list[int] = []
        self._home = home
        self._grown = asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled; after a crash, go on where it was."""
        dsn = ensure(self._home)
        doorbell = Doorbell(lambda: connect(dsn), 0)
        async with asyncio.TaskGroup() as group:
            group.create_task(doorbell.run())
            while True:
                try:
                    await self._follow(dsn, doorbell)
                except Unavailable:
                    await asyncio.to_thread(ensure, self._home)  # until it takes connections again

    async def reach(self, position: int) -> None:
        """Return once the event at `position` was seen."""
        async with asyncio.timeout(30):
            while not self.positions or self.positions[-1] < position:
                self._grown.clear()
                await self._grown.wait()

    async def _follow(self, dsn: str, doorbell: Doorbell) -> None:
        pool = await create_pool(dsn, size_max=1, statement_timeout_ms=10_000)
        try:
            after = self.positions[-1] if self.positions else 0
            async for events in follow(pool, doorbell, 0, after, batch_events_max=50, poll_interval_s=0.5):
                self.positions += [event.position for event in events]
                self._grown.set()
        finally:
            pool.terminate()


async def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(home: Path, tmp_path: Path) -> None:
    """After kill -9 of the service, thrice, and a crash of PostgreSQL, each promise made before is kept."""
    follower = Follower(home)
    async with Service(tmp_path / "service.log", data=home) as service, asyncio.TaskGroup() as group:
        following = group.create_task(follower.run())
        async with Api(service.url, await service.create_credential()) as api:
            load = Load(await open_accounts(api, ACCOUNTS))
            running = group.create_task(load.run(api, WORKERS))
            for _ in range(3):
                await load.acknowledged(BETWEEN_CRASHES)
                load.reachable.clear()
                await service.kill()
                await service.start()
                load.reachable.set()
            await load.acknowledged(BETWEEN_CRASHES)
            await asyncio.to_thread(stop_immediate, home)
            await load.acknowledged(BETWEEN_CRASHES)
            load.finish()
            await running
            await asyncio.gather(*(balance_of(api, client) for client in range(1, ACCOUNTS + 1)))
        await service.stop()
        log = await audit(ensure(home))
        assert_promises_kept(load.requests, log)
        await follower.reach(len(log))
        following.cancel()
    assert follower.positions == list(range(1, len(log) + 1))
