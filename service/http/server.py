"""aiohttp's low-level server with answers of our own to requests that cannot be parsed.

aiohttp answers those in plain text, quoting what was sent, and logs them with a stack trace: a client of the
protocol waits for JSON for ever, and the request line may hold a secret. Nothing of a broken request is
repeated here.
"""

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_log = structlog.get_logger(__name__)


class Server(web.Server):
    """Serves a handler; `error_body` writes the sentence that a broken request is answered with."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        error_body: Callable[[str], bytes],
    ) -> None:
        self._running_loop = asyncio.get_running_loop()
        self._outbox = Outbox(self._running_loop)
        self._error_body = error_body
        super().__init__(handler)

    @override
    def __call__(self) -> web.RequestHandler:
        return Connection(self, self._outbox, self._error_body, loop=self._running_loop, access_log=None)


class Outbox:
    """Sends what is answered in one turn of the loop together, at its end.

    A flush answers many callers at once, and every answer that leaves by itself wakes the other side.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[asyncio.Transport, bytes]] = []

    def put(self, transport: asyncio.Transport, data: bytes) -> None:
        """Whatever is done about the connection after the answer comes later in the loop, its end too."""
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append((transport, data))

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if not transport.is_closing():  # then writing raises, and the others would go without answers
                transport.write(data)


class Connection(web.RequestHandler):
    """One caller's connection."""

    __slots__ = ("_error_body", "_outbox")

    def __init__(
        self, server: Server, outbox: Outbox, error_body: Callable[[str], bytes], **options: Any
    ) -> None:
        super().__init__(server, **options)
        self._outbox = outbox
        self._error_body = error_body

    def send(self, data: bytes) -> None:
        """Send a whole answer, unless the caller has hung up."""
        if self.transport is not None:
            self._outbox.put(self.transport, data)

    @override
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """One sentence, and the connection is closed. `message` would quote the request."""
        _note(exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun, another cannot follow")
        text = "Bad Request" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "Internal error"
        response = web.Response(status=status, body=self._error_body(text), content_type="application/json")
        response.force_close()
        return response

    @override
    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Instead of a stack trace, which would quote what was sent."""
        _note(sys.exc_info()[1])


def _note(error: BaseException | None) -> None:
    _log.warning("a connection was not HTTP as it should be", error=type(error).__name__)
