"""Making and starting a PostgreSQL cluster in a home: initdb, settings, the server process.

Only for the keeper. Whoever calls holds `data.lock`, which proves that no process of an earlier server is
left.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from service.embedded.binaries import binaries, copy_to
from service.embedded.errors import EmbeddedPostgresError
from service.embedded.home import Home
from service.embedded.privileges import unprivileged

# fsync and full_page_writes are PostgreSQL's own defaults; the first is repeated because money depends on it.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",  # the unix socket only
    "unix_socket_permissions": "0700",  # there is no password: the file system decides who may connect
    "max_connections": "100",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_wal_size": "2GB",  # with the next line: few checkpoints, so few full pages in the log
    "checkpoint_timeout": "15min",
    # A young server writes a new log file every 16 MB; filling each with zeros first made commits wait up to
    # 50 ms (p99 under load 35 ms, without it 19 ms). Durability does not depend on it.
    "wal_init_zero": "off",
    "jit": "off",  # short statements only; compiling one costs more than running it
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}
_FIRST_VERSION_WITH_BUILTIN_LOCALE = 17


class Cluster:
    """One cluster: its home, the programs of its version, and the identity that runs them."""

    def __init__(self, home: Home, version: int, settings: Mapping[str, str]) -> None:
        self._home = home
        self._version = version
        self._settings = {**SETTINGS, **settings}
        self._identity = unprivileged()
        self._adopt(home)
        self._programs = self._runnable_programs()
        # Nothing else of the environment: PGPORT, PGDATA or PGOPTIONS would bend the server.
        self._environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

    def start(self, data_lock: int) -> subprocess.Popen[bytes]:
        """Start the server, making the cluster first where there is none. Children inherit the lock."""
        if self._home.version() is None:
            self._create(data_lock)
        # The process ids in them may belong to zombies or strangers by now, and would block the start.
        for stale in (self._home.postmaster_pid, self._home.socket_lock, self._home.socket):
            stale.unlink(missing_ok=True)
        command: list[str | Path] = [
            self._programs / "postgres",
            "-D",
            self._home.data,
            "-k",
            self._home.path,
        ]
        command += [f"--{name}={value}" for name, value in self._settings.items()]
        return subprocess.Popen(
            command,
            preexec_fn=self._identity.child_setup(),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            pass_fds=[data_lock],
        )

    def _create(self, data_lock: int) -> None:
        """Run initdb beside the data folder and rename: a half-made cluster never looks finished."""
        unfinished = self._home.path / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        command: list[str | Path] = [
            self._programs / "initdb",
            "-D",
            unfinished,
            "-U",
            "ledger",
            "-A",
            "trust",
        ]
        command += ["-E", "UTF8", "--no-locale", "--data-checksums"]
        if self._version >= _FIRST_VERSION_WITH_BUILTIN_LOCALE:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = subprocess.run(
            command,
            preexec_fn=self._identity.child_setup(),
            env=self._environment,
            pass_fds=[data_lock],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise EmbeddedPostgresError(f"initdb failed: {made.stderr.strip()}")
        unfinished.rename(self._home.data)
        # Else a power failure could undo the rename after the first commits, and the next start delete them.
        folder = os.open(self._home.path, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _adopt(self, home: Home) -> None:
        """Let root hand the folder to the identity; a volume may have been used under another one before."""
        if os.geteuid() != 0:
            return
        os.chown(home.path, self._identity.uid, self._identity.gid)
        if home.data.exists() and home.data.stat().st_uid != self._identity.uid:
            for folder, _, files in os.walk(home.data):
                for path in (Path(folder), *(Path(folder, name) for name in files)):
                    os.chown(path, self._identity.uid, self._identity.gid, follow_symlinks=False)

    def _runnable_programs(self) -> Path:
        programs = binaries(self._version)
        try:
            subprocess.run(
                [programs / "postgres", "--version"],
                preexec_fn=self._identity.child_setup(),
                capture_output=True,
                check=True,
            )
        except (PermissionError, subprocess.CalledProcessError):
            return copy_to(self._home.path, self._version)
        return programs
