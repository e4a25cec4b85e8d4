"""One delivery to an endpoint that does whatever endpoints do: a bounded outcome each time."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from service.feed.webhooks.guard import AddressGuard
from service.feed.webhooks.sender import ANSWER_BYTES_MAX, Sender, open_sender, pause_asked_s
from service.feed.webhooks.signing import SigningSecret, new_secret, signed_fields
from service.handling.networks import read_networks
from tests.support.endpoint import Authority, Delivered, Endpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

EVENT = b'{"id": "e", "position": 1, "subject": "account-1"}'
HERE = "127.0.0.1, ::1"


@asynccontextmanager
async def raw(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """The URL of a server that does this on each connection."""
    writers = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await serve(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        for writer in writers:
            writer.transport.abort()


@asynccontextmanager
async def sending(
    allowed: str = HERE, *, timeout_s: float = 10, allow_http: bool = True, ca_file: Path | None = None
) -> AsyncIterator[Sender]:
    """A sender that may send to these networks."""
    guard = AddressGuard(read_networks(allowed))
    async with open_sender(guard, timeout_s=timeout_s, allow_http=allow_http, ca_file=ca_file) as sender:
        yield sender


async def test_a_delivery_is_a_signed_post() -> None:
    """Body and headers as Standard Webhooks has them, verified by its own library."""
    secret = new_secret()
    async with Endpoint() as endpoint, sending() as sender:
        outcome = await sender.post(endpoint.url, signed_fields([SigningSecret(secret)], "e", EVENT), EVENT)
    assert (outcome.is_taken, outcome.status, outcome.error) == (True, 200, "")
    (came,) = endpoint.came
    assert came.headers["Content-Type"] == "application/cloudevents+json; charset=UTF-8"
    assert Webhook(secret).verify(came.body, dict(came.headers))["position"] == 1
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(came.body, dict(came.headers))


def test_two_secrets_sign_until_one_expires() -> None:
    """During the overlap either secret verifies; after it only the new one signs."""
    now = datetime.now(UTC)
    old, new = new_secret(), new_secret()
    known = [SigningSecret(new), SigningSecret(old, now + timedelta(hours=1))]
    during = signed_fields(known, "e", EVENT, now)
    assert Webhook(old).verify(EVENT, during) == Webhook(new).verify(EVENT, during)
    after = signed_fields(known, "e", EVENT, now + timedelta(hours=1))
    assert during["webhook-signature"].count("v1,") == 2
    assert after["webhook-signature"].count("v1,") == 1


def test_the_published_example_is_signed_as_published() -> None:
    """The secret, message and signature of the Standard Webhooks specification's own libraries' tests."""
    secret = SigningSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    moment = datetime.fromtimestamp(1614265330, UTC)
    fields = signed_fields([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', moment)
    assert fields["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


ANSWERS = [
    (lambda: web.Response(status=204), True, 204, ""),
    (lambda: web.Response(status=500), False, 500, "500 Internal Server Error"),
    (lambda: web.Response(status=410), False, 410, "410 Gone"),
    (
        lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/private"}),
        False,
        302,
        "redirects are not followed (302)",
    ),
    (
        lambda: web.Response(body=gzip.compress(bytes(10**8)), headers={"Content-Encoding": "gzip"}),
        True,
        200,
        "",
    ),
]


@pytest.mark.parametrize(("answer", "is_taken", "status", "error"), ANSWERS)
async def test_the_status_is_the_answer(answer: object, is_taken: bool, status: int, error: str) -> None:
    """2xx is taken, nothing else is; a redirect leads nowhere, what is compressed is not unpacked."""

    async def told(_: Delivered) -> web.Response:
        made: web.Response = answer()  # type: ignore[operator] # the table's are functions
        return made

    async with Endpoint(told) as endpoint, sending() as sender:
        outcome = await sender.post(endpoint.url, {}, EVENT)
    assert (outcome.is_taken, outcome.status, outcome.error) == (is_taken, status, error)
    assert len(endpoint.came) == 1


NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120),
        ("Sat, 21 Nov 2026 12:01:30 GMT", 90),
        ("Saturday, 21-Nov-26 12:01:30 GMT", 90),
        ("Sat Nov 21 12:01:30 2026", 90),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
        ("", 0),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("9" * 30, 0),
    ],
)
def test_a_pause_is_asked_for_in_seconds_or_by_a_date(retry_after: str, seconds: int) -> None:
    """The three forms of dates that HTTP has; what is past, or no date at all, asks for nothing."""
    assert pause_asked_s(retry_after, NOON) == seconds


async def test_an_endless_body_is_not_read() -> None:
    """A status 200 with ten gigabytes is taken; a little is read, then the connection is closed."""
    sent, closed = 0, asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        try:
            while sent < 10_000_000_000:
                writer.write(bytes(65_536))
                await writer.drain()
                sent += 65_536
        except ConnectionError:
            closed.set()

    async with raw(serve) as url, sending() as sender:
        outcome = await sender.post(url, {}, EVENT)
        assert (outcome.is_taken, outcome.status) == (True, 200)
        await asyncio.wait_for(closed.wait(), 60)
    assert sent < 500 * ANSWER_BYTES_MAX  # what the system buffers, and not more


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (b"", "no answer within 0.3 s"),
        (b"HTTP/1.1 200", "no answer within 0.3 s"),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + 100_000 * b"x" + b"\r\n\r\n", "not HTTP"),
    ],
)
async def test_what_is_no_answer_is_told(says: bytes, error: str) -> None:
    """An endpoint that never answers, stops in the middle or speaks another protocol."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(says)

    async with raw(serve) as url, sending(timeout_s=0.3) as sender:
        outcome = await sender.post(url, {}, EVENT)
        assert (outcome.is_taken, outcome.status) == (False, None)
        assert error.lower() in outcome.error.lower()


