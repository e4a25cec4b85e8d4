"""Events to NATS JetStream: one stream per lane, subjects `PREFIX.LANE.STREAM.TYPE`, CloudEvents as bodies.

Every message carries the number that the stream must have reached before it, so the server itself refuses
what would come twice, out of order, or from a relay that was replaced; and `Nats-Msg-Id`, `LANE:POSITION`.
Imported only where a relay is configured: `nats-py` is an optional extra.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import Header, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from service.domain.values import value
from service.feed.relay.broker import BrokerError, End, label_of, position_in, stream_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

    from nats.aio.msg import Msg
    from nats.js import JetStreamContext

    from service.feed.pages import Entry
    from service.feed.relay.broker import Known
    from service.feed.relay.nats_login import Login

PING_INTERVAL_S = 10
"""How soon a connection that fell silent is missed: after the third of these."""
_TURN_MESSAGES = 50
"""Written without giving others a turn: about a millisecond."""
_HEAD_BYTES = len("NATS/1.0\r\n\r\n")
_NO_RESPONDERS = "503"
_CLOSE_S = 1.0
"""For taking leave: after a certificate that was not accepted nats-py waits for the transport for ever."""


@value(kw_only=True)
class NatsBroker:
    """A NATS server or cluster with JetStream; one lane of one ledger, which `source` names."""

    servers: tuple[str, ...]
    login: Login
    prefix: str
    lane: int
    source: str
    duplicates_s: float
    """The window of a stream that is made here; nothing depends on its length."""
    timeout_s: float

    @property
    def stream_name(self) -> str:
        """See `Broker`."""
        return stream_name(self.prefix, self.lane)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[NatsStream]:
        """See `Broker`. Reconnecting is the relay's: after it the stream has to be looked at again."""
        ended: list[Callable[[], None]] = []

        async def closed() -> None:
            for tell in ended:
                tell()

        connection = await self._connect(closed)
        try:
            stream = NatsStream(self, connection)
            ended.append(stream.end_batch)
            await stream.open()
            yield stream
        finally:
            await _close(connection)

    async def _connect(self, closed: Callable[[], Awaitable[None]]) -> Client:
        problems: list[str] = []

        async def failed(problem: Exception) -> None:
            problems[:] = [str(problem)]

        connection = Client()
        try:
            async with asyncio.timeout(self.timeout_s):
                await connection.connect(
                    servers=list(self.servers),
                    name=f"creditledger relay of lane {self.lane}",
                    allow_reconnect=False,
                    max_reconnect_attempts=1,
                    reconnect_time_wait=0,
                    ping_interval=PING_INTERVAL_S,
                    closed_cb=closed,
                    error_cb=failed,
                    **self.login.options(),
                )
        except (NatsError, OSError, TimeoutError) as problem:
            await _close(connection)  # it leaves its socket open where the server refuses it
            reason = "".join(problems) or str(problem) or "it did not answer in time"
            raise BrokerError(f"{', '.join(self.servers)} cannot be reached: {reason}") from problem
        return connection


