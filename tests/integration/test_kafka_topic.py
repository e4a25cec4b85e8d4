"""The adapter for Kafka, against the broker that librdkafka brings along."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from service.feed.pages import Entry
from service.feed.relay.broker import BrokerError, End, Known
from service.feed.relay.kafka_login import Login
from service.feed.relay.kafka_topic import BATCH_BYTES, KafkaBroker
from service.relaying import RelayError, relay_of
from service.settings import Settings
from tests.support.endpoint import Authority
from tests.support.kafka import TOO_LARGE, KafkaServer

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "urn:creditledger:test:0"
NOTHING = Known(0, None, 0)


def broker(server: KafkaServer, login: Login | None = None, timeout_s: float = 10.0) -> KafkaBroker:
    """Where the relay would publish to."""
    return KafkaBroker(
        servers=(f"localhost:{server.port}",),
        login=login or Login(),
        prefix="creditledger",
        lane=0,
        source=SOURCE,
        timeout_s=timeout_s,
    )


def entries(first: int, last: int, size: int = 0) -> list[Entry]:
    """Events of seven accounts, in turn."""
    text = '{{"source":"{}","position":{},"data":"{}"}}'
    return [
        Entry(at, "credit.added", f"account-{at % 7}", text.format(SOURCE, at, "x" * size).encode())
        for at in range(first, last + 1)
    ]


def threads_left() -> list[str]:
    """Of connections; whatever aiokafka does is done in them."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("relay to ")]


async def test_accounts_are_in_order() -> None:
    """Several batches of each partition; of every account all events, in order, with key and headers."""
    async with KafkaServer() as server, broker(server).connected() as topic:
        assert await topic.end(NOTHING) == End(0, None)
        assert await topic.publish(entries(1, 300, size=2000), 0) == 300
        records = await server.records()
    assert 4 * BATCH_BYTES < 300 * 2000
    assert sorted(record.position for record in records) == list(range(1, 301))
    for number in range(7):
        found = [record.position for record in records if record.key == f"account-{number}"]
        assert found == [at for at in range(1, 301) if at % 7 == number]
    assert records[0].headers == {
        "content-type": "application/cloudevents+json",
        "lane-position": f"0:{records[0].position}",
    }


async def test_what_is_there_is_left_out() -> None:
    """Of an interrupted batch some events are in the topic: the others are added, and none comes twice."""
    async with KafkaServer() as server:
        async with broker(server).connected() as topic:
            await topic.publish(entries(1, 100), 0)
            await topic.publish([each for each in entries(101, 120) if each.stream < "account-3"], 100)
            part = await server.end()
        assert 100 < part < 120
        async with broker(server).connected() as topic:
            found = await topic.end(Known(100, 0, 0))
            assert found == End(part, 100, max(at for at in range(101, 121) if at % 7 < 3))
            assert await topic.publish(entries(101, 130), part) == 130
        positions = [record.position for record in await server.records()]
    assert sorted(positions) == list(range(1, 131))


async def test_what_the_log_knows_may_be_wrong() -> None:
    """Fewer records than the log knows of, or a log that knows nothing: the ends say where to go on."""
    async with KafkaServer() as server:
        async with broker(server).connected() as topic:
            await topic.publish(entries(1, 100), 0)
        for known in (Known(140, 0, 0), NOTHING):
            async with broker(server).connected() as topic:
                found = await topic.end(known)
                assert found.position is not None
                assert (found.sequence, found.newest) == (100, 100)
                assert 80 < found.position <= 100
                assert await topic.publish(entries(found.position + 1, 100), 100) == 100


async def test_nobody_publishes_on_who_gave_up() -> None:
    """A relay whose broker does not answer gives up in time, and nothing of it comes later."""
    async with KafkaServer() as server:
        async with broker(server, timeout_s=0.5).connected() as topic:
            await topic.publish(entries(1, 5), 0)
            server.keeps_answers = True
            with pytest.raises(BrokerError, match="does not take events: "):
                await topic.publish(entries(6, 20), 5)
        server.keeps_answers = False
        assert threads_left() == []
        async with broker(server).connected() as topic:
            end = await topic.end(Known(5, 0, 0))
            assert (end.sequence, end.position) == (20, 5)
            await topic.publish(entries(6, 30), 20)
        assert sorted(record.position for record in await server.records()) == list(range(1, 31))


async def test_a_broker_that_never_comes_back_is_given_up() -> None:
    """Events were under way when it died: the connection ends, and does not publish them at its successor."""
    async with KafkaServer() as server:
        async with asyncio.timeout(30), broker(server, timeout_s=2).connected() as topic:
            await topic.publish(entries(1, 5), 0)
            server.keeps_answers = True
            publishing = asyncio.create_task(topic.publish(entries(6, 20), 5))
            await server.filled(20)
            await server.kill()
            with pytest.raises(BrokerError, match="does not take events: "):
                await publishing
            assert threads_left() == ["relay to creditledger-0"]
        assert threads_left() == []
        server.keeps_answers = False
        await server.start()
        async with broker(server).connected() as topic:
            assert await topic.end(NOTHING) == End(0, None)
            await topic.publish(entries(1, 30), 0)
        assert sorted(record.position for record in await server.records()) == list(range(1, 31))


