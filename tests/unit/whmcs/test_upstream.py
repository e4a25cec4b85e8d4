"""Actions that are not served here, and a WHMCS behind that serves them: a real server, played by tests."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from service.http.request_metrics import RequestMetrics
from service.whmcs.endpoint import Endpoint
from service.whmcs.upstream import AT_ONCE_BYTES, Upstream
from tests.support.answer_formats import read_nvp, read_xml
from tests.support.listening import Listening
from tests.support.whmcs import OneCredential, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

PATH = "/includes/api.php"
KEYS = {"identifier": "id", "secret": "secret", "responsetype": "json"}
THERE = {"identifier": "theirs", "secret": "their-secret", "accesskey": "their-key"}
ANSWER_BYTES_MAX = 300_000
HOSTED = b'{"result":"success","totalresults":1,"note":"\\u0022"}'

Client = TestClient[web.BaseRequest, None]


class Whmcs:
    """The WHMCS behind: what it was asked, and how it answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[tuple[str, str]]]] = []
        self.request_ids: list[str] = []
        self.answer: Callable[[web.Request], Awaitable[web.StreamResponse]] = self.well

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Notes what came, in order, and answers."""
        pairs = parse_qsl(await request.text(), keep_blank_values=True, strict_parsing=True)
        self.asked.append((f"{request.method} {request.path_qs}", pairs))
        self.request_ids.append(request.headers["X-Request-Id"])
        return await self.answer(request)

    async def well(self, request: web.Request) -> web.StreamResponse:
        """A success with headers of all kinds."""
        del request
        headers = {"Set-Cookie": "WHMCSsession=1", "Server": "Apache", "X-Powered-By": "PHP"}
        return web.Response(body=HOSTED, content_type="application/json", headers=headers)

    def says(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer so from now on."""

        async def answer(request: web.Request) -> web.StreamResponse:
            del request
            named = {name.replace("_", "-"): text for name, text in headers.items()}
            return web.Response(body=body, status=status, headers=named)

        self.answer = answer


@pytest.fixture
async def whmcs() -> AsyncIterator[tuple[Whmcs, str]]:
    """A WHMCS, and where it is."""
    whmcs = Whmcs()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", whmcs.handle)
    async with TestServer(app) as server:
        yield whmcs, str(server.make_url("/billing" + PATH))


@asynccontextmanager
async def passing_to(url: str, *, timeout_s: float = 10.0) -> AsyncIterator[Client]:
    """A client of an endpoint with this upstream."""
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session:
        upstream = Upstream(session, url, THERE, answer_bytes_max=ANSWER_BYTES_MAX)
        endpoint = Endpoint(World().services, OneCredential(), RequestMetrics(), upstream)
        async with Client(Listening(endpoint.handle)) as client:
            yield client


async def test_an_action_of_theirs_is_passed_on(whmcs: tuple[Whmcs, str]) -> None:
    """All parameters arrive, nested ones too, with their credential in place of the caller's."""
    behind, url = whmcs
    fields = {
        **KEYS,
        "username": "mine",
        "password": "mine",
        "accesskey": "mine",
        "action": "OpenTicket",
        "subject": "a & é +",
        "customfields[1]": "x",
        "list[]": "y",
        "empty": "",
    }
    async with passing_to(url) as client:
        answer = await client.post(f"{PATH}?deptid=1", data=fields)
        assert (answer.status, await answer.read()) == (200, HOSTED)
    ((line, pairs),) = behind.asked
    assert line == f"POST /billing{PATH}"
    assert pairs == [
        ("deptid", "1"),
        ("responsetype", "json"),
        ("action", "OpenTicket"),
        ("subject", "a & é +"),
        ("customfields[1]", "x"),
        ("list[0]", "y"),
        ("empty", ""),
        *THERE.items(),
    ]


