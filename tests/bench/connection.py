"""One HTTP/1.1 connection of the bundled generator: a request at a time, bytes made beforehand.

No streams, no parsing beyond where an answer ends: what it costs is taken from the service beside it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypedDict, cast

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SUCCESS = b'"result":"success"'
_LENGTH = b"content-length:"


class Figures(TypedDict, total=False):
    """What a generator reports, in either kind of loop; the second group in an open one only."""

    answered: int
    refused: int
    errors: int
    seconds: float
    p50_ms: float
    p99_ms: float
    p999_ms: float

    late: int
    unsent: int
    sent_late_p99_ms: float


class Connection(asyncio.Protocol):
    """`on_answer` gets the connection and the body of each answer, or None where the connection was lost."""

    def __init__(self, on_answer: Callable[[Connection, bytes | None], None]) -> None:
        self._on_answer = on_answer
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._waiting = False
        self.due = 0.0
        """When the request in the air was to be sent, in `time.perf_counter()`."""
        self.number = 0
        """Which request that is, by its place among those given."""

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent on it."""
        return self._transport is not None

    def send(self, request: bytes, number: int, due: float) -> None:
        """Send a request; the one before must have been answered."""
        assert self._transport is not None
        self.number = number
        self.due = due
        self._waiting = True
        self._transport.write(request)

    def close(self) -> None:
        """Give the connection up; nothing is reported for it any more."""
        self._waiting = False
        if self._transport is not None:
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        head = received.find(b"\r\n\r\n")
        if head >= 0:
            start = received[:head].lower().find(_LENGTH) + len(_LENGTH)
            length = int(received[start:].split(b"\r\n", 1)[0])
            if len(received) >= head + 4 + length:
                self._received = b""
                self._waiting = False
                self._on_answer(self, received[head + 4 :])
                return
        self._received = received

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._received = b""
        if self._waiting:
            self._waiting = False
            self._on_answer(self, None)


async def connect(
    port: int, count: int, on_answer: Callable[[Connection, bytes | None], None]
) -> list[Connection]:
    """That many connections to this machine. Raises OSError."""
    loop = asyncio.get_running_loop()
    made = [loop.create_connection(lambda: Connection(on_answer), "127.0.0.1", port) for _ in range(count)]
    return [connection for _, connection in await asyncio.gather(*made)]


def requests(bodies: Iterable[bytes]) -> list[bytes]:
    """The whole requests for these urlencoded forms."""
    return [
        b"POST /includes/api.php HTTP/1.1\r\nHost: bench\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        for body in bodies
    ]