async def test_a_stop_does_not_wait_for_the_broker() -> None:
    """A relay that is stopped while nothing is confirmed leaves at once, with all that it had begun."""
    async with KafkaServer() as server:
        begun = asyncio.Event()

        async def relay() -> None:
            async with broker(server, timeout_s=60).connected() as topic:
                await topic.publish(entries(1, 5), 0)
                server.keeps_answers = True
                begun.set()
                await topic.publish(entries(6, 20), 5)

        relaying = asyncio.create_task(relay())
        await begun.wait()
        await server.filled(20)
        relaying.cancel()
        async with asyncio.timeout(30):
            await asyncio.wait([relaying])
        assert relaying.cancelled()
        assert threads_left() == []


async def test_a_dropped_connection_is_in_nobodys_way() -> None:
    """Aiokafka connects again, and what was published is there once."""
    async with KafkaServer() as server, broker(server).connected() as topic:
        await topic.publish(entries(1, 20), 0)
        server.drop_connections()
        await topic.publish(entries(21, 40), 20)
        assert sorted(record.position for record in await server.records()) == list(range(1, 41))


async def test_a_topic_that_is_not_as_it_was_is_noticed() -> None:
    """Records of somebody else, or fewer than there were: nothing is published behind them unseen."""
    async with KafkaServer() as server, broker(server).connected() as topic:
        await topic.publish(entries(1, 20), 0)
        async with broker(server).connected() as other:
            await other.publish(entries(21, 22), 20)
        with pytest.raises(BrokerError, match="has 22 records, not 20"):
            await topic.publish(entries(21, 25), 20)
        await server.kill()
        await server.start()
        with pytest.raises(BrokerError, match="has 0 records, not 22"):
            await topic.publish(entries(23, 25), 22)


async def test_too_large_an_event_is_named() -> None:
    """The broker's refusal, with the position and what to do."""
    async with KafkaServer() as server, broker(server).connected() as topic:
        server.refuses_with = TOO_LARGE
        says = r"position 5 has \d+ bytes, which is too large for the broker: raise max.message.bytes"
        with pytest.raises(BrokerError, match=says):
            await topic.publish(entries(5, 5, size=BATCH_BYTES * 2), 0)


async def test_a_topic_of_somebody_else_is_left_alone() -> None:
    """Events of another ledger in the same topic stop the relay."""
    async with KafkaServer() as server, broker(server).connected() as topic:
        await topic.publish([entries(1, 1)[0]._replace(text=b'{"source":"urn:other"}')], 0)
        with pytest.raises(BrokerError, match="holds events of urn:other: choose another prefix"):
            await topic.end(NOTHING)


async def test_a_password_lets_in() -> None:
    """SASL PLAIN; a wrong password, or none, is said."""
    async with KafkaServer(password="abracadabra") as server:
        login = Login(user="relay", password="abracadabra")
        async with broker(server, login).connected() as topic:
            assert await topic.publish(entries(1, 10), 0) == 10
        wrong = (Login(user="relay", password="wrong"), "cannot be reached: .*Authentication failed")
        for refused, says in (wrong, (Login(), "cannot be reached: .*")):
            with pytest.raises(BrokerError, match=says):
                async with broker(server, refused, timeout_s=3).connected():
                    pass


async def test_tls_is_checked(tmp_path: Path) -> None:
    """With the authority's file events are taken; without it, or with a wrong one, it is said why not."""
    authority = Authority(tmp_path)
    async with KafkaServer(tls=authority.context()) as server:
        login = Login(is_tls=True, ca_file=authority.file)
        async with broker(server, login).connected() as topic:
            assert await topic.publish(entries(1, 10), 0) == 10
        none, other = tmp_path / "none.pem", tmp_path / "other.pem"
        other.write_text("nothing", "ascii")
        for refused, says in (
            (Login(is_tls=True), "CERTIFICATE_VERIFY_FAILED"),
            (Login(is_tls=True, ca_file=none), "none.pem cannot be used"),
            (Login(is_tls=True, certificate_file=other), "certificate and key in .*other.pem cannot be used"),
        ):
            with pytest.raises(BrokerError, match=says):
                async with broker(server, refused).connected():
                    pass


async def test_nobody_there_is_said() -> None:
    """The address, and the system's reason."""
    async with KafkaServer() as server:
        pass
    with pytest.raises(
        BrokerError, match=rf"localhost:{server.port} cannot be reached: .*Connect call failed"
    ):
        async with broker(server).connected():
            pass


async def test_a_relay_without_its_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says what to install."""
    for name in ("aiokafka", "service.feed.relay.kafka_topic"):
        monkeypatch.setitem(sys.modules, name, None)
    settings = Settings(relay_url="kafka://localhost:9092")
    with pytest.raises(RelayError, match=r"pip install 'creditledger\[kafka\]'"):
        relay_of(settings, None)  # type: ignore[arg-type] # it does not come to the ledger


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"relay_url": "kafka://a:9092,nats://b:4222"}, "must all begin alike"),
        ({"relay_url": "kafka://me:secret@x:9092"}, "must not hold a user"),
        ({"relay_url": "kafka://x:99999"}, "Port out of range"),
        ({"relay_url": "kafka://x:0"}, "no port"),
        ({"relay_url": "kafka://x:1", "relay_token": "t"}, "relay_token is of no use .* kafka://"),
        ({"relay_url": "nats://x:1", "relay_user": "u", "relay_password": "p"}, "relay_user is of no use"),
        ({"relay_url": "kafka://x:1", "relay_ca_file": "f"}, "relay_ca_file is of no use"),
        ({"relay_url": "kafka://x:1", "relay_user": "u"}, "relay_user and relay_password together"),
    ],
)
def test_settings_that_cannot_be_are_told(given: dict[str, Any], says: str) -> None:
    """Rather than being without effect."""
    with pytest.raises(ValueError, match=says):
        Settings(**given)
