"""A ledger with a signing key, its pages below /log/, and the auditor's own file, for acceptance tests."""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from eventstore.note import parse_checkpoint, parse_verifier_key, verify_checkpoint
from tests.acceptance.client import Answer, Api, unused
from tests.acceptance.process import Server, creditledger
from tests.support.postgres import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from eventstore.note import TreeHead

VERIFIER = CHECKOUT / "service" / "audit" / "verify_proof.py"
SECRET_NAME = "Lovelace-the-only"
ASKED_MAX = 2000
"""Far more requests than fit into the time in which a checkpoint is signed."""


class Ledger:
    """A server with a signing key, and its commands."""

    def __init__(self, server: Server, settings: dict[str, str], folder: Path) -> None:
        self.server = server
        self.settings = settings
        self.folder = folder
        self.api = Api(server.port, server.identifier, server.secret)

    def get(self, path: str, query: Mapping[str, object] | None = None, authorization: str = "") -> Answer:
        """A page below /log/."""
        headers = {"Authorization": authorization} if authorization else {}
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)) as connection:
            connection.request("GET", f"/log/{path}?{urlencode(query or {})}", headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def json(self, path: str, **query: object) -> dict[str, Any]:
        """A page in JSON that is there."""
        answer = self.get(path, query)
        assert answer.status == 200, answer
        body = json.loads(answer.raw)
        assert isinstance(body, dict)
        return body

    def head(self, at_least: int) -> TreeHead:
        """The published checkpoint once it covers so many events, verified by the published keys."""
        for _ in range(ASKED_MAX):
            answer = self.get("checkpoint")
            if answer.status == 200 and parse_checkpoint(answer.raw.decode()).head.size >= at_least:
                keys = [parse_verifier_key(key["key"]) for key in self.json("keys")["keys"]]
                return verify_checkpoint(answer.raw.decode(), keys)
        raise AssertionError("no checkpoint was signed")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command on this ledger."""
        return creditledger(*arguments, **self.settings)

    def written(self, *arguments: str) -> Path:
        """The file that a command writes."""
        path = self.folder / unused("proof")
        done = self.run(*arguments, "--out", str(path))
        assert done.returncode == 0, done
        return path

    def top_up(self, call: tuple[int, int]) -> None:
        """Add some credit."""
        client, number = call
        self.api.ok("AddCredit", clientid=client, amount="1.50", description=f"Top-up {number}")


@contextmanager
def new_ledger(dsn: str, folder: Path) -> Iterator[Ledger]:
    """A ledger with two clients, some credit, and 300 events more."""
    settings = {
        "CREDITLEDGER_DSN": dsn,
        "CREDITLEDGER_SIGNING_KEY_FILE": str(folder / "key"),
        "CREDITLEDGER_LOG_ORIGIN": "ledger.example/1",
    }
    often = {
        "CREDITLEDGER_CHECKPOINT_INTERVAL_S": "0.05",
        "CREDITLEDGER_ANCHOR_FOLDER": str(folder / "a"),
    }
    with Server(folder / "log", "--port", "0", settings=settings | often) as server:
        ledger = Ledger(server, settings, folder)
        names = [(name, f"{unused('proofs')}@example.com") for name in (SECRET_NAME, "Other")]
        for last_name, email in names:
            person = {"firstname": "Ada", "lastname": last_name, "email": email}
            ledger.api.ok("AddClient", **person, skipvalidation="true")
        with ThreadPoolExecutor(16) as threads:
            calls = [(client, number) for client in (1, 2) for number in range(150)]
            list(threads.map(ledger.top_up, calls))
        ledger.api.invoice("1", "5.00")
        ledger.top_up((1, 150))
        yield ledger


def verified(path: Path, *arguments: str, bare: bool = False) -> subprocess.CompletedProcess[str]:
    """What the auditor's file says; bare: with nothing but the standard library."""
    flags = ["-I", "-S"] if bare else []
    command = [sys.executable, *flags, str(VERIFIER), *arguments, str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def key_of(ledger: Ledger) -> str:
    """The key that an auditor pins."""
    return str(ledger.json("keys")["keys"][0]["key"])


def from_text(text: str) -> bytes:
    """Base64 in JSON."""
    return base64.b64decode(text)
