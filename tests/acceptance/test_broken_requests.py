"""Requests that are broken before they mean anything: no text, no measure, no end, no HTTP.

The answer is the protocol's JSON all the same, since some client libraries hang on anything else, and nothing
is recorded. Parameters that make no sense are in `test_bad_input`.
"""

from __future__ import annotations

import gzip
import socket
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import FORM, PATH, read_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.client import Answer, Api
    from tests.acceptance.conftest import Log
    from tests.acceptance.process import Server

BODY_BYTES_MAX = 1 << 20
UNREADABLE = [
    ("x=%00", "The request has a NUL character in it", 400),
    ("%00=x", "The request has a NUL character in it", 400),
    ("x=%FF", "The request is not valid UTF-8", 400),
    ("x=%C3", "The request is not valid UTF-8", 400),
    ("x=%ED%A0%80", "The request is not valid UTF-8", 400),
    ("x=%C0%80", "The request is not valid UTF-8", 400),
    ("x=%F4%90%80%80", "The request is not valid UTF-8", 400),
    ("%FF=x", "The request is not valid UTF-8", 400),
    ("&".join(f"x{number}=" for number in range(1001)), "The request has more than 1000 parameters", 413),
    ("&" * 1001, "The request has more than 1000 parameters", 413),
    ("a" + "[b]" * 9 + "=1", "A parameter is nested deeper than 8 levels", 400),
    ("a" + "%5B%5D" * 9 + "=1", "A parameter is nested deeper than 8 levels", 400),
    ("a" * 257 + "=1", "A parameter name is longer than 256 bytes", 400),
]
"""A parameter that cannot be read, and what is said about it."""


@pytest.fixture
def good(api: Api) -> str:
    """A form that would add credit."""
    names = {**api.credentials, "action": "AddCredit", "amount": "1", "clientid": api.client()}
    return "&".join(f"{name}={value}" for name, value in names.items())


@pytest.fixture(autouse=True)
def _nothing_recorded(api: Api, log: Log, good: str) -> Iterator[None]:
    """Nothing is recorded, and the server still answers."""
    del good  # it opens a client, before
    with log.unchanged():
        yield
        assert api.send("GetInvoice", {"invoiceid": "0"}).message == "Invoice ID Not Found"


def refused(answer: Answer, message: str, status: int) -> None:
    """The answer says so, and in the protocol's shape."""
    assert (answer.message, answer.status) == (message, status)


@pytest.mark.parametrize(("parameter", "message", "status"), UNREADABLE, ids=lambda value: str(value)[:20])
def test_forms_that_cannot_be_read(api: Api, good: str, parameter: str, message: str, status: int) -> None:
    """Broken texts and forms without measure are refused before anything is asked of the ledger."""
    for form in (f"{good}&{parameter}", f"{parameter}&{good}"):
        (answer,) = api.exchange(_post(form.encode()))
        refused(answer, message, status)
    (answer,) = api.exchange(f"GET {PATH}?{good}&{parameter} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    refused(answer, message, status)


def test_raw_bytes_that_are_no_text(api: Api) -> None:
    """Bytes beyond UTF-8 in a body are refused; a body in another charset is not guessed at."""
    for body in (b"action=AddCredit&description=\xff", b"action=AddCredit&description=caf\xe9"):
        (answer,) = api.exchange(_post(body, content_type=f"{FORM}; charset=iso-8859-1"))
        refused(answer, "The request is not valid UTF-8", 400)


def test_body_over_the_limit(api: Api) -> None:
    """A large body is refused, sent, announced, in chunks or once it is unpacked."""
    message = f"The request is larger than {BODY_BYTES_MAX} bytes"
    large = b"action=AddCredit&x=" + b"a" * BODY_BYTES_MAX
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(large), large)
    for request in (
        _post(large),
        _post(b"", length=10**12),
        _head(FORM, "Transfer-Encoding: chunked") + chunked,
        _post(gzip.compress(large), "Content-Encoding: gzip\r\n"),
        _post(b"--x\r\n" + large, content_type="multipart/form-data; boundary=x"),
    ):
        (answer,) = api.exchange(request)
        refused(answer, message, 413)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b'--x\r\nContent-Disposition: form-data; name="action"\r\n\r\nAddCredit',
        b'--x\r\nContent-Disposition: form-data; name="action"\r\n\r\n\xff\r\n--x--\r\n',
        b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n\r\n--y--\r\n--x--\r\n",
        b"--x\r\nno header\r\n\r\nAddCredit\r\n--x--\r\n",
    ],
    ids=["empty", "no line", "no end", "no text", "nested", "bad header"],
)
def test_broken_multipart(api: Api, body: bytes) -> None:
    """A multipart body that breaks off, or is none, is refused."""
    (answer,) = api.exchange(_post(body, content_type="multipart/form-data; boundary=x"))
    assert (answer.body["result"], answer.status) == ("error", 400)