class NatsStream:
    """See `service.feed.relay.broker.Stream`."""

    def __init__(self, broker: NatsBroker, connection: Client) -> None:
        self._broker = broker
        self._connection = connection
        self._stream: JetStreamContext = connection.jetstream(timeout=broker.timeout_s)
        self._inbox = connection.new_inbox()
        self._batch: _Batch | None = None

    async def open(self) -> None:
        """Make the stream if it is missing, and hear what the server says to what is published."""
        broker = self._broker
        with _as_broker_error(f"the stream {broker.stream_name} cannot be used"):
            await self._connection.subscribe(f"{self._inbox}.*", cb=self._answered)
            try:
                await self._stream.stream_info(broker.stream_name)
            except NotFoundError:
                await self._stream.add_stream(
                    StreamConfig(
                        name=broker.stream_name,
                        description=f"Every event of {broker.source}, in order",
                        subjects=[f"{broker.prefix}.{broker.lane}.>"],
                        storage=StorageType.FILE,
                        duplicate_window=broker.duplicates_s,
                    )
                )

    async def end(self, known: Known) -> End:
        """See `Stream`; its last message says it all."""
        del known
        broker, name = self._broker, self._broker.stream_name
        with _as_broker_error(f"the stream {name} cannot be read"):
            state = (await self._stream.stream_info(name)).state
            if state.messages == 0:
                return End(state.last_seq, None)
            try:
                last = await self._stream.get_msg(name, seq=state.last_seq)
            except NotFoundError:  # taken and removed; the ones before say nothing about it
                return End(state.last_seq, None)
        label = (last.headers or {}).get(Header.MSG_ID, "")
        position = position_in(label, last.data or b"", broker.lane, broker.source, name)
        return End(state.last_seq, position, position)

    async def publish(self, entries: Sequence[Entry], sequence: int) -> int:
        """See `Stream`. The server refuses them where the stream has grown meanwhile."""
        self.check()
        self._batch = batch = _Batch(sequence, len(entries))
        with _as_broker_error("the broker does not take events"):
            async with asyncio.timeout(self._broker.timeout_s):
                for number, entry in enumerate(entries):
                    await self._send(entry, sequence + number)
                    if number % _TURN_MESSAGES == _TURN_MESSAGES - 1:
                        await asyncio.sleep(0)
                refused = await batch.confirmed
        self.check()
        if refused:
            raise BrokerError(f"the stream {self._broker.stream_name} refused an event: {refused}")
        return sequence + len(entries)

    async def _send(self, entry: Entry, sequence: int) -> None:
        broker = self._broker
        headers: dict[str, str] = {
            "Content-Type": "application/cloudevents+json",
            Header.MSG_ID: label_of(broker.lane, entry.position),
            Header.EXPECTED_STREAM: broker.stream_name,
            Header.EXPECTED_LAST_SEQUENCE: str(sequence),
        }
        size = (
            len(entry.text) + _HEAD_BYTES + sum(len(f"{name}: {text}\r\n") for name, text in headers.items())
        )
        if size > self._connection.max_payload:  # the server would close the connection, and not say why
            raise BrokerError(
                f"the event at position {entry.position} has {size} bytes with its headers, and the broker"
                f" takes {self._connection.max_payload}: raise its max_payload"
            )
        await self._connection.publish(
            f"{broker.prefix}.{broker.lane}.{entry.stream}.{entry.type}",
            entry.text,
            reply=f"{self._inbox}.{sequence + 1}",
            headers=headers,
        )

    async def _answered(self, message: Msg) -> None:
        """What the server says to one message; those of an earlier batch are of no interest any more."""
        sequence = int(message.subject.rpartition(".")[2])
        if self._batch is not None:
            self._batch.take(sequence, _answer(message))

    def end_batch(self) -> None:
        """The connection is closed: nothing more is confirmed."""
        if self._batch is not None and not self._batch.confirmed.done():
            self._batch.confirmed.set_result("the connection is lost")

    def check(self) -> None:
        """See `Stream`."""
        if self._connection.is_closed:
            raise BrokerError("the connection to the broker is lost")


class _Batch:
    """What was published together: `confirmed` once all of it is in its place, with why not otherwise."""

    def __init__(self, sequence: int, count: int) -> None:
        self.confirmed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._begin = sequence
        self._end = sequence + count

    def take(self, sequence: int, answer: int | str) -> None:
        """The stream's answer to the message that is to be its number `sequence`."""
        if self.confirmed.done() or not self._begin < sequence <= self._end:
            return
        if answer != sequence:
            self.confirmed.set_result(str(answer) or "it does not say why")
        elif sequence == self._end:  # it is in its place, so all before it are in theirs
            self.confirmed.set_result("")


async def _close(connection: Client) -> None:
    with suppress(NatsError, OSError, TimeoutError):
        async with asyncio.timeout(_CLOSE_S):
            await connection.close()


def _answer(message: Msg) -> int | str:
    """The number that a message got in the stream, or why it got none."""
    if (message.headers or {}).get(Header.STATUS) == _NO_RESPONDERS:
        return "no stream takes its subject"
    answer = json.loads(message.data)
    if "error" in answer:
        return str(answer["error"].get("description", answer["error"]))
    if answer.get("duplicate"):
        return f"it is there already, as number {answer['seq']}"
    return int(answer["seq"])


@contextmanager
def _as_broker_error(what: str) -> Iterator[None]:
    try:
        yield
    except (NatsError, OSError, TimeoutError) as problem:
        reason = getattr(problem, "description", None) if isinstance(problem, APIError) else None
        raise BrokerError(f"{what}: {reason or str(problem) or 'it did not answer in time'}") from problem
