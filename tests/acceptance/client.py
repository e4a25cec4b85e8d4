"""A plain client of the protocol over real sockets: well-formed calls, and any bytes at all.

Lives here: what goes over the wire and comes back, and the few calls that nearly every test begins with. Only
the acceptance tests import this.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import socket
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.support.answer_formats import read_nvp, read_xml

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Mapping
    from email.message import Message

PATH = "/includes/api.php"
FORM = "application/x-www-form-urlencoded"
_TIMEOUT_S = 60  # nothing takes that long unless it is broken
_numbers = itertools.count(1)
_READERS: dict[str, Callable[[bytes], list[tuple[str, Any]]]] = {
    "application/xml; charset=utf-8": read_xml,
    "text/plain; charset=utf-8": read_nvp,
}

CLIENT = {
    "firstname": "Test",
    "lastname": "Client",
    "address1": "123 Test Street",
    "city": "Test",
    "state": "Tester",
    "postcode": "TE5 5ST",
    "country": "GB",
    "phonenumber": "01234567890",
    "password2": "correct horse",
}
"""Everything AddClient requires but the e-mail address."""


def unused(name: str) -> str:
    """A name that no other test uses, nor another run on the same database."""
    return f"{name}-{os.getpid()}-{next(_numbers)}"


def unused_email() -> str:
    """An e-mail address that no account has."""
    return f"{unused('client')}@example.com"


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response."""

    status: int
    headers: Message
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The answer in the protocol's own shape, in JSON; fails if it is anything else."""
        assert self.headers["Content-Type"] == "application/json", self
        body = json.loads(self.raw)
        assert isinstance(body, dict)
        assert body["result"] in {"success", "error"}
        if body["result"] == "error":
            assert list(body) == ["result", "message"]
            assert "Traceback" not in body["message"]
        return body

    @property
    def result(self) -> str:
        """How it went, in any of the protocol's formats; fails if it is in none."""
        reader = _READERS.get(self.headers["Content-Type"])
        result = dict(reader(self.raw))["result"] if reader else self.body["result"]
        assert result in {"success", "error"}, self
        return str(result)

    @property
    def message(self) -> str:
        """What the answer complains about."""
        assert self.body["result"] == "error", self
        return str(self.body["message"])

    @property
    def success(self) -> dict[str, Any]:
        """The answer's body; fails if it is a refusal."""
        assert self.status == 200, self
        assert self.body["result"] == "success", self
        return self.body


class Api:
    """Calls a server on this machine with one credential."""

    def __init__(self, port: int, identifier: str, secret: str) -> None:
        self.port = port
        self.identifier = identifier
        self.secret = secret

    @property
    def credentials(self) -> dict[str, str]:
        """The credential as request parameters."""
        return {"identifier": self.identifier, "secret": self.secret}

    def post(self, parameters: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """Exactly these parameters, urlencoded."""
        body = urlencode(parameters, errors="surrogatepass").encode()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)) as connection:
            connection.request("POST", PATH, body, {"Content-Type": FORM, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def send(
        self, action: str, parameters: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The whole answer to an action."""
        call = {**self.credentials, "action": action, "responsetype": "json"}
        return self.post({**call, **parameters}, headers)

    def ok(self, action: str, /, **parameters: object) -> dict[str, Any]:
        """The body of a success."""
        return self.send(action, {name: str(value) for name, value in parameters.items()}).success

    def client(self, credit: str = "") -> str:
        """A new client, with credit if asked for; its number as it goes into requests."""
        client_id = str(self.ok("AddClient", **CLIENT, email=unused_email())["clientid"])
        if credit:
            self.ok("AddCredit", clientid=client_id, amount=credit, description="Given")
        return client_id

    def invoice(self, client_id: str, amount: str, **parameters: str) -> str:
        """A new invoice of one line; its number as it goes into requests."""
        line = {"itemdescription1": "Hosting", "itemamount1": amount}
        return str(self.ok("CreateInvoice", userid=client_id, **line, **parameters)["invoiceid"])

    def balance(self, client_id: str) -> str:
        """The client's credit."""
        return str(self.ok("GetClientsDetails", clientid=client_id)["credit"])

    def credit_rows(self, client_id: str) -> list[dict[str, Any]]:
        """The client's credit log."""
        rows: list[dict[str, Any]] = self.ok("GetCredits", clientid=client_id)["credits"]["credit"]
        return rows

    def transactions(self, **conditions: str) -> list[dict[str, Any]]:
        """The transactions that match."""
        rows: list[dict[str, Any]] = self.ok("GetTransactions", **conditions)["transactions"]["transaction"]
        return rows

    def connect(self) -> socket.socket:
        """A connection to send any bytes on."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=_TIMEOUT_S)

    def exchange(self, request: bytes, count: int = 1) -> list[Answer]:
        """Send bytes in one piece and read that many answers."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_answers(connection, count)


def read_answers(connection: socket.socket, count: int, *, is_head: bool = False) -> list[Answer]:
    """The next answers on a connection; a HEAD request's have no body."""
    with connection.makefile("rb") as stream:
        return [_read_answer(stream, is_head=is_head) for _ in range(count)]


def _read_answer(stream: io.BufferedReader, *, is_head: bool) -> Answer:
    status_line = stream.readline()
    assert status_line.startswith(b"HTTP/1."), status_line
    headers = http.client.parse_headers(stream)
    size = 0 if is_head else int(headers["Content-Length"])
    return Answer(int(status_line.split()[1]), headers, stream.read(size))
