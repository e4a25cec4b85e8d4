"""Events in a NATS stream: each position once and in order, whatever dies at whatever moment."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from nats.js.api import StorageType, StreamConfig

from tests.support.follower import Follower
from tests.support.load import Load, open_accounts
from tests.support.nats import STREAM, NatsServer
from tests.support.relaying import HEAD, STOPPED, checkpoint_stands, logged, relayed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import asyncpg

    from tests.hazard.conftest import Start
    from tests.support.nats import Message

GIFT: dict[str, Any] = {"clientid": 1, "amount": "1.00", "description": "Gift"}


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A running broker without streams."""
    async with NatsServer(tmp_path / "nats") as server:
        yield server


def assert_whole(messages: list[Message], until: int, after: int = 0) -> None:
    """Every position once and in order."""
    assert [message.event["position"] for message in messages] == list(range(after + 1, until + 1))


async def test_every_event_comes_once_through_every_crash(
    start: Start, broker: NatsServer, log: asyncpg.Connection
) -> None:
    """Two services write and relay; the broker and the relaying service are killed under load, and come back.

    What is in the stream is byte for byte what pages of the feed say.
    """
    first, api = await start(relay_url=broker.url)
    second, other = await start(relay_url=broker.url)
    load = Load(await open_accounts(api, 5))
    async with asyncio.TaskGroup() as group:
        writing = [group.create_task(load.run(other, 8)), group.create_task(load.run(api, 4))]
        await load.acknowledged(100)
        await broker.filled(50)
        await broker.kill()
        await load.acknowledged(100)
        await broker.start()
        await load.acknowledged(100)
        await first.kill()
        load.finish()
        await asyncio.wait(writing)
    credential = await second.create_credential()
    head = await relayed(log, broker)
    messages = await broker.messages()
    assert_whole(messages, head)
    async with Follower(second.url, credential) as follower:
        page = await follower.page(limit=1000)
    assert [message.event for message in messages][: len(page.events)] == page.events


async def test_what_a_message_says(start: Start, broker: NatsServer, log: asyncpg.Connection) -> None:
    """Subjects to filter by account and by type, an id, the CloudEvent; personal data is null."""
    _, api = await start(relay_url=broker.url)
    await api.add_client("ada@example.com")
    await api.must("AddCredit", **GIFT)
    head = await relayed(log, broker)
    (opened, added) = await broker.messages(subject="creditledger.0.account-1.>")
    assert opened.event["data"]["profile"] is None
    assert (added.subject, added.event["type"]) == ("creditledger.0.account-1.credit.added", "credit.added")
    assert added.headers["Nats-Msg-Id"] == f"0:{head}"
    assert added.headers["Content-Type"] == "application/cloudevents+json"
    assert [added] == await broker.messages(subject="creditledger.0.*.credit.*")
    async with broker.client() as client:
        made = (await client.stream_info(STREAM)).config
    assert (made.storage, made.duplicate_window) == (StorageType.FILE, 120.0)
    health = (await api.must("GetHealthStatus"))["checks"]["success"]
    assert "Events are passed on to the broker." in [check["body"] for check in health]


async def test_a_crash_between_publishing_and_checkpoint_leaves_no_duplicate(
    start: Start, broker: NatsServer, log: asyncpg.Connection, ledger_dsn: str
) -> None:
    """Not even when the duplicate window is long over, or when the stream was emptied meanwhile.

    The stream is the operator's own, and stays as it is.
    """
    config = StreamConfig(
        name=STREAM, subjects=["creditledger.0.>"], storage=StorageType.MEMORY, duplicate_window=0.1
    )
    async with broker.client() as client:
        await client.add_stream(config)
    service, api = await start(relay_url=broker.url)
    await api.add_client("ada@example.com")
    before = await relayed(log, broker)
    for is_emptied in (False, True):
        async with checkpoint_stands(ledger_dsn):
            await api.must("AddCredit", **GIFT)
            before = await relayed(log, broker)
            await service.kill()
        checkpoint = await log.fetchval("select position from es.subscription where name like 'relay:%'")
        assert checkpoint == before - 1
        if is_emptied:
            async with broker.client() as client:
                await client.purge_stream(STREAM)
        await service.start()
        await api.must("AddCredit", **GIFT)
        head = await relayed(log, broker)
        assert_whole(await broker.messages(), head, after=before if is_emptied else 0)
    async with broker.client() as client:
        kept = (await client.stream_info(STREAM)).config
    assert (kept.storage, kept.duplicate_window) == (StorageType.MEMORY, 0.1)


async def test_what_a_broker_lost_is_published_again(
    start: Start, broker: NatsServer, log: asyncpg.Connection, tmp_path: Path
) -> None:
    """A broker that comes back without what it had confirmed last gets it again."""
    _, api = await start(relay_url=broker.url)
    await api.add_client("ada@example.com")
    await relayed(log, broker)
    await broker.kill()
    shutil.copytree(broker.store, tmp_path / "copy")
    await broker.start()
    for _ in range(5):
        await api.must("AddCredit", **GIFT)
    head = await relayed(log, broker)
    await broker.kill()
    broker.forget_since(tmp_path / "copy")
    await broker.start()
    assert await relayed(log, broker) == head
    assert_whole(await broker.messages(), head)


async def test_a_broker_that_is_away_is_in_nobodys_way(
    start: Start, broker: NatsServer, log: asyncpg.Connection
) -> None:
    """Commands are answered, one line is logged, the lag is shown; when it comes it gets everything."""
    await broker.kill()
    service, api = await start(relay_url=broker.url)
    await api.add_client("ada@example.com")
    await logged(service, api, STOPPED, "cannot be reached")
    for _ in range(20):
        await api.must("AddCredit", **GIFT)
    await broker.start()
    head = await relayed(log, broker)
    assert_whole(await broker.messages(), head)
    await logged(service, api, "events are relayed again")
    assert len(await logged(service, api, STOPPED)) == 1


async def test_a_stream_of_another_ledger_is_left_alone(
    start: Start, broker: NatsServer, log: asyncpg.Connection
) -> None:
    """Messages of somebody else, and a stream that is ahead of the log, stop the relay and nothing else."""
    async with broker.client() as client:
        await client.add_stream(name=STREAM, subjects=["creditledger.0.>"])
        await client.publish("creditledger.0.greeting", b"hello")
        service, api = await start(relay_url=broker.url)
        await logged(service, api, STOPPED, "holds messages of somebody else: choose another prefix")
        await api.add_client("ada@example.com")
        await client.delete_stream(STREAM)
        head = await relayed(log, broker)
        last = (await client.get_msg(STREAM, seq=head)).data or b""
        await client.publish(
            "creditledger.0.x", last, headers={"Nats-Msg-Id": f"0:{head + 5}"}, stream=STREAM
        )
        await api.must("AddCredit", **GIFT)
        await service.kill()
        await service.start()
        await logged(service, api, STOPPED, "beyond the end of the log")
        assert await broker.end() == head + 1


async def test_the_relay_runs_alone(start: Start, broker: NatsServer, log: asyncpg.Connection) -> None:
    """`creditledger relay` beside a service that relays nothing; without a broker it says what it needs."""
    service, api = await start()
    await api.add_client("ada@example.com")
    with pytest.raises(AssertionError, match="say where to pass events on to"):
        await service.operate("relay")
    alone = asyncio.create_task(service.operate(f"relay --relay-url {broker.url} --relay-after 1"))
    head = int(await log.fetchval(HEAD))
    await broker.filled(head - 1)
    assert_whole(await broker.messages(), head, after=1)
    alone.cancel()
    await asyncio.wait([alone])
