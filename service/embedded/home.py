"""The folder of an embedded server: its files, locks, readiness, DSN. Shared by client and keeper.

keeper.lock  held by the keeper: there is one (its process id stands in the file)
users.lock   held shared by every process that uses the server; the kernel frees it however that process ends
data.lock    inherited by every process of the server, so it is free only when the last of them is gone
"""

import fcntl
import os
import socket
from pathlib import Path
from urllib.parse import quote

from service.embedded.errors import EmbeddedPostgresError

# A unix socket's address holds 107 bytes (sun_path), of which `/.s.PGSQL.5432` takes 14.
_PATH_LIMIT_BYTES = 90
_STATUS_LINE = 7  # the eighth line of postmaster.pid


class Home:
    """The names inside one home folder. Making one touches nothing on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.data = self.path / "data"
        self.socket = self.path / ".s.PGSQL.5432"
        self.socket_lock = self.path / ".s.PGSQL.5432.lock"
        self.postmaster_pid = self.data / "postmaster.pid"
        self.log = self.path / "postgres.log"
        self.keeper_lock = self.path / "keeper.lock"
        self.users_lock = self.path / "users.lock"
        self.data_lock = self.path / "data.lock"
        length = len(os.fsencode(self.path))
        if length > _PATH_LIMIT_BYTES:
            raise EmbeddedPostgresError(
                f"the path {self.path} has {length} bytes; PostgreSQL's socket needs a folder whose path has "
                f"at most {_PATH_LIMIT_BYTES}: choose a shorter one"
            )
        if "," in str(self.path):
            raise EmbeddedPostgresError(
                f"the path {self.path} has a comma, which separates hosts in a DSN: choose another folder"
            )

    def dsn(self) -> str:
        """The administrator's DSN, for asyncpg and libpq. It names the port so that PGPORT cannot bend it."""
        return f"postgresql:///postgres?host={quote(str(self.path))}&port=5432&user=ledger"

    def version(self) -> int | None:
        """The major version that made the data folder; None before there is one."""
        try:
            return int((self.data / "PG_VERSION").read_text(encoding="ascii"))
        except FileNotFoundError:
            return None

    def is_ready(self) -> bool:
        """Whether the server takes connections.

        Both signs are needed: a killed server leaves "ready" behind, and one in recovery already listens.
        """
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(self.socket))
            lines = self.postmaster_pid.read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"


def try_lock(path: Path, operation: int) -> int | None:
    """Take a lock without waiting (`fcntl.LOCK_EX` or `LOCK_SH`): the descriptor that holds it, or None.

    Closing the descriptor, or the end of the process, gives the lock back, unless a child inherited it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