async def test_only_the_answer_comes_back(whmcs: tuple[Whmcs, str]) -> None:
    """Its type and our request id, no cookies and nothing about its server; the id goes there, too."""
    behind, url = whmcs
    async with passing_to(url) as client:
        answer = await client.get(PATH, params={**KEYS, "action": "x"}, headers={"X-Request-Id": "r-1"})
        said = {name.lower(): text for name, text in answer.headers.items()}
        assert said.keys() == {"content-type", "x-request-id", "date", "content-length"}
        assert (said["content-type"], said["x-request-id"]) == ("application/json", "r-1")
    assert behind.request_ids == ["r-1"]


@pytest.mark.parametrize("action", ["AddCancelRequest", "GetCancelledPackages"])
async def test_services_are_theirs(whmcs: tuple[Whmcs, str], action: str) -> None:
    """This ledger has none, so where a WHMCS stands behind it, that one is asked."""
    behind, url = whmcs
    async with passing_to(url) as client:
        answer = await client.post(PATH, data={**KEYS, "action": action})
        assert await answer.read() == HOSTED
    assert len(behind.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_its_refusals_are_its_own(whmcs: tuple[Whmcs, str], status: int) -> None:
    """Status and bytes are not touched, whatever they are."""
    behind, url = whmcs
    behind.says(b"result=error;message=No;", status, Content_Type="text/plain; charset=utf-8")
    async with passing_to(url) as client:
        answer = await client.post(PATH, data={**KEYS, "action": "GetTickets"})
        assert (answer.status, await answer.read()) == (status, b"result=error;message=No;")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"action": "GetTickets"}, 403, "Invalid or missing credentials"),
        ({**KEYS, "secret": "x", "action": "GetTickets"}, 403, "Authentication Failed"),
        ({**KEYS, "action": ""}, 400, "Empty action request"),
        ({**KEYS, "action": "GetCredits", "clientid": "1"}, 200, "Client ID Not Found"),
    ],
)
async def test_what_is_not_passed_on(
    whmcs: tuple[Whmcs, str], fields: dict[str, str], status: int, message: str
) -> None:
    """Neither what is served here, nor anything of callers who are not let in."""
    behind, url = whmcs
    async with passing_to(url) as client:
        answer = await client.post(PATH, data={"responsetype": "json", **fields})
        assert (answer.status, (await answer.json())["message"]) == (status, message)
    assert behind.asked == []


@pytest.mark.parametrize("status", [301, 302, 307, 308, 500, 502, 520])
async def test_redirects_and_failures_are_not_passed_on(whmcs: tuple[Whmcs, str], status: int) -> None:
    """A redirect is not followed, as it may lead the secret astray; a page about a failure is no answer."""
    behind, url = whmcs
    behind.says(b"<html>", status, Location="/elsewhere")
    async with passing_to(url) as client:
        answer = await client.post(PATH, data={**KEYS, "action": "GetTickets"})
        message = f"The upstream WHMCS answered with HTTP {status}"
        assert (answer.status, await answer.json()) == (502, {"result": "error", "message": message})
    assert len(behind.asked) == 1


