"""The processes of `serve --workers N`: the parent's side, which reserves the port and keeps the workers up.

A worker is the whole service as it is without this: a fresh interpreter that runs the hidden command
`worker`. It reads its settings from a pipe, the other end of which this process never closes: when that
end is gone, so is this process, and the worker stops by itself. Nothing of the ledger is known here; used by
`service.serving`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, cast

import structlog

from service.app import cannot_listen
from service.http.request_metrics import SHARED_FOLDER

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Iterator

    from service.settings import Settings

READY = b"ready\n"
"""What a worker writes to standard output once it accepts connections."""

SHORT_LIFE_S = 10.0
SHORT_LIVES_MAX = 5
"""So many lives that short, one after the other in the same place, are no accident any more."""

FIRST_PAUSE_S = 0.1
"""Before a worker is started again; doubles with every short life."""

_log = structlog.get_logger(__name__)


@contextmanager
def reserved_port(settings: Settings) -> Iterator[int]:
    """The port for the workers; while the block runs, the kernel gives it to nobody who takes any free one.

    Raises OSError when somebody else listens there, and where ports cannot be shared.
    """
    if not hasattr(socket, "SO_REUSEPORT"):
        raise OSError("more than one worker needs SO_REUSEPORT, which this system does not have")
    host, port = settings.host or None, settings.port
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        if port:
            # Another service of this user that shares its port would share it with us, too: ask for it alone.
            socket.create_server(address, family=family).close()
        holder = socket.socket(family)
    except OSError as error:
        raise cannot_listen(settings, error) from error
    with holder:
        # The first is for what is left of the connections of a service that shared its port with nobody.
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            holder.setsockopt(socket.SOL_SOCKET, option, 1)
        try:
            holder.bind(address)
        except OSError as error:
            raise cannot_listen(settings, error) from error
        yield holder.getsockname()[1]


@asynccontextmanager
async def running_workers(settings: Settings, stop: asyncio.Event) -> AsyncIterator[Workers]:
    """Workers as long as the block runs; leaving it sets `stop` and waits until all of them have ended."""
    workers = Workers(settings, stop)
    running = asyncio.create_task(workers.run(), name="workers")
    running.add_done_callback(lambda _: stop.set())
    try:
        yield workers
    finally:
        stop.set()
        await running


class Workers:
    """`settings.workers` processes, each started again when it ends, until `stop` is set."""

    def __init__(self, settings: Settings, stop: asyncio.Event) -> None:
        self.ready = asyncio.Event()
        """Set when every worker has accepted connections."""
        self.failed = False
        """Whether workers ended that should not have, so that this process is not to end well."""
        self._settings = settings
        self._stop = stop
        self._were_ready: set[int] = set()
        self._processes: dict[int, Process] = {}
        self._metrics = ""

    async def run(self) -> None:
        """Return when the last has ended after `stop`, which is set here when they cannot be kept up."""
        with TemporaryDirectory(prefix="creditledger-metrics-") as self._metrics:
            async with asyncio.TaskGroup() as group:
                for number in range(1, self._settings.workers + 1):
                    group.create_task(self._keep(number))
                await self._stop.wait()
                for process in self._processes.values():
                    _terminate(process)

    async def _keep(self, number: int) -> None:
        short_lives = 0
        while not self._stop.is_set():
            started = monotonic()
            code = await self._live(number)
            if self._stop.is_set():
                self._check_stop(number, code)
                return
            short_lives = short_lives + 1 if monotonic() - started < SHORT_LIFE_S else 1
            if short_lives == SHORT_LIVES_MAX:
                _log.critical("a worker ends again and again; stopping", worker=number, code=code)
                self.failed = True
                self._stop.set()
                return
            pause_s = FIRST_PAUSE_S * 2 ** (short_lives - 1)
            _log.error("a worker ended; starting it again", worker=number, code=code, pause_s=pause_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._stop.wait()

    async def _live(self, number: int) -> int:
        """One life of a worker; its exit code, negative for a signal."""
        process = await _start(number, self._metrics)
        self._processes[number] = process
        if self._stop.is_set():
            _terminate(process)
        # Both are there, because `_start` asked for pipes.
        to_worker, from_worker = cast("StreamWriter", process.stdin), cast("StreamReader", process.stdout)
        to_worker.write(self._settings.as_json() + b"\n")
        if await from_worker.readline() == READY:
            _log.info("a worker is ready", worker=number, pid=process.pid)
            self._were_ready.add(number)
            if len(self._were_ready) == self._settings.workers:
                self.ready.set()
        return await process.wait()

    def _check_stop(self, number: int, code: int) -> None:
        if code not in {0, -signal.SIGTERM}:  # the signal itself: it came while the worker was starting
            _log.error("a worker did not stop as it should", worker=number, code=code)
            self.failed = True


async def _start(number: int, metrics_folder: str) -> Process:
    checkout = str(Path(__file__).parents[1])  # works from a checkout that is not installed, too
    # All settings come by the pipe: a file that changed meanwhile must not make workers that differ.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CREDITLEDGER_")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [checkout, environment.get("PYTHONPATH")]))
    environment[SHARED_FOLDER] = metrics_folder  # whichever worker is asked tells of all of them
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "service", "worker", str(number)),
        stdin=PIPE,
        stdout=PIPE,
        env=environment,
        start_new_session=True,  # Ctrl-C in a terminal is for this process, which then stops them in order
    )


def _terminate(process: Process) -> None:
    with suppress(ProcessLookupError):  # it has ended already
        process.terminate()
