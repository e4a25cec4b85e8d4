"""The real command with a WHMCS behind it: what its settings say is what happens.

What comes of the answers of that WHMCS, good and bad, is in the unit tests of `upstream`.
"""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest

from tests.acceptance.client import FORM, Api
from tests.acceptance.conftest import new_database
from tests.acceptance.process import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANSWER = b'{"result":"success","tickets":""}'
SECRETS = ("hush-there", "key-there")


class Whmcs(HTTPServer):
    """A WHMCS on a port of this machine; `asked` has the forms that were sent there."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answers the same to every form."""
        assert isinstance(self.server, Whmcs)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append(dict(parse_qsl(body)))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        """Nothing: the tests look at what was asked."""


@pytest.fixture
def whmcs() -> Iterator[Whmcs]:
    """It, answering."""
    with Whmcs() as whmcs:
        thread = Thread(target=whmcs.serve_forever)
        thread.start()
        yield whmcs
        whmcs.shutdown()
        thread.join()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_ledger_before_a_whmcs(server_dsn: str, tmp_path: Path, whmcs: Whmcs, workers: str) -> None:
    """Its own actions are carried out here, all others there, below a path of its own; no secret is told."""
    with new_database(server_dsn) as dsn:
        settings = {
            "CREDITLEDGER_DSN": dsn,
            "CREDITLEDGER_WORKERS": workers,
            "CREDITLEDGER_BASE_PATH": "/billing",
            "CREDITLEDGER_ALLOW_GET": "false",
            "CREDITLEDGER_UPSTREAM_URL": f"http://127.0.0.1:{whmcs.server_port}/includes/api.php",
            "CREDITLEDGER_UPSTREAM_IDENTIFIER": "there",
            "CREDITLEDGER_UPSTREAM_SECRET": SECRETS[0],
            "CREDITLEDGER_UPSTREAM_ACCESSKEY": SECRETS[1],
        }
        with Server(tmp_path / "log", "--port", "0", settings=settings) as server:
            api = Api(server.port, server.identifier, server.secret)
            assert "/billing/includes/api.php" in server.greeting
            own, theirs, wrong, get = api.exchange(
                _post(api, "GetCredits", "clientid=1")
                + _post(api, "GetTickets", "limitnum=5")
                + _post(Api(0, api.identifier, "wrong"), "GetTickets", "")
                + b"GET /billing/includes/api.php?action=GetTickets HTTP/1.1\r\nHost: x\r\n\r\n",
                4,
            )
            assert own.message == "Client ID Not Found"
            assert (theirs.raw, theirs.status) == (ANSWER, 200)
            assert (wrong.message, wrong.status) == ("Authentication Failed", 403)
            assert (get.message, get.status) == ("Method Not Allowed", 405)
            assert whmcs.asked == [
                {
                    "action": "GetTickets",
                    "responsetype": "json",
                    "limitnum": "5",
                    "identifier": "there",
                    "secret": SECRETS[0],
                    "accesskey": SECRETS[1],
                }
            ]
            logged = server.log()
        assert '"result":"passed_on"' in logged
        assert not [secret for secret in (*SECRETS, api.secret) if secret in logged]


def _post(api: Api, action: str, parameters: str) -> bytes:
    body = f"identifier={api.identifier}&secret={api.secret}&responsetype=json&action={action}&{parameters}"
    head = "POST /billing/includes/api.php HTTP/1.1\r\nHost: x\r\n"
    return f"{head}Content-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
