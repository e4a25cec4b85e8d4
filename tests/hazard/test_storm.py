"""Two processes write while all follow and all breaks: each position comes to each, once and in order."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import asyncpg
import pytest
from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig, DeliverPolicy

from service.embedded import ensure
from service.feed.client import FileCheckpoint, follow
from tests.support.audit import audit
from tests.support.endpoint import Endpoint
from tests.support.follower import Follower
from tests.support.load import Load, open_accounts
from tests.support.nats import STREAM, NatsServer
from tests.support.postgres import stop, stop_immediate
from tests.support.promises import assert_promises_kept
from tests.support.service import Api, Service
from tests.support.webhooks import QUICK, Hooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.support.endpoint import Delivered
    from tests.support.service import Credential

PULLING = 6
STREAMING = 10
TAKING = 3
WRITERS = 12
WITHIN_S = 60
RETRY_S = 0.1
"""How long a follower leaves alone what it cannot reach, as a browser does."""
SILENCE_S = 2.0
_CUT = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
 where datname = current_database() and application_name = 'creditledger'
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A server of this test alone, which may be crashed; this process keeps it up when services die."""
    with tempfile.TemporaryDirectory(prefix="creditledger-", ignore_cleanup_errors=True) as folder:
        ensure(Path(folder))
        yield Path(folder)
        stop(Path(folder))


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A broker that may be killed."""
    async with NatsServer(tmp_path / "nats") as server:
        yield server


class Followers:
    """All of them, and what each has seen."""

    def __init__(self) -> None:
        self.seen: dict[str, list[int]] = {}
        self.delivered: dict[int, str] = {}
        """Positions that a webhook brought, in the order of their first coming, and of which account."""
        self._grown = asyncio.Event()

    def saw(self, name: str, position: int) -> None:
        """One event, at one follower."""
        self.seen[name].append(position)
        self._grown.set()

    async def reach(self, position: int) -> None:
        """Return once each has seen the event at that position, or a later one."""
        async with asyncio.timeout(WITHIN_S):
            while len(self.delivered) < position or any(
                not seen or seen[-1] < position for seen in self.seen.values()
            ):
                self._grown.clear()
                await self._grown.wait()

    async def deliver(self, delivered: Delivered) -> int:
        """A delivery of the webhook's, which may have come before."""
        self.delivered.setdefault(delivered.position, delivered.event["subject"])
        self._grown.set()
        return 200

    def begin(
        self, urls: tuple[str, str], credential: Credential, broker: NatsServer, folder: Path
    ) -> list[asyncio.Task[None]]:
        """Start them all, in turn on both services."""
        names = [f"pull-{number}" for number in range(PULLING)]
        work = [self.pull(name, urls[at % 2], credential, folder / name) for at, name in enumerate(names)]
        work += [self.stream(f"stream-{number}", urls[number % 2], credential) for number in range(STREAMING)]
        work += [self.take(f"taken-{number}", broker) for number in range(TAKING)]
        return [asyncio.create_task(each) for each in work]

    async def pull(self, name: str, url: str, credential: Credential, place: Path) -> None:
        """Pages by the product's own client, from a checkpoint in a file."""
        self.seen[name] = []

        async def handle(event: dict[str, Any]) -> None:
            self.saw(name, event["position"])

        await follow(
            url,
            handle,
            identifier=credential.identifier,
            secret=credential.secret,
            checkpoint=FileCheckpoint(place),
        )

    async def stream(self, name: str, url: str, credential: Credential) -> None:
        """Server-Sent Events, as a browser does it: connect again, with the last id."""
        seen = self.seen[name] = []
        async with Follower(url, credential) as follower:
            while True:
                try:
                    async for message in follower.stream(seen[-1] if seen else 0):
                        if message.event == "message" and message.data is not None:
                            self.saw(name, message.id)
                except (aiohttp.ClientError, AssertionError):  # gone, or busy
                    await asyncio.sleep(RETRY_S)

    async def take(self, name: str, broker: NatsServer) -> None:
        """A consumer of the broker's stream that goes on, in order, after the last message it saw."""
        seen = self.seen[name] = []
        while True:
            start = ConsumerConfig(
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=len(seen) + 1
            )
            try:
                async with broker.client() as client:
                    consumer = await client.subscribe(">", stream=STREAM, ordered_consumer=True, config=start)
                    while True:
                        message = await consumer.next_msg(timeout=SILENCE_S)
                        self.saw(name, int((message.headers or {})["Nats-Msg-Id"].rpartition(":")[2]))
            except (NatsError, OSError):  # away, or nothing there
                await asyncio.sleep(RETRY_S)


@pytest.mark.parametrize("between", [80, pytest.param(2000, marks=pytest.mark.slow)])
async def test_everybody_sees_everything_once(
    home: Path, tmp_path: Path, broker: NatsServer, between: int
) -> None:
    """Through a killed service, broker and PostgreSQL, and cut connections (the one that listens, too)."""
    settings = QUICK | {"data": home, "relay_url": broker.url}
    followers = Followers()
    async with (
        Endpoint(followers.deliver) as endpoint,
        Service(tmp_path / "one.log", **settings) as one,
        Service(tmp_path / "other.log", **settings) as other,
    ):
        credential = await one.create_credential()
        async with Hooks(one.url, credential) as hooks:
            await hooks.add(endpoint.url, begin="start")
        tasks = followers.begin((one.url, other.url), credential, broker, tmp_path)
        async with Api(one.url, credential) as api, Api(other.url, credential) as another:
            accounts = await open_accounts(api, 10)
            loads = [Load(accounts, "one"), Load(accounts, "other")]
            writing = [
                asyncio.create_task(load.run(way, WRITERS))
                for load, way in zip(loads, (api, another), strict=True)
            ]
            await break_everything(home, one, broker, loads, between)
            for load in loads:
                load.finish()
            await asyncio.gather(*writing)
        log = await audit(ensure(home))
        assert_promises_kept([*loads[0].requests, *loads[1].requests], log)
        await followers.reach(len(log))
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert len(followers.seen) == PULLING + STREAMING + TAKING
    for name, seen in followers.seen.items():
        assert seen == list(range(1, len(log) + 1)), name
    assert sorted(followers.delivered) == followers.seen["pull-0"]
    of_accounts: dict[str, list[int]] = {}
    for position, account in followers.delivered.items():
        of_accounts.setdefault(account, []).append(position)
    assert all(positions == sorted(positions) for positions in of_accounts.values())
    assert [message.event["position"] for message in await broker.messages()] == followers.seen["pull-0"]


async def break_everything(
    home: Path, one: Service, broker: NatsServer, loads: list[Load], between: int
) -> None:
    """One thing after the other, each with some commands before it."""
    await loads[0].acknowledged(between)
    loads[0].reachable.clear()
    await one.kill()
    await loads[1].acknowledged(between)
    await one.start()
    loads[0].reachable.set()
    await loads[0].acknowledged(between)
    await broker.kill()
    await loads[1].acknowledged(between)
    await broker.start()
    await loads[1].acknowledged(between)
    owner = await asyncpg.connect(ensure(home))
    assert await owner.fetchval(_CUT) > 2
    await owner.close()
    await loads[1].acknowledged(between)
    await asyncio.to_thread(stop_immediate, home)
    await loads[0].acknowledged(between)