async def test_nobody_at_home_is_told() -> None:
    """A refused connection and a name that nobody knows."""
    async with sending() as sender:
        refused = await sender.post("http://127.0.0.1:1/", {}, EVENT)
        unknown = await sender.post("http://nowhere.invalid/", {}, EVENT)
    assert "Connect call failed" in refused.error or "refused" in refused.error
    assert unknown.error == "the name of the host is not known"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://2130706433:{port}/",
        "http://127.1:{port}/",
        "http://0.0.0.0:{port}/",
    ],
)
async def test_this_machine_is_refused(url: str) -> None:
    """However its address is written, and by a name that leads here: nothing is sent."""
    async with Endpoint() as endpoint, sending(allowed="") as sender:
        port = endpoint.url.split(":")[2].partition("/")[0]
        outcome = await sender.post(url.format(port=port), {}, EVENT)
    assert outcome.status is None
    assert "is not a public address" in outcome.error or "is not a canonical IPv4" in outcome.error
    assert endpoint.came == []


async def test_http_is_refused_unless_allowed() -> None:
    """Even where a webhook was added while it was allowed."""
    async with Endpoint() as endpoint, sending(allow_http=False) as sender:
        outcome = await sender.post(endpoint.url, {}, EVENT)
    assert (outcome.error, endpoint.came) == ("http is not allowed by the settings", [])


async def test_certificates_are_checked(tmp_path: Path) -> None:
    """A good one is taken; an unknown authority and an expired one are refused, and the outcome says why."""
    authority = Authority(tmp_path)
    async with (
        Endpoint(tls=authority.context()) as good,
        Endpoint(tls=authority.context(days_old=3)) as expired,
        sending(allow_http=False, ca_file=authority.file) as trusting,
        sending(allow_http=False) as strict,
    ):
        assert (await trusting.post(good.url, {}, EVENT)).is_taken
        unknown = await strict.post(good.url, {}, EVENT)
        old = await trusting.post(expired.url, {}, EVENT)
        other_name = await trusting.post(good.url.replace("127.0.0.1", "[::1]"), {}, EVENT)
    assert unknown.error.startswith("the certificate is not accepted: ")
    assert "expired" in old.error
    assert not other_name.is_taken
    assert expired.came == []


async def test_a_file_without_certificates_is_told(tmp_path: Path) -> None:
    """At the start of the service, with its name."""
    file = tmp_path / "empty.pem"
    for _ in range(2):
        with pytest.raises(OSError, match=r"the certificates in .*empty\.pem cannot be used"):
            async with sending(ca_file=file):
                pass
        file.write_text("nothing", "ascii")


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is meant for browsers on this machine is not for what the ledger sends."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with Endpoint() as endpoint, sending() as sender:
        assert (await sender.post(endpoint.url, {}, EVENT)).is_taken


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),  # noqa: S104 -- nothing listens on it
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::10.0.0.1", False),
        ("64:ff9b:1::93.184.216.34", False),
        ("2001:0:5db8:d822::f5ff:fffe", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::93.184.216.34", True),
        ("2002:0a00:0001::1", False),
        ("198.51.100.7", True),
    ],
)
def test_only_public_addresses_are_allowed(address: str, is_allowed: bool) -> None:
    """Private, loopback, link-local, multicast and reserved ones are not, nor IPv6 that leads to them."""
    guard = AddressGuard(read_networks("198.51.100.0/24"))
    assert guard.allows(ip_address(address)) is is_allowed
