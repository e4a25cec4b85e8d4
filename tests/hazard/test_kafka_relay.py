"""Events in a Kafka topic: every account in order, whatever dies at whatever moment."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.follower import Follower
from tests.support.kafka import KafkaServer
from tests.support.load import Load, open_accounts
from tests.support.relaying import STOPPED, checkpoint_stands, logged, relayed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from tests.hazard.conftest import Start
    from tests.support.kafka import Record

GIFT: dict[str, Any] = {"clientid": 1, "amount": "1.00", "description": "Gift"}
SOON: dict[str, Any] = {"relay_timeout_s": 2}
"""How long a broker that is away is waited for: less than usual."""


@pytest.fixture
async def broker() -> AsyncIterator[KafkaServer]:
    """A running broker without topics."""
    async with KafkaServer() as server:
        yield server


def assert_whole(records: list[Record], until: int) -> None:
    """Every position once; those of an account in one partition and in order."""
    assert sorted(record.position for record in records) == list(range(1, until + 1))
    assert len({(record.key, record.partition) for record in records}) == len({each.key for each in records})
    for key in {record.key for record in records}:
        found = [record.position for record in records if record.key == key]
        assert found == sorted(found)


async def test_every_event_comes_once_through_every_crash(
    start: Start, broker: KafkaServer, log: asyncpg.Connection
) -> None:
    """Two services write and relay; connections are dropped and the relaying service is killed under load.

    What is in the topic is what pages of the feed say, also after the broker lost everything.
    """
    first, api = await start(relay_url=broker.url, **SOON)
    second, other = await start(relay_url=broker.url, **SOON)
    load = Load(await open_accounts(api, 5))
    async with asyncio.TaskGroup() as group:
        writing = [group.create_task(load.run(other, 8)), group.create_task(load.run(api, 4))]
        await load.acknowledged(100)
        await broker.filled(50)
        broker.drop_connections()
        await load.acknowledged(100)
        await first.kill()
        await load.acknowledged(100)
        load.finish()
        await asyncio.wait(writing)
    head = await relayed(log, broker)
    assert_whole(await broker.records(), head)
    await broker.kill()
    await broker.start()
    credential = await second.create_credential()
    head = await relayed(log, broker)
    records = await broker.records()
    assert_whole(records, head)
    by_position = {record.position: record.event for record in records}
    async with Follower(second.url, credential) as follower:
        page = await follower.page(limit=1000)
    assert [by_position[event["position"]] for event in page.events] == page.events


async def test_a_crash_between_publishing_and_checkpoint_leaves_no_duplicate(
    start: Start, broker: KafkaServer, log: asyncpg.Connection, ledger_dsn: str
) -> None:
    """What is in the topic behind the checkpoint is found at the start, and left out."""
    service, api = await start(relay_url=broker.url)
    await api.add_client("ada@example.com")
    await relayed(log, broker)
    async with checkpoint_stands(ledger_dsn):
        await api.must("AddCredit", **GIFT)
        before = await relayed(log, broker)
        await service.kill()
    checkpoint = await log.fetchval("select position from es.subscription where name like 'relay:%'")
    assert checkpoint == before - 1
    await service.start()
    await api.must("AddCredit", **GIFT)
    head = await relayed(log, broker)
    assert_whole(await broker.records(), head)


async def test_a_broker_that_is_away_is_in_nobodys_way(
    start: Start, broker: KafkaServer, log: asyncpg.Connection
) -> None:
    """Commands are answered, one line is logged; when the broker comes it gets everything.

    What a record says: its account as the key, and where the event stands in the log.
    """
    await broker.kill()
    service, api = await start(relay_url=broker.url)
    await api.add_client("ada@example.com")
    await logged(service, api, STOPPED, "cannot be reached")
    for _ in range(20):
        await api.must("AddCredit", **GIFT)
    await broker.start()
    head = await relayed(log, broker)
    records = await broker.records()
    assert_whole(records, head)
    await logged(service, api, "events are relayed again")
    assert len(await logged(service, api, STOPPED)) == 1
    (last,) = [record for record in records if record.position == head]
    assert (last.key, last.event["partitionkey"]) == ("account-1", "account-1")
    assert last.headers == {"content-type": "application/cloudevents+json", "lane-position": f"0:{head}"}
    health = (await api.must("GetHealthStatus"))["checks"]["success"]
    assert "Events are passed on to the broker." in [check["body"] for check in health]
