"""A Kafka broker for tests, which can be killed and comes back at the same address, with nothing in it.

It is the one that librdkafka brings for tests of its own (see `kafka_server`), behind a front of this
process, which keeps the address, adds TLS and a password, which the broker does not know, and makes trouble.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from aiokafka import AIOKafkaConsumer

if TYPE_CHECKING:
    import ssl
    from asyncio import StreamReader, StreamWriter
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator

TOPIC = "creditledger-0"
PRODUCE, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 0, 17, 18, 36
TOO_LARGE = 10
_WAIT_S = 60.0
_LOST = (OSError, asyncio.IncompleteReadError)


class Record(NamedTuple):
    """One record of a topic."""

    partition: int
    key: str
    headers: dict[str, str]
    event: dict[str, Any]

    @property
    def position(self) -> int:
        """Of the event, in the log."""
        return int(self.event["position"])


class KafkaServer:
    """An async context manager. Topics are made when they are asked for, with four partitions."""

    def __init__(self, tls: ssl.SSLContext | None = None, password: str = "") -> None:
        self.port = 0
        self.keeps_answers = False
        """What is published is taken, and nobody hears of it."""
        self.refuses_with = 0
        """Kafka's number of an error, said of everything that is published; it is taken all the same."""
        self._tls = tls
        self._password = password
        self._front: asyncio.Server | None = None
        self._process: Process | None = None
        self._broker_port = 0
        self._connections: set[StreamWriter] = set()

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"kafka{'+tls' if self._tls else ''}://localhost:{self.port}"

    async def start(self) -> None:
        """Start the broker and wait until it takes connections."""
        program = (sys.executable, "-m", "tests.support.kafka_server")
        self._process = await asyncio.create_subprocess_exec(*program, stdin=PIPE, stdout=PIPE)
        assert self._process.stdout is not None
        self._broker_port = int(await self._process.stdout.readline())

    async def kill(self) -> None:
        """SIGKILL: all that was in it is lost."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    def drop_connections(self) -> None:
        """As a network does."""
        for writer in self._connections:
            writer.transport.abort()

    async def end(self) -> int:
        """How many records the topic ever took; 0 also without a broker."""
        if self._process is None or self._process.returncode is not None:
            return 0
        async with self._consumer() as consumer:
            return sum((await consumer.end_offsets(consumer.assignment())).values())

    async def filled(self, count: int) -> None:
        """Return once the topic has that many records."""
        async with asyncio.timeout(_WAIT_S):
            while await self.end() < count:
                pass

    async def records(self) -> list[Record]:
        """All that the topic holds, partition by partition, as a consumer gets it."""
        found: list[Record] = []
        async with self._consumer() as consumer:
            for partition, end in (await consumer.end_offsets(consumer.assignment())).items():
                while await consumer.position(partition) < end:
                    for each in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, ()):
                        headers = {name: text.decode() for name, text in each.headers}
                        event = json.loads(each.value)
                        found.append(Record(each.partition, each.key.decode(), headers, event))
        return found

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        """Of the whole topic, from its beginning; the topic is made if it is missing."""
        consumer = AIOKafkaConsumer(
            TOPIC,
            bootstrap_servers=f"127.0.0.1:{self._broker_port}",
            group_id=None,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One client's connection: everything goes on to the broker, and back."""
        self._connections.add(writer)
        asked: dict[bytes, int] = {}
        with suppress(*_LOST):
            behind, there = await asyncio.open_connection("127.0.0.1", self._broker_port)
            answering = asyncio.create_task(self._answer(behind, writer, asked))
            with suppress(*_LOST):
                await self._ask(reader, writer, there, asked)
            there.close()
            answering.cancel()
        self._connections.discard(writer)
        writer.close()

    async def _ask(
        self, reader: StreamReader, writer: StreamWriter, there: StreamWriter, asked: dict[bytes, int]
    ) -> None:
        is_known = not self._password
        while True:
            frame = await _read(reader)
            kind, _, number = struct.unpack_from(">hh4s", frame)
            asked[number] = kind
            if kind == SASL_HANDSHAKE:
                _write(writer, number + b"\0\0\0\0\0\1" + _text(b"PLAIN"))
            elif kind == SASL_AUTHENTICATE:
                is_known = frame.endswith(b"\0" + self._password.encode())
                says = b"\0\0\xff\xff" if is_known else b"\0\x3a" + _text(b"Authentication failed")
                _write(writer, number + says + b"\0\0\0\0")
            elif is_known or kind == API_VERSIONS:
                _write(there, frame)
            else:
                return

    async def _answer(self, behind: StreamReader, writer: StreamWriter, asked: dict[bytes, int]) -> None:
        with suppress(*_LOST):
            while True:
                frame = await _read(behind)
                kind = asked.pop(frame[:4])
                if kind == PRODUCE:
                    if self.keeps_answers:
                        continue
                    frame = self._with_error(frame)
                if kind == API_VERSIONS and self._password:
                    (count,) = struct.unpack_from(">i", frame, 6)
                    more = struct.pack(">6h", SASL_HANDSHAKE, 1, 1, SASL_AUTHENTICATE, 0, 0)
                    frame = frame[:6] + struct.pack(">i", count + 2) + frame[10:] + more
                # The broker says where it is: its clients are to come back to this side.
                here, there = (b"127.0.0.1" + struct.pack(">i", p) for p in (self.port, self._broker_port))
                _write(writer, frame.replace(there, here))
        writer.close()

    def _with_error(self, frame: bytes) -> bytes:
        """An answer to PRODUCE for one partition; where it says how it went is known (Kafka protocol)."""
        if not self.refuses_with:
            return frame
        at = 4 + 4 + 2 + len(TOPIC) + 4 + 4
        return frame[:at] + struct.pack(">h", self.refuses_with) + frame[at + 2 :]

    async def __aenter__(self) -> Self:
        await self.start()
        self._front = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._front.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._front is not None
        self._front.close()
        self.drop_connections()
        if self._process is not None and self._process.returncode is None:
            await self.kill()


async def _read(reader: StreamReader) -> bytes:
    (size,) = struct.unpack(">i", await reader.readexactly(4))
    return await reader.readexactly(size)


def _write(writer: StreamWriter, frame: bytes) -> None:
    writer.write(struct.pack(">i", len(frame)) + frame)


def _text(raw: bytes) -> bytes:
    return struct.pack(">h", len(raw)) + raw
