"""A real NATS server with JetStream, which can be killed and started again on its files."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import nats
from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator

    from nats.js import JetStreamContext

STREAM = "creditledger-0"
_BINARY = Path(sys.executable).parent / "nats-server"
_WAIT_S = 60.0
_SETTINGS = """
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{store}" }}
{more}
"""


class Message(NamedTuple):
    """One message of a stream."""

    subject: str
    headers: dict[str, str]
    event: dict[str, Any]


class NatsServer:
    """Listens on the same port in every life. An async context manager."""

    def __init__(self, folder: Path, more: str = "") -> None:
        """`more` is appended to its configuration."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.store = folder / "store"
        self._log = folder / "log"
        self._settings = folder / "settings.conf"
        folder.mkdir()
        self._settings.write_text(_SETTINGS.format(port=self._port, store=self.store, more=more), "utf-8")
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Start it and wait until it takes connections."""
        arguments = ("--config", str(self._settings), "--log", str(self._log))
        self._process = await asyncio.create_subprocess_exec(str(_BINARY), *arguments)
        async with asyncio.timeout(_WAIT_S):
            while not await self._listens():
                assert self._process.returncode is None, self._log.read_text("utf-8")
                await asyncio.sleep(0)

    async def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    def forget_since(self, copy: Path) -> None:
        """Put files back that were copied while it was down: what it took later is lost."""
        shutil.rmtree(self.store)
        shutil.copytree(copy, self.store)

    @asynccontextmanager
    async def client(self, **login: Any) -> AsyncIterator[JetStreamContext]:
        """A client of JetStream."""
        connection = await nats.connect(
            self.url,
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            error_cb=_nothing,
            **login,
        )
        try:
            yield connection.jetstream()
        finally:
            await connection.close()

    async def end(self, stream: str = STREAM) -> int:
        """The number of the last message a stream ever took; 0 also without a stream or a server."""
        try:
            async with self.client() as client:
                return (await client.stream_info(stream)).state.last_seq
        except (NotFoundError, NatsError, OSError):
            return 0

    async def filled(self, count: int, stream: str = STREAM) -> None:
        """Return once a stream has taken that many messages."""
        async with asyncio.timeout(_WAIT_S):
            while await self.end(stream) < count:
                pass

    async def messages(self, stream: str = STREAM, subject: str = ">") -> list[Message]:
        """All that a stream holds below a subject, as a consumer gets it."""
        found: list[Message] = []
        async with self.client() as client:
            settings = ConsumerConfig(deliver_policy=DeliverPolicy.ALL)
            consumer = await client.pull_subscribe(subject, stream=stream, config=settings)
            count = (await consumer.consumer_info()).num_pending or 0
            while len(found) < count:
                for message in await consumer.fetch(500, timeout=5):
                    found.append(Message(message.subject, message.headers or {}, json.loads(message.data)))
                    await message.ack()
        return found

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        return True

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.kill()


async def _nothing(_: Exception) -> None:
    """Errors are raised where they hinder."""
