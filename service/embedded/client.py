"""The side of a process that uses the embedded server: join it or start its keeper, wait until ready, let go.

Standard library only and blocking: it runs once, before the event loop or in a thread.
"""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from service.embedded.binaries import DEFAULT_VERSION, binaries
from service.embedded.errors import EmbeddedPostgresError
from service.embedded.home import Home, try_lock

_POLL_S = 0.02
_KEEPER_STARTS_LIMIT = 2  # one is enough, unless the keeper is killed while this process waits for it
_LOG_LIMIT_BYTES = 10_000_000
_LOG_TAIL_CHARACTERS = 2_000

_held_users_locks: dict[Path, int] = {}
_held_guard = threading.Lock()


def ensure(
    home: Path,
    *,
    version: int = DEFAULT_VERSION,
    settings: Mapping[str, str] | None = None,
    wait_s: float = 120,
) -> str:
    """Join the server in the folder `home`, or make and start it; once it is ready, its administrator's DSN.

    The server stays up until this process, and every other that called this, ends or calls `release`. The
    first start makes the folder. `settings` are PostgreSQL settings over this package's own; a server that
    already runs keeps those it was started with. Calling this again is cheap, and brings back a server whose
    keeper was killed or gave up.

    Raises `EmbeddedPostgresError`: the folder cannot be used, the version is not at hand or not the folder's,
    or the server is not ready within `wait_s`.
    """
    if sys.platform != "linux":
        raise EmbeddedPostgresError(
            "the embedded PostgreSQL runs on Linux only: give the DSN of a running server"
        )
    place = Home(home)
    binaries(version)  # a missing program is better said here than in a log file
    deadline = time.monotonic() + wait_s
    try:
        place.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_other_version(place, version)
        joined = _join(place, deadline)
        if _wait_until_ready(place, version, settings or {}, deadline):
            return place.dsn()
    except OSError as error:
        raise EmbeddedPostgresError(f"the folder {place.path} cannot be used: {error}") from error
    if joined:
        release(home)
    raise EmbeddedPostgresError(
        f"the embedded PostgreSQL in {place.path} did not get ready; "
        f"the end of {place.log}:\n{_log_tail(place)}"
    )


def exists(home: Path) -> bool:
    """Whether there is a server's data in this folder already."""
    return Home(home).version() is not None


def release(home: Path) -> None:
    """Let go of the server: it stops about a second after its last user did. Not holding it is no error."""
    with _held_guard:
        users_lock = _held_users_locks.pop(home.absolute(), None)
    if users_lock is not None:
        os.close(users_lock)


def _refuse_other_version(home: Home, version: int) -> None:
    present = home.version()
    if present not in (None, version):
        raise EmbeddedPostgresError(
            f"{home.data} was made by PostgreSQL {present} and cannot be opened by {version}: dump it with "
            f"{present} and restore it into another folder, or ask for that version"
        )


def _join(home: Home, deadline: float) -> bool:
    """Hold the users' lock; whether this call took it. A keeper that stops holds it until it is gone."""
    with _held_guard:
        if home.path in _held_users_locks:
            return False
        while (users_lock := try_lock(home.users_lock, fcntl.LOCK_SH)) is None:
            if time.monotonic() >= deadline:
                raise EmbeddedPostgresError(f"the previous PostgreSQL in {home.path} is still stopping")
            time.sleep(_POLL_S)
        _held_users_locks[home.path] = users_lock
        return True


def _wait_until_ready(home: Home, version: int, settings: Mapping[str, str], deadline: float) -> bool:
    starts = 0
    while time.monotonic() < deadline:
        keeper_lock = try_lock(home.keeper_lock, fcntl.LOCK_EX)
        if keeper_lock is None:  # there is a keeper, or somebody is just starting one
            if home.is_ready():
                return True
            time.sleep(_POLL_S)
            continue
        try:
            if starts == _KEEPER_STARTS_LIMIT:
                return False
            starts += 1
            _start_keeper(home, version, settings, keeper_lock)
        finally:
            os.close(keeper_lock)  # the keeper inherited it, so the lock was never free in between
    return False


def _start_keeper(home: Home, version: int, settings: Mapping[str, str], keeper_lock: int) -> None:
    command = [sys.executable, "-m", "service.embedded.keeper", "keep", str(home.path)]
    command += [f"--version={version}", f"--lock-fd={keeper_lock}"]
    command += [f"--set={name}={value}" for name, value in settings.items()]
    if home.log.exists() and home.log.stat().st_size > _LOG_LIMIT_BYTES:
        home.log.replace(home.log.with_suffix(".log.1"))
    checkout = str(Path(__file__).parents[2])  # works from a checkout that is not installed, too
    search_path = os.pathsep.join(filter(None, [checkout, os.environ.get("PYTHONPATH")]))
    with home.log.open("ab") as log:
        subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": search_path},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[keeper_lock],
            start_new_session=True,  # Ctrl-C in the user's terminal is not for the server
            check=False,  # whether it lives is seen by its lock, what went wrong stands in the log
        )


def _log_tail(home: Home) -> str:
    if not home.log.exists():
        return "(there is none)"
    return home.log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL_CHARACTERS:].strip()
