"""Verification in the background: when a check is due, and the process of its own that does it.

A child process, at the lowest priority, so that it is in the way neither of the service's event loop nor of
its CPU; one per ledger, however many processes serve it. Here is the service's side, which only looks at the
clock now and then; what the child does is in `service.operations`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import structlog

from eventstore.database import reachable
from eventstore.records import Unavailable
from eventstore.statements import statement
from eventstore.verification import FULL, INCREMENTAL, last_checks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from eventstore.subscription import Connection
    from eventstore.verification import LastCheck
    from service.core import Core
    from service.settings import Settings

FIRST_LOOK_S = 300.0
"""After the start: what restarts again and again is not kept busy with checks."""
LOOK_S = 60.0
LONGEST_S = 6 * 3600.0
"""A check that takes longer is given up, and tried again when the next one is due."""
LOCK_CLASS = 7304003
"""Of the advisory lock that whoever checks a lane in the background holds; its other half is the lane."""
COMMAND = "verify-in-background"
_log = structlog.get_logger(__name__)


def due(settings: Settings, last: Mapping[str, LastCheck], now: datetime) -> str | None:
    """Which kind of check is due, FULL or INCREMENTAL, if any. An interval of 0 is never over."""
    full, incremental = last.get(FULL), last.get(INCREMENTAL)
    since_full_s = (now - full.checked_at).total_seconds() if full else float("inf")
    since_any_s = min(
        since_full_s, (now - incremental.checked_at).total_seconds() if incremental else float("inf")
    )
    if settings.verify_full_interval_s and since_full_s >= settings.verify_full_interval_s:
        return FULL
    if settings.verify_interval_s and since_any_s >= settings.verify_interval_s:
        return INCREMENTAL
    return None


async def due_now(settings: Settings, connection: Connection) -> str | None:
    """As `due`, from what the ledger says. Raises Unavailable."""
    last = await last_checks(connection, settings.lane)
    with reachable():
        return due(settings, last, await connection.fetchval("select clock_timestamp()"))


async def keep_verified(settings: Settings, core: Core) -> None:
    """Start a check whenever one is due, until cancelled."""
    intervals = [each for each in (settings.verify_interval_s, settings.verify_full_interval_s) if each]
    if not intervals:
        await asyncio.Event().wait()
    await asyncio.sleep(min(FIRST_LOOK_S, *intervals))
    pause_s = min(LOOK_S, *intervals)
    while True:
        try:
            async with core.pool.acquire() as connection:
                is_checked = await connection.fetchval(
                    statement("verification_runs"), LOCK_CLASS, settings.lane
                )
                kind = None if is_checked else await due_now(settings, connection)
        except (Unavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            _log.warning("whether a verification is due could not be told", error=str(problem))
            kind = None
        if kind is not None and not await _check(settings):
            # It could not be done; the reason is in the log. Not again at once.
            await asyncio.sleep(min(intervals))
        await asyncio.sleep(pause_s)


async def _check(settings: Settings) -> bool:
    """Whether a child did it, whatever it found."""
    process = await _start()
    try:
        async with asyncio.timeout(LONGEST_S):
            if process.stdin is not None:
                # The pipe stays open: when this process is gone, the child reads its end and stops.
                process.stdin.write(settings.as_json() + b"\n")
            return await process.wait() == 0
    except TimeoutError:
        _log.error("the verification in the background takes too long and was given up", limit_s=LONGEST_S)
        return False
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        if process.stdin is not None:
            process.stdin.close()


async def _start() -> asyncio.subprocess.Process:
    checkout = str(Path(__file__).parents[1])  # works from a checkout that is not installed, too
    # All settings come by the pipe, as for the processes of `serve --workers`.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CREDITLEDGER_")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [checkout, environment.get("PYTHONPATH")]))
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "service", COMMAND),
        stdin=PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        env=environment,
        start_new_session=True,  # Ctrl-C in a terminal is for this process, which then stops it
    )
