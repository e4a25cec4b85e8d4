"""Events to Apache Kafka: one topic per lane, records keyed by account, CloudEvents as values.

Within a partition, and so for each account, events are in order. Kafka does not know what was published by
somebody before: what is in the topic behind the checkpoint is looked up at every start and left out, so an
event comes twice only from a relay that does not know yet that it was replaced. Consumers tell by the header
`lane-position`. Imported only where such a relay is configured: `aiokafka` is an optional extra.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner

from service.domain.values import value
from service.feed.relay.broker import BrokerError, End, label_of, stream_name
from service.feed.relay.kafka_errors import Heard, broker_errors
from service.feed.relay.kafka_tail import LABEL, Tail
from service.feed.relay.own_loop import OwnLoop, end_others

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Sequence

    from service.feed.pages import Entry
    from service.feed.relay.broker import Known
    from service.feed.relay.kafka_login import Login

BATCH_BYTES = 65_536
"""Of one partition at a time. A larger event goes alone: brokers take a megabyte unless told otherwise."""
_LEAVE_S = 2.0
"""For an answer that is under way when the connection is given up."""
_CONTENT_TYPE = ("content-type", b"application/cloudevents+json")
_partition_of = DefaultPartitioner()
"""Kafka's own choice by key, murmur2: producers of other languages would put an account there, too."""


@value(kw_only=True)
class KafkaBroker:
    """A Kafka cluster; one lane of one ledger, which `source` names."""

    servers: tuple[str, ...]
    login: Login
    prefix: str
    lane: int
    source: str
    timeout_s: float

    @property
    def stream_name(self) -> str:
        """See `Broker`; the topic."""
        return stream_name(self.prefix, self.lane)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[KafkaTopic]:
        """See `Broker`. Kafka makes a missing topic if it is told to; here is none made."""
        with Heard() as heard:
            async with OwnLoop(f"relay to {self.stream_name}") as loop:
                clients = await loop.run(self._clients())
                try:
                    with broker_errors(f"{', '.join(self.servers)} cannot be reached", heard):
                        await loop.run(clients.start(self.timeout_s))
                    yield KafkaTopic(self, loop, clients, heard)
                finally:
                    await loop.run(clients.give_up())

    async def _clients(self) -> _Clients:
        """They belong to the loop in which they are made."""
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "client_id": f"creditledger-relay-{self.lane}",
            # Later than all is given up: what was not answered is not sent a second time.
            "request_timeout_ms": round(1000 * (self.timeout_s + 2 * _LEAVE_S)),
            **self.login.options(),
        }
        return _Clients(
            AIOKafkaProducer(acks="all", enable_idempotence=True, max_batch_size=BATCH_BYTES, **options),
            AIOKafkaConsumer(group_id=None, enable_auto_commit=False, auto_offset_reset="none", **options),
        )


class _Clients(NamedTuple):
    """Of one connection; all that aiokafka does is in their loop, and ends with it."""

    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer

    async def start(self, timeout_s: float) -> None:
        async with asyncio.timeout(timeout_s):
            await self.producer.start()
            await self.consumer.start()

    async def give_up(self) -> None:
        """Close them soon: stopping waits for what is under way, for ever where a broker does not come back.

        Nor may it go on by itself then: what it holds is published anew by whoever relays next.
        """
        await _within_leave(self.producer.stop(), self.consumer.stop())
        await end_others()
        await _within_leave(self.producer.client.close())  # a stop that was cut short did not come to it


