"""The keeper process, PostgreSQL's parent: `python -m service.embedded.keeper keep HOME ...`.

The client runs it. It starts the server, starts it again when it ends in use, and stops it when its last user
is gone. SIGTERM: stop when the users are gone, at the latest after a patience (a service manager signals the
service and this process at once, and the service still has to finish its work). SIGINT: stop now. Killed: the
server stops by itself.
"""

import argparse
import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from service.embedded.cluster import Cluster
from service.embedded.errors import EmbeddedPostgresError
from service.embedded.home import Home, try_lock

_POLL_S = 0.2
_GRACE_S = 1.0  # without users, before the server stops: one command after the other finds it still up
_TERM_PATIENCE_S = 10.0
_CRASH_LIMIT = 5  # within _CRASH_WINDOW_S; then something is wrong that another start does not cure
_CRASH_WINDOW_S = 60.0
_START_REFUSED = 1  # PostgreSQL's exit code after a FATAL while starting, as with an unknown setting
_FIRST_PAUSE_S = 0.1  # before a restart; doubles with every crash in the window

_log = logging.getLogger("keeper")


class Keeper:
    """Supervises the server of one home until nobody wants it any more, or until it cannot be kept up."""

    def __init__(self, home: Home, cluster: Cluster) -> None:
        self._home = home
        self._cluster = cluster
        self._stopping = False
        self._was_ready = False
        self._crashes: list[float] = []
        self._idle_since: float | None = None
        self._stop_at: float | None = None
        signal.signal(signal.SIGTERM, lambda *_: self._stop_after(_TERM_PATIENCE_S))
        signal.signal(signal.SIGINT, lambda *_: self._stop_after(0))

    def run(self) -> int:
        """The process's exit code: 0 after a wanted stop, 1 after giving up."""
        while (data_lock := self._wait_for_data_lock()) is not None:
            server = self._cluster.start(data_lock)
            os.close(data_lock)  # from here on only the server holds it
            self._watch(server)
            if self._stop_at is not None or self._is_unwanted():
                return 0
            if not self._may_start_again(server.returncode):
                return 1
        return 0

    def _wait_for_data_lock(self) -> int | None:
        """The data lock, once the last process of an earlier server is gone; None if nobody waits for it."""
        while not self._is_unwanted():
            data_lock = try_lock(self._home.data_lock, fcntl.LOCK_EX)
            if data_lock is not None:
                return data_lock
            time.sleep(_POLL_S)
        return None

    def _watch(self, server: subprocess.Popen[bytes]) -> None:
        """Return when the server has ended, by itself or because nobody wants it."""
        while server.poll() is None:
            if self._is_unwanted():
                server.send_signal(signal.SIGINT)  # fast shutdown: rolls back, writes a checkpoint
                server.wait()
                return
            self._was_ready = self._was_ready or self._home.is_ready()
            time.sleep(_POLL_S)

    def _is_unwanted(self) -> bool:
        """Whether to stop; once True, always True.

        After the grace without users their lock is kept: a newcomer waits for this process to end, instead of
        getting the DSN of a server that is about to stop.
        """
        self._stopping = self._stopping or self._patience_is_over() or self._users_are_gone()
        return self._stopping

    def _patience_is_over(self) -> bool:
        return self._stop_at is not None and time.monotonic() >= self._stop_at

    def _users_are_gone(self) -> bool:
        users_lock = try_lock(self._home.users_lock, fcntl.LOCK_EX)
        if users_lock is None:
            self._idle_since = None
            return False
        now = time.monotonic()
        self._idle_since = now if self._idle_since is None else self._idle_since
        if now - self._idle_since >= _GRACE_S:
            return True
        os.close(users_lock)
        return False

    def _may_start_again(self, exit_code: int) -> bool:
        if exit_code == _START_REFUSED and not self._was_ready:
            _log.error("PostgreSQL refused to start: see the lines above")
            return False
        now = time.monotonic()
        self._crashes = [crash for crash in self._crashes if now - crash < _CRASH_WINDOW_S] + [now]
        count = len(self._crashes)
        if count > _CRASH_LIMIT:
            _log.error(
                "giving up: PostgreSQL ended %d times within %.0f s, last with code %d: see the lines above",
                count,
                _CRASH_WINDOW_S,
                exit_code,
            )
            return False
        pause_s = _FIRST_PAUSE_S * 2 ** (count - 1)
        _log.warning(
            "PostgreSQL ended with code %d while in use (%d of %d tolerated); starting it again in %.1f s",
            exit_code,
            count,
            _CRASH_LIMIT,
            pause_s,
        )
        time.sleep(pause_s)
        return True

    def _stop_after(self, patience_s: float) -> None:
        self._stop_at = time.monotonic() + patience_s


def main(arguments: list[str]) -> int:
    """Leave the process that the client waits for, then keep the server.

    The client took the keeper's lock and passes its descriptor on, so there is no moment without a holder.
    """
    parser = argparse.ArgumentParser(prog="python -m service.embedded.keeper")
    parser.add_argument("command", choices=["keep"])
    parser.add_argument("home", type=Path)
    parser.add_argument("--version", type=int, required=True)
    parser.add_argument("--lock-fd", type=int, required=True)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    options = parser.parse_args(arguments)
    if os.fork():  # the client waits for this process only, and so leaves no zombie behind
        return 0
    os.ftruncate(options.lock_fd, 0)
    os.write(options.lock_fd, f"{os.getpid()}\n".encode())
    logging.basicConfig(format="%(asctime)s keeper[%(process)d] %(levelname)s: %(message)s")
    settings = dict(setting.split("=", 1) for setting in options.settings)
    home = Home(options.home)
    try:
        return Keeper(home, Cluster(home, options.version, settings)).run()
    except (EmbeddedPostgresError, OSError, subprocess.SubprocessError) as error:
        _log.error("%s", error)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
