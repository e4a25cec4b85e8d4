"""A stand-in for the service in the tests of the generators: answers as told, and knows what it was sent."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

ACCEPTED = b'{"result":"success"}'
REFUSED = b'{"result":"error","message":"no"}'


class Answering:
    """`bodies` are the forms posted so far; while `held` is set, answers wait."""

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self.answer = answer
        """The body of the answer to a form; None hangs up instead."""
        self.bodies: list[bytes] = []
        self.port = 0
        self._held: list[Callable[[], None]] | None = None

    def hold(self, seconds: float) -> None:
        """Answer nothing for that long, then everything that has come meanwhile."""
        self._held = []
        asyncio.get_running_loop().call_later(seconds, self._let_go)

    def _let_go(self) -> None:
        held, self._held = self._held, None
        for reply in held or ():
            reply()

    def received(self, request: bytes, transport: asyncio.Transport) -> None:
        """One whole request; the generators send the next only after the answer."""
        form = request.partition(b"\r\n\r\n")[2]
        if form:  # wrk may ask for something else in the end
            self.bodies.append(form)
        body = self.answer(form)
        if body is None:
            transport.abort()
            return

        def reply() -> None:
            transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

        if self._held is None:
            reply()
        else:
            self._held.append(reply)


class _Protocol(asyncio.Protocol):
    def __init__(self, server: Answering) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._server.received(data, self._transport)


@asynccontextmanager
async def answering(
    answer: Callable[[bytes], bytes | None] = lambda _form: ACCEPTED,
) -> AsyncIterator[Answering]:
    """The server, listening on a free port of this machine."""
    found = Answering(answer)
    listening = await asyncio.get_running_loop().create_server(lambda: _Protocol(found), "127.0.0.1", 0)
    try:
        found.port = listening.sockets[0].getsockname()[1]
        yield found
    finally:
        listening.close()
