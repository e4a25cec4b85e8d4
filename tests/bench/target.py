"""The ledger under load: the real command on an embedded PostgreSQL in a temporary folder.

It can be stopped and started again on the same data. Loads themselves are elsewhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from service.embedded.home import Home
from tests.bench.bodies import Bodies

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[2]
_PREFIX = "CREDITLEDGER_"
_NOT_PASSED_ON = {_PREFIX + name for name in ("DSN", "CONFIG", "DATA", "HOST", "PORT", "LANE")}
"""Other settings of the environment are measured as they are; these could lead to somebody's real ledger."""
_STOP_WITHIN_S = 60
_SETTLE_WITHIN_S = 300
_POLL_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A running service: where it listens, how to get in, and the processes to watch."""

    port: int
    credential: dict[str, str]
    service_pid: int
    postmaster_pid: int
    dsn: str
    """The embedded server's administrator, for loads that go past the service."""
    started_in_s: float
    """From the start of the command to its first answer to an authenticated request."""

    @property
    def bodies(self) -> Bodies:
        """Requests with its credential."""
        return Bodies(self.credential)

    def head(self) -> int:
        """The last position in the log."""
        query = urllib.parse.urlencode({**self.credential, "limit": 1})
        address = f"http://127.0.0.1:{self.port}/events?{query}"
        with urllib.request.urlopen(address, timeout=_STOP_WITHIN_S) as answer:
            return int(answer.headers["Ledger-Head"])

    def settle(self) -> float:
        """Wait until the read models have caught up with the log; the seconds that took."""
        started = time.monotonic()
        while not _is_ready(self.port):
            if time.monotonic() - started > _SETTLE_WITHIN_S:
                raise TimeoutError("the read models do not catch up with the log")
            time.sleep(_POLL_S)
        return time.monotonic() - started


class Ledger:
    """One data folder, served by one process at a time."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self._log = folder / "log"
        self._process: subprocess.Popen[str] | None = None
        self._credential: dict[str, str] = {}
        self._postmaster_pid = 0
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON},
            "PYTHONPATH": str(CHECKOUT),
            "CREDITLEDGER_DATA": str(self.data),
            # Nothing else is to be at work while something is measured.
            "CREDITLEDGER_VERIFY_INTERVAL_S": "0",
            "CREDITLEDGER_VERIFY_FULL_INTERVAL_S": "0",
        }
        """For other commands on the same data."""

    def start(self) -> Target:
        """Serve, by default with everything on, and wait for the first answer; logs go to a file."""
        command = [sys.executable, "-m", "service", "serve", "--port", "0"]
        started = time.monotonic()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        greeting = self._process.stdout.readline()
        if not greeting:
            raise RuntimeError(f"the service did not start: {self._log.read_text(encoding='utf-8')[-2000:]}")
        port = int(greeting.partition("127.0.0.1:")[2].partition("/")[0])
        if not self._credential:
            self._credential = _first_credential(self._process.stdout)
        _ask(port, Bodies(self._credential).get_client(1))
        taken = time.monotonic() - started
        home = Home(self.data)
        self._postmaster_pid = int(home.postmaster_pid.read_text(encoding="ascii").splitlines()[0])
        return Target(
            port=port,
            credential=self._credential,
            service_pid=self._process.pid,
            postmaster_pid=self._postmaster_pid,
            dsn=home.dsn(),
            started_in_s=taken,
        )

    def stop(self) -> None:
        """Ask it to end, and wait until its PostgreSQL has ended too. Not running is no error."""
        if self._process is None:
            return
        self._process.terminate()
        self._process.wait(timeout=_STOP_WITHIN_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        deadline = time.monotonic() + _STOP_WITHIN_S
        while Path(f"/proc/{self._postmaster_pid}").exists() and time.monotonic() < deadline:
            time.sleep(_POLL_S)


def settings_given() -> dict[str, str]:
    """What the environment says the service is to be like, where that is not the default."""
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(_PREFIX) and name not in _NOT_PASSED_ON
    }


@contextmanager
def temporary_ledger() -> Iterator[Ledger]:
    """A ledger in a temporary folder, not started yet; stopped and deleted when the block is left."""
    with tempfile.TemporaryDirectory(prefix="creditledger-", ignore_cleanup_errors=True) as folder:
        ledger = Ledger(Path(folder))
        try:
            yield ledger
        finally:
            ledger.stop()


def _first_credential(output: IO[str]) -> dict[str, str]:
    """Identifier and secret from the first lines of a new ledger."""
    words = [output.readline().split() for _ in range(5)]
    return {line[0]: line[1] for line in words if len(line) == 2}


def _ask(port: int, body: str) -> bytes:
    """The answer to one request. Raises HTTPError for a status above 399, so also for a bad credential."""
    address = f"http://127.0.0.1:{port}/includes/api.php"
    with urllib.request.urlopen(address, body.encode(), timeout=_STOP_WITHIN_S) as answer:
        found: bytes = answer.read()
        return found


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=_STOP_WITHIN_S):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False
