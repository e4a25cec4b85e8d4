"""What leaves the socket is HTTP, whatever kind of connection the caller wants."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest
import uvloop
from aiohttp import web

from service.http.server import Outbox, Server
from service.http.whole_answer import WholeAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BODY = b'{"result":"success"}'
WITHIN_S = 10


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server whose every answer is the same."""

    async def answer(_request: web.BaseRequest) -> WholeAnswer:
        return WholeAnswer(200, {"Content-Type": "application/json", "X-Request-Id": "r1"}, BODY)

    runner = web.ServerRunner(Server(answer, lambda _: b""))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def exchange(port: int, request: bytes) -> bytes:
    """All that comes back until the other side hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


def fields_of(answer: bytes) -> dict[str, str]:
    """The header fields of the first answer."""
    lines = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


async def test_a_connection_serves_many_requests_and_closes_when_told(port: int) -> None:
    """HTTP/1.1 stays open without a word; the request that says `close` is answered so, and it is closed."""
    stay = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    close = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answers = await exchange(port, stay + stay + close)
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == answers.count(BODY) == 3
    assert answers.count(b"Connection: close\r\n") == 1
    assert answers.endswith(BODY)


async def test_the_head_is_complete(port: int) -> None:
    """Fields as given, the length of the body, and the date that an origin server owes (RFC 9110, 6.6.1)."""
    fields = fields_of(await exchange(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
    assert fields.pop("Date").endswith(" GMT")
    assert fields == {
        "Content-Type": "application/json",
        "X-Request-Id": "r1",
        "Connection": "close",
        "Content-Length": str(len(BODY)),
    }


@pytest.mark.parametrize(("wish", "said"), [(b"", "close"), (b"Connection: keep-alive\r\n", "keep-alive")])
async def test_http_1_0(port: int, wish: bytes, said: str) -> None:
    """It is closed unless asked to stay open, and told either way."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.0\r\n" + wish + b"\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert fields_of(head)["Connection"] == said
    assert await reader.readexactly(len(BODY)) == BODY
    writer.close()


async def test_head_gets_no_body(port: int) -> None:
    """Only how long it would be."""
    answer = await exchange(port, b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n")
    assert fields_of(answer)["Content-Length"] == str(len(BODY))


async def test_requests_that_come_together_are_answered_in_their_order(port: int) -> None:
    """A caller that does not wait for answers gets one for each request, none twice."""
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = await exchange(port, request * 20 + last)
    assert answer.count(BODY) == 21
    assert answer.count(b"Connection: close") == 1
    assert answer.rindex(b"Connection: close") > answer.rindex(BODY, 0, -len(BODY))


def test_a_caller_that_is_gone_costs_no_other_its_answer() -> None:
    """Answers leave together; one of them has nowhere to go any more, which uvloop raises about."""
    assert uvloop.run(_sent_beside_a_closed_connection()) == BODY


async def _sent_beside_a_closed_connection() -> bytes:
    accepted: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    server = await asyncio.start_server(lambda _, writer: accepted.put_nowait(writer), "127.0.0.1", 0)
    outbox = Outbox(asyncio.get_running_loop())
    waits: list[asyncio.StreamReader] = []
    opened: list[asyncio.StreamWriter] = []
    for is_gone in (True, False):
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        answering = await accepted.get()
        opened += [writer, answering]
        if is_gone:
            answering.transport.abort()
            await reader.read()  # ends when it is closed
        else:
            waits.append(reader)
    for answering in opened[1::2]:
        outbox.put(cast("asyncio.Transport", answering.transport), BODY)
    async with asyncio.timeout(WITHIN_S):
        sent = await waits[0].readexactly(len(BODY))
    for end in opened:
        end.close()
    server.close()
    await server.wait_closed()
    return sent