def test_body_that_does_not_unpack(api: Api) -> None:
    """A body that is not compressed as it says is malformed, which is the caller's mistake."""
    (answer,) = api.exchange(_post(b"action=AddCredit", "Content-Encoding: gzip\r\n"))
    refused(answer, "The request ended early or was malformed", 400)


@pytest.mark.parametrize("content_type", [FORM, "multipart/form-data; boundary=x"])
def test_caller_that_hangs_up(api: Api, good: str, content_type: str) -> None:
    """A body that is shorter than announced when the caller goes away is never acted on."""
    with api.connect() as connection:
        connection.sendall(_post(good.encode(), content_type=content_type, length=len(good) + 9))
        connection.shutdown(socket.SHUT_WR)
        rest = connection.recv(4096)  # the server's end of it: an answer or none, but no success
    assert b"success" not in rest


def test_caller_that_stops_in_the_middle(api: Api, good: str) -> None:
    """A body of which nothing more comes is given up; the caller is told so."""
    (answer,) = api.exchange(_post(good.encode(), length=len(good) + 9))
    refused(answer, "The request did not arrive in time", 408)


@pytest.mark.parametrize(
    "request_line",
    [
        f"GET {PATH}?action=GetCredits&secret=%(secret)s&description=a b HTTP/1.1",
        f"GET {PATH}?action=GetCredits&secret=%(secret)s&description=é HTTP/1.1",
        f"GET {PATH}?action=GetCredits&secret=%(secret)s&notes={'x' * 9000} HTTP/1.1",
        f"GET {PATH}?action=GetCredits&secret=%(secret)s HTTP/1.1\r\nNo Header: x",
        f"GET {PATH}?action=GetCredits&secret=%(secret)s HTTP/1.1\r\nX: {'x' * 9000}",
        f"G@T {PATH}?secret=%(secret)s HTTP/1.1",
        "\x16\x03\x01 %(secret)s",
    ],
    ids=["space", "not ASCII", "long query", "bad header", "long header", "bad method", "TLS"],
)
def test_requests_that_are_not_http(api: Api, server: Server, request_line: str) -> None:
    """Even then the answer is the protocol's JSON, and neither it nor the log tells what was sent."""
    before = len(server.log())
    line = request_line % {"secret": api.secret}
    with api.connect() as connection:
        connection.sendall(f"{line}\r\nHost: x\r\n\r\n".encode())
        (answer,) = read_answers(connection, 1)
    assert api.secret not in answer.raw.decode()
    assert api.secret not in server.log()[before:]
    assert answer.status in {400, 414, 431}
    assert answer.body["result"] == "error"


def _head(content_type: str, length: str) -> bytes:
    return f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n{length}\r\n\r\n".encode()


def _post(body: bytes, extra: str = "", *, content_type: str = FORM, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return _head(content_type, f"{extra}Content-Length: {size}") + body