class KafkaTopic:
    """See `service.feed.relay.broker.Stream`."""

    def __init__(self, broker: KafkaBroker, loop: OwnLoop, clients: _Clients, heard: Heard) -> None:
        self._broker = broker
        self._loop = loop
        self._producer, self._consumer = clients
        self._heard = heard
        self._topic = broker.stream_name
        self._present: set[int] = set()

    async def end(self, known: Known) -> End:
        """See `Stream`. Records beyond what the log knows to be relayed are read, to leave them out."""
        with broker_errors(f"the topic {self._topic} cannot be read", self._heard):
            end, self._present = await self._loop.run(self._read_end(known))
        return end

    async def publish(self, entries: Sequence[Entry], sequence: int) -> int:
        """See `Stream`. Of each partition one batch is under way: behind one that fails nothing goes in.

        A topic that lost records or got others meanwhile is noticed before, not if it happens during it.
        """
        missing = [entry for entry in entries if entry.position not in self._present]
        with broker_errors("the broker does not take events", self._heard):
            await self._loop.run(self._add(missing, sequence))
        self._present.difference_update(entry.position for entry in entries)
        return sequence + len(missing)

    def check(self) -> None:
        """See `Stream`; aiokafka connects again by itself, and repeats what was not confirmed."""

    async def _read_end(self, known: Known) -> tuple[End, set[int]]:
        """Where the topic ends, and the positions beyond."""
        broker = self._broker
        async with asyncio.timeout(broker.timeout_s):
            partitions = await self._partitions()
        tail = Tail(self._consumer, partitions, broker.lane, broker.source, broker.timeout_s)
        await tail.read_ends()
        if not tail.count:
            return End(0, None), set()
        position = tail.whole_until(known)
        return End(tail.count, position, tail.newest), await tail.positions_after(position)

    async def _add(self, missing: Sequence[Entry], sequence: int) -> None:
        """Publish them to a topic of `sequence` records."""
        async with asyncio.timeout(self._broker.timeout_s):
            partitions = await self._partitions()
            count = sum((await self._consumer.end_offsets(partitions)).values())
            if count != sequence:
                raise BrokerError(
                    f"the topic {self._topic} has {count} records, not {sequence}: it lost some, or"
                    " somebody else publishes"
                )
            waiting: dict[int, deque[Entry]] = {}
            numbers = [partition.partition for partition in partitions]
            for entry in missing:
                number = _partition_of(entry.stream.encode(), numbers, numbers)
                waiting.setdefault(number, deque()).append(entry)
            while waiting:
                await self._round(waiting)
                waiting = {number: left for number, left in waiting.items() if left}

    async def _round(self, waiting: dict[int, deque[Entry]]) -> None:
        """A batch for every partition that has something, all confirmed."""
        sent = [await self._send(number, left) for number, left in waiting.items()]
        results = await asyncio.gather(*[confirmed for _, confirmed in sent], return_exceptions=True)
        for (batch, _), result in zip(sent, results, strict=True):
            if isinstance(result, MessageSizeTooLargeError):
                raise BrokerError(
                    f"the event at position {batch[0].position} has {len(batch[0].text)} bytes, which is too"
                    " large for the broker: raise max.message.bytes of the topic"
                ) from result
            if isinstance(result, BaseException):
                raise result

    async def _send(self, number: int, left: deque[Entry]) -> tuple[list[Entry], asyncio.Future[Any]]:
        """As much of what is left as fits into one batch, handed over."""
        builder, batch = self._producer.create_batch(), []
        while left and _is_added(builder, left[0], self._broker.lane):
            batch.append(left.popleft())
        return batch, await self._producer.send_batch(builder, self._topic, partition=number)

    async def _partitions(self) -> list[TopicPartition]:
        numbers = await self._producer.partitions_for(self._topic)
        return [TopicPartition(self._topic, number) for number in sorted(numbers)]


def _is_added(builder: Any, entry: Entry, lane: int) -> bool:
    """Whether the event found room in a batch; in an empty one it does, however large."""
    headers = [_CONTENT_TYPE, (LABEL, label_of(lane, entry.position).encode())]
    added = builder.append(timestamp=None, key=entry.stream.encode(), value=entry.text, headers=headers)
    return added is not None


async def _within_leave(*closing: Coroutine[Any, Any, None]) -> None:
    """Wait for it, but not for long, and whatever comes of it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LEAVE_S):
            await asyncio.gather(*closing, return_exceptions=True)
