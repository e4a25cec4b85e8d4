"""The machine, the versions and the settings behind the figures."""

from __future__ import annotations

import asyncio
import os
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg

_PACKAGES = ("aiohttp", "asyncpg", "uvloop", "pydantic", "orjson")
_SETTINGS = (
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "wal_init_zero",
    "shared_buffers",
    "max_wal_size",
    "checkpoint_timeout",
)


def conditions(dsn: str) -> dict[str, Any]:
    """What to know before comparing figures; `dsn` is of the PostgreSQL that was measured."""
    return {
        "processors": os.cpu_count(),
        "processor": _after_colon(Path("/proc/cpuinfo"), "model name"),
        "memory": _after_colon(Path("/proc/meminfo"), "MemTotal"),
        "kernel": platform.release(),
        "file_system": _file_system(Path(tempfile.gettempdir())),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        "postgresql": asyncio.run(_postgresql(dsn)),
    }


def _after_colon(path: Path, name: str) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "unknown")


def _file_system(folder: Path) -> str:
    """What the database's files are on: an fsync that costs nothing would say little."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    around = {Path(mount[1]): mount[2] for mount in mounts}
    return next(around[path] for path in (folder, *folder.parents) if path in around)


async def _postgresql(dsn: str) -> dict[str, str]:
    connection = await asyncpg.connect(dsn)
    try:
        names = ("server_version", *_SETTINGS)
        return {name: await connection.fetchval("select current_setting($1)", name) for name in names}
    finally:
        await connection.close()
