"""An answer whose body is there as a whole: head and body leave in one piece.

aiohttp's own `Response` is made for more (cookies, compression, chunks, files), and that costs three times as
much for every request. Any protocol may import it; it answers on connections of `service.http.server`.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from aiohttp import HttpVersion10, web
from typing_extensions import override

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter

    from service.http.server import Connection

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n"
    for status in HTTPStatus
    if status >= HTTPStatus.OK and status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
}


class WholeAnswer(web.StreamResponse):
    """Status, header fields and body. Names and values must be free of line breaks; nothing looks again."""

    def __init__(self, status: int, fields: dict[str, str], body: bytes) -> None:
        super().__init__(status=status)
        self._fields = fields
        self._whole_body = body
        self._stays_open = False

    @property
    @override
    def keep_alive(self) -> bool:
        """Whether the connection stays open for another request."""
        return self._stays_open

    @override
    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send it. Raises ConnectionResetError if the caller hung up."""
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the caller hung up")
        self._stays_open = request.keep_alive
        lines = [_STATUS_LINES[self.status]]
        lines += [f"{name}: {value}\r\n" for name, value in self._fields.items()]
        if not self._stays_open:
            lines.append("Connection: close\r\n")
        elif request.version == HttpVersion10:
            lines.append("Connection: keep-alive\r\n")
        lines.append(f"Content-Length: {len(self._whole_body)}\r\nDate: {_date(int(time.time()))}\r\n\r\n")
        head = "".join(lines).encode("latin-1")
        data = head if request.method == "HEAD" else head + self._whole_body
        cast("Connection", request.protocol).send(data)
        return None

    @override
    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to send."""


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