async def test_failures_are_told_in_the_format_asked_for() -> None:
    """Here because nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    message = ("message", "The upstream WHMCS cannot be reached")
    async with passing_to(f"http://127.0.0.1:{port}/") as client:
        for response_type, read in (("xml", read_xml), ("nvp", read_nvp)):
            fields = {**KEYS, "responsetype": response_type, "action": "GetTickets"}
            answer = await client.post(PATH, data=fields)
            assert answer.status == 502
            assert read(await answer.read())[-2:] == [("result", "error"), message]


async def test_a_whmcs_that_does_not_answer(whmcs: tuple[Whmcs, str]) -> None:
    """The caller is told that nobody knows what became of it."""
    behind, url = whmcs
    forever = asyncio.Event()

    async def silent(request: web.Request) -> web.StreamResponse:
        await forever.wait()
        return await behind.well(request)

    behind.answer = silent
    async with passing_to(url, timeout_s=0.05) as client:
        answer = await client.post(PATH, data={**KEYS, "action": "GetTickets"})
        forever.set()
        message = "The upstream WHMCS did not answer in time; it is not known whether this was carried out"
        assert (answer.status, (await answer.json())["message"]) == (504, message)


async def test_a_whmcs_that_hangs_up(whmcs: tuple[Whmcs, str]) -> None:
    """Before its answer, or in the middle of a short one, nothing of which was sent on yet."""
    behind, url = whmcs

    async def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"result":')
        return await hang_up(request)

    message = "The upstream WHMCS broke off; it is not known whether this was carried out"
    async with passing_to(url) as client:
        for answering in (hang_up, break_off):
            behind.answer = answering
            answer = await client.post(PATH, data={**KEYS, "action": "GetTickets"})
            assert (answer.status, (await answer.json())["message"]) == (502, message)


async def test_a_long_answer_is_streamed(whmcs: tuple[Whmcs, str]) -> None:
    """Its beginning arrives while the rest is not even written there."""
    behind, url = whmcs
    more = asyncio.Event()
    part = b"x" * (AT_ONCE_BYTES + 1)

    async def in_parts(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(part)
        await more.wait()
        await response.write(b"end")
        return response

    behind.answer = in_parts
    async with passing_to(url) as client, client.post(PATH, data={**KEYS, "action": "GetTickets"}) as answer:
        assert await answer.content.readexactly(len(part)) == part
        assert not more.is_set()
        more.set()
        assert await answer.content.read() == b"end"
        assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("has_length", [True, False])
async def test_an_answer_over_the_limit(whmcs: tuple[Whmcs, str], has_length: bool) -> None:
    """Announced, it is refused; otherwise it breaks off, so that nobody takes a part for the whole."""
    behind, url = whmcs

    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if has_length:
            response.content_length = ANSWER_BYTES_MAX + 1
        await response.prepare(request)
        for _ in range(ANSWER_BYTES_MAX // 1000):
            await response.write(b"x" * 1000)
        await response.write(b"x")
        return response

    behind.answer = large
    async with passing_to(url) as client:
        if has_length:
            answer = await client.post(PATH, data={**KEYS, "action": "GetTickets"})
            message = f"The answer of the upstream WHMCS is larger than {ANSWER_BYTES_MAX} bytes"
            assert (answer.status, (await answer.json())["message"]) == (502, message)
            return
        with capture_logs() as lines, pytest.raises(aiohttp.ClientError):
            await (await client.post(PATH, data={**KEYS, "action": "GetTickets"})).read()
        assert [line["refusal"] for line in lines] == ["upstream_answer_too_large"]


async def test_a_long_answer_that_breaks_off_there_breaks_off_here(whmcs: tuple[Whmcs, str]) -> None:
    """The caller sees that it is not whole, and the log says why."""
    behind, url = whmcs

    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x" * (AT_ONCE_BYTES + 1))
        await response.drain()
        assert request.transport is not None
        request.transport.close()
        return response

    behind.answer = break_off
    async with passing_to(url) as client:
        with capture_logs() as lines, pytest.raises(aiohttp.ClientError):
            await (await client.post(PATH, data={**KEYS, "action": "GetTickets"})).read()
        assert [line["refusal"] for line in lines] == ["upstream_broke_off"]


async def test_no_secret_is_logged(whmcs: tuple[Whmcs, str]) -> None:
    """Neither the caller's nor ours there, in good times and bad; nor the name of an action nobody knows."""
    behind, url = whmcs
    logged: list[Any] = []
    async with passing_to(url) as client:
        for status in (200, 403, 500):
            behind.says(b"{}", status, Content_Type="application/json")
            with capture_logs() as lines:
                await client.post(PATH, data={**KEYS, "action": "hunter2"})
            logged += lines
    assert [(line["action"], line["result"], line["status"]) for line in logged] == [
        ("unknown", "passed_on", 200),
        ("unknown", "passed_on", 403),
        ("unknown", "error", 502),
    ]
    for secret in ("secret", "hunter2", "theirs", "their-secret", "their-key"):
        assert repr(secret) not in repr(logged)
