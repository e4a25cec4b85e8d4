"""A TCP proxy in front of PostgreSQL that does to connections what networks do, at a chosen moment.

It reads just enough of the wire protocol to know the statement that appends to the log, and the end of the
server's answer. It never changes a byte.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

_APPENDS = (b"es.append_batch", b"es.append_and_erase")
_WAIT_S = 15.0
_PARSE, _BIND, _SYNC, _READY = b"P", b"B", b"S", b"Z"


class Fault(Enum):
    """What happens to an append."""

    LOST_REQUEST = auto()
    """The connection is cut before the server gets the statement."""
    LOST_ANSWER = auto()
    """The connection is cut when the server has committed and answered; the answer is thrown away."""
    LATE_REQUEST = auto()
    """The client's connection is cut, and the server gets the statement only at `deliver`."""


class PostgresProxy:
    """Stands between a service and a server. An async context manager; `dsn` leads through it."""

    def __init__(self, dsn: str) -> None:
        self._server_dsn = dsn
        self._listener: asyncio.Server | None = None
        self._port = 0
        self._links: set[_Link] = set()
        self._armed: list[Fault] = []
        self._struck = asyncio.Event()
        self.delivery = asyncio.Event()
        self.delivered = asyncio.Event()
        """The server has answered a late request."""

    @property
    def dsn(self) -> str:
        """The server's DSN with the proxy's address in it; nothing on this way is encrypted."""
        parts = urlsplit(self._server_dsn)
        user = parts.username or parse_qs(parts.query)["user"][0]
        password = f":{parts.password}" if parts.password else ""
        return f"postgresql://{user}{password}@127.0.0.1:{self._port}{parts.path}?sslmode=disable"

    def arm(self, fault: Fault, times: int = 1) -> None:
        """Let `fault` happen to the next appends."""
        self._armed = [fault] * times
        self._struck.clear()

    async def struck(self) -> None:
        """Return once everything that was armed has happened."""
        async with asyncio.timeout(_WAIT_S):
            await self._struck.wait()

    def take_fault(self) -> Fault | None:
        """What happens to the append that a link has in its hands."""
        return self._armed.pop(0) if self._armed else None

    def strike(self) -> None:
        """A fault has happened."""
        if not self._armed:
            self._struck.set()

    async def deliver(self) -> None:
        """Let the server have the late request, and wait for its answer."""
        self.delivery.set()
        async with asyncio.timeout(_WAIT_S):
            await self.delivered.wait()

    async def disconnect(self) -> None:
        """The server cannot be reached any more: connections are cut and new ones refused."""
        assert self._listener is not None
        self._listener.close()
        links = list(self._links)
        for link in links:
            link.cut()
        await asyncio.gather(*(link.ended.wait() for link in links))
        await self._listener.wait_closed()

    async def reconnect(self) -> None:
        """The server can be reached, at the same address as before."""
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._listener.sockets[0].getsockname()[1]

    def silence(self) -> None:
        """What is connected now stays connected and never hears anything again; new connections work."""
        for link in self._links:
            link.audible.clear()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        server = await self._connect()
        if server is None:
            writer.transport.abort()
            return
        link = _Link(self, (reader, writer), server)
        self._links.add(link)
        await link.run()
        self._links.discard(link)

    async def _connect(self) -> tuple[StreamReader, StreamWriter] | None:
        parts = urlsplit(self._server_dsn)
        folder = parse_qs(parts.query).get("host")
        try:
            if folder:
                return await asyncio.open_unix_connection(f"{folder[0]}/.s.PGSQL.5432")
            return await asyncio.open_connection(parts.hostname, parts.port or 5432)
        except OSError:
            return None

    async def __aenter__(self) -> Self:
        await self.reconnect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()


class _Link:
    """One connection of the service and the proxy's own to the server behind it."""

    def __init__(
        self,
        proxy: PostgresProxy,
        client: tuple[StreamReader, StreamWriter],
        server: tuple[StreamReader, StreamWriter],
    ) -> None:
        self._proxy = proxy
        self._client_reader, self._client = client
        self._server_reader, self._server = server
        self._appends: set[bytes] = set()
        self._fault: Fault | None = None
        self._over = asyncio.Event()
        self.ended = asyncio.Event()
        self.audible = asyncio.Event()
        self.audible.set()

    def cut(self) -> None:
        """Reset both connections, as a broken network or a killed host does."""
        self._over.set()
        self._client.transport.abort()
        self._server.transport.abort()

    async def run(self) -> None:
        """Pass everything on until either side ends."""
        tasks = [
            asyncio.create_task(self._upstream()),
            asyncio.create_task(self._downstream()),
            asyncio.create_task(self._over.wait()),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.cut()
        self.ended.set()

    async def _upstream(self) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):
            head = await self._client_reader.readexactly(4)  # the first message has no type
            rest = await self._client_reader.readexactly(int.from_bytes(head, "big") - 4)
            self._server.write(head + rest)
            while True:
                kind, message = await _message(self._client_reader)
                if kind == _BIND and self._is_append(message) and await self._strikes(message):
                    return
                await self.audible.wait()
                self._server.write(message)
                await self._server.drain()
                if kind == _PARSE and any(name in message for name in _APPENDS):
                    self._appends.add(message[5:].split(b"\0", 1)[0])

    async def _downstream(self) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                kind, message = await _message(self._server_reader)
                await self.audible.wait()
                if self._fault is None:
                    self._client.write(message)
                    await self._client.drain()
                elif kind == _READY:  # comes after the commit, unlike the rows
                    if self._fault is Fault.LATE_REQUEST:
                        self._proxy.delivered.set()
                    else:
                        self.cut()
                        self._proxy.strike()
                    return

    def _is_append(self, bind: bytes) -> bool:
        return bind[5:].split(b"\0", 2)[1] in self._appends

    async def _strikes(self, bind: bytes) -> bool:
        """Whether the link ends here; an answer is lost by the other direction, later."""
        self._fault = self._proxy.take_fault()
        if self._fault is Fault.LOST_REQUEST:
            self.cut()
            self._proxy.strike()
            return True
        if self._fault is Fault.LATE_REQUEST:
            await self._delay(bind)
            return True
        return False

    async def _delay(self, bind: bytes) -> None:
        request, kind = bind, _BIND
        while kind != _SYNC:
            kind, message = await _message(self._client_reader)
            request += message
        self._client.transport.abort()
        self._proxy.strike()
        await self._proxy.delivery.wait()
        self._server.write(request)
        await self._proxy.delivered.wait()


async def _message(reader: StreamReader) -> tuple[bytes, bytes]:
    """The type of the next message, and all of it."""
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(int.from_bytes(head[1:], "big") - 4)
