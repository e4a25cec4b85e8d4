"""The ledger under load: the real command on a fresh embedded PostgreSQL, with accounts to work on."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import aiohttp

from service.embedded.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[2]
_OPENERS = 32
_STOP_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Target:
    """A running service: where it listens, how to get in, and the processes to watch."""

    port: int
    identifier: str
    secret: str
    service_pid: int
    postmaster_pid: int
    dsn: str
    """The embedded server's administrator, for loads that go past the service."""

    def fields(self, action: str, **fields: Any) -> dict[str, Any]:
        """The form of a request, credentials included."""
        return {
            "identifier": self.identifier,
            "secret": self.secret,
            "responsetype": "json",
            "action": action,
        } | fields


@contextmanager
def running(*flags: str) -> Iterator[Target]:
    """Serve from a temporary folder for as long as the block runs; logs go to a file in it."""
    with tempfile.TemporaryDirectory(prefix="creditledger-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "CREDITLEDGER_DATA": str(data)}
        command = [sys.executable, "-m", "service", "serve", "--port", "0", *flags]
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        try:
            assert process.stdout is not None
            port, identifier, secret = _greeting(process.stdout)
            home = Home(data)
            postmaster = int(home.postmaster_pid.read_text(encoding="ascii").splitlines()[0])
            yield Target(port, identifier, secret, process.pid, postmaster, home.dsn())
        finally:
            process.terminate()
            process.wait(timeout=_STOP_WITHIN_S)


def _greeting(output: IO[str]) -> tuple[int, str, str]:
    """Port, identifier and secret from the first lines of a new ledger."""
    port = int(output.readline().partition("127.0.0.1:")[2].partition("/")[0])
    words = [output.readline().split() for _ in range(5)]
    found = {line[0]: line[1] for line in words if len(line) == 2}
    return port, found["identifier"], found["secret"]


async def open_accounts(target: Target, count: int) -> list[int]:
    """Open that many client accounts over HTTP; their numbers."""
    pending = iter(range(count))
    clients: list[int] = []
    async with aiohttp.ClientSession(f"http://127.0.0.1:{target.port}") as session:

        async def opener() -> None:
            for number in pending:
                form = target.fields(
                    "AddClient", skipvalidation="true", email=f"client{number}@example.com", firstname="Bench"
                )
                async with session.post("/includes/api.php", data=form) as response:
                    clients.append(json.loads(await response.read())["clientid"])

        await asyncio.gather(*(opener() for _ in range(_OPENERS)))
    return clients
