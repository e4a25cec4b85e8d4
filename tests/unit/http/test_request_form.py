from __future__ import annotations

import asyncio
import gzip
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer

from service.http.form import FormError, FormLimits
from service.http.request_form import parse_request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATH = "/includes/api.php"
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
LIMITS = FormLimits(body_bytes_max=2_000, fields_max=5, body_timeout_s=0.05)

Client = TestClient[web.Request, web.Application]


async def _echo(request: web.Request) -> web.Response:
    try:
        return web.json_response(await parse_request(request, LIMITS))
    except FormError as problem:
        return web.json_response(problem.message, status=problem.status)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A client of a server that answers with the variables it understood."""
    app = web.Application()
    app.router.add_route("*", PATH, _echo)
    async with TestClient(TestServer(app)) as connected:
        yield connected


@asynccontextmanager
async def _connection(client: Client) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection, for requests that no client library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.server.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def test_each_encoding_gives_the_same_variables(client: Client) -> None:
    """GET, urlencoded, multipart and a mixture of query and body all say the same thing."""
    fields = {"action": "AddCredit", "description": "a & é +", "list[]": "x"}
    expected = {"action": "AddCredit", "description": "a & é +", "list": {"0": "x"}}
    multipart = FormData(fields, default_to_multipart=True)
    mixed = {"params": {"action": "AddCredit"}, "data": {"description": "a & é +", "list[]": "x"}}
    for answer in (
        await client.get(PATH, params=fields),
        await client.post(PATH, data=fields),
        await client.post(PATH, data=multipart),
        await client.post(PATH, params=fields),
        await client.post(PATH, params=mixed["params"], data=mixed["data"]),
    ):
        assert await answer.json() == expected


async def test_a_query_is_taken_as_it_was_sent(client: Client) -> None:
    """`+`, `%2B`, raw and encoded brackets and encoded separators in the target keep their meaning."""
    target = f"{PATH}?a=x+y%2Bz&b%5Bc%5D=1&d[e]=2&f=%26%3D"
    async with _connection(client) as (reader, writer):
        writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
    assert answer.endswith(b'{"a": "x y+z", "b": {"c": "1"}, "d": {"e": "2"}, "f": "&="}')


async def test_files_are_not_variables(client: Client) -> None:
    """A multipart file and a part without a name are skipped, as PHP keeps them apart."""
    form = FormData(default_to_multipart=True)
    form.add_field("file", b"\xff\x00", filename="x.bin")
    form.add_field("a", "1")
    answer = await client.post(PATH, data=form)
    assert await answer.json() == {"a": "1"}


async def test_a_json_body_is_ignored(client: Client) -> None:
    """As in PHP, a JSON body gives no variables; neither does any body of a GET."""
    answer = await client.post(PATH, json={"action": "AddCredit"}, params={"b": "1"})
    assert await answer.json() == {"b": "1"}
    answer = await client.get(PATH, data={"a": "1"})
    assert await answer.json() == {}


async def test_a_large_body_is_refused(client: Client) -> None:
    """In every encoding, with or without a length up front, and after decompression."""

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"a" * 100

    urlencoded = {"Content-Type": "application/x-www-form-urlencoded"}
    compressed = {**urlencoded, "Content-Encoding": "gzip"}
    for answer in (
        await client.post(PATH, data={"a": "x" * 3_000}),
        await client.post(PATH, data=in_pieces(), headers=urlencoded),
        await client.post(PATH, data=gzip.compress(b"a=" + b"x" * 3_000), headers=compressed),
        await client.post(PATH, data=FormData({"a": "x" * 3_000}, default_to_multipart=True)),
    ):
        assert (answer.status, await answer.json()) == (413, "The request is larger than 2000 bytes")


async def test_a_body_in_pieces_is_put_together(client: Client) -> None:
    """A body that arrives bit by bit without a length is read to its end."""

    async def in_pieces() -> AsyncIterator[bytes]:
        for piece in (b"a=1&", b"b=%C3", b"%A9"):
            yield piece
            await asyncio.sleep(0)

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await client.post(PATH, data=in_pieces(), headers=headers)
    assert await answer.json() == {"a": "1", "b": "é"}


async def test_too_many_parts_are_refused(client: Client) -> None:
    """The limit on variables holds for multipart too."""
    form = FormData({str(number): "1" for number in range(6)}, default_to_multipart=True)
    answer = await client.post(PATH, data=form)
    assert (answer.status, await answer.json()) == (413, "The request has more than 5 parameters")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"no boundary here"),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n--b--",
        ),
    ],
)
async def test_a_malformed_multipart_body_is_refused(client: Client, content_type: str, body: bytes) -> None:
    """Without a boundary, with a wrong one, or with a multipart body inside: 400, never a crash."""
    answer = await client.post(PATH, data=body, headers={"Content-Type": content_type})
    assert answer.status == 400
    assert "multipart" in await answer.json()


async def test_a_part_that_is_no_text_is_refused(client: Client) -> None:
    """The rules on UTF-8 and NUL hold for multipart too."""
    body = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--\r\n'
    answer = await client.post(PATH, data=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert (answer.status, await answer.json()) == (400, "The request is not valid UTF-8")


async def test_a_body_that_does_not_come_is_given_up(client: Client) -> None:
    """A caller that stops halfway gets a 408 instead of holding a connection for ever."""
    async with _connection(client) as (reader, writer):
        writer.write(f"{HEAD}Content-Length: 9\r\n\r\na=1".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")


async def test_a_malformed_body_is_refused(client: Client) -> None:
    """A body that is not compressed as it says is the caller's mistake, not a crash."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}
    answer = await client.post(PATH, data=b"a=1 is not gzip", headers=headers)
    assert answer.status == 400
