"""PostgreSQL servers in tests: DSNs of other databases, users of the embedded server, ways to hurt it.

Waiting is for a process's end or for a line, never for a time.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from service.embedded import release
from service.embedded.home import Home

CHECKOUT = Path(__file__).parents[2]
_TIMEOUT_S = 60  # nothing waits that long unless it is broken

_USER = """
import sys
from pathlib import Path
from service.embedded import EmbeddedPostgresError, ensure
try:
    print(ensure(Path(sys.argv[1])), flush=True)
except EmbeddedPostgresError as error:
    sys.exit(str(error))
sys.stdin.read()
"""


def with_database(dsn: str, name: str) -> str:
    """The same server and user, another database."""
    parts = urlsplit(dsn)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/{name}{query}"


def keeper_pid(home: Path) -> int:
    """The process id of the embedded server's keeper, the last one if none lives."""
    return int(Home(home).keeper_lock.read_text(encoding="ascii"))


def postmaster_pid(home: Path) -> int:
    """The process id of the embedded server's first process."""
    return int(Home(home).postmaster_pid.read_text(encoding="ascii").splitlines()[0])


@contextmanager
def ends(*pids: int) -> Iterator[None]:
    """Leave the block only when these processes, which live on entry, have ended."""
    handles = [os.pidfd_open(pid) for pid in pids]
    try:
        yield
        for pid, handle in zip(pids, handles, strict=True):
            readable, _, _ = select.select([handle], [], [], _TIMEOUT_S)
            assert readable, f"process {pid} did not end"
    finally:
        for handle in handles:
            os.close(handle)


def stop_immediate(home: Path) -> None:
    """Crash the embedded server: it drops every session and writes no checkpoint, so the next start recovers.

    The signal is the one of `pg_ctl stop -m immediate`; pg_ctl itself refuses to run as root.
    """
    postmaster = postmaster_pid(home)
    with ends(postmaster):
        os.kill(postmaster, signal.SIGQUIT)


def stop(home: Path) -> None:
    """Let go of the embedded server and wait until it has stopped, without the grace for newcomers."""
    release(home)
    with suppress(FileNotFoundError, ProcessLookupError):  # never started, or stopped already
        keeper = keeper_pid(home)
        with ends(keeper):
            os.kill(keeper, signal.SIGINT)


class EmbeddedUser:
    """Another process that uses the embedded server until it is closed or killed. A context manager."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _USER, str(home)],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def dsn(self) -> str:
        """Wait until it has joined; empty if it could not."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        """Kill it: it cannot tell anybody that it lets go."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(BrokenPipeError):
            self.process.communicate(timeout=_TIMEOUT_S)
