"""Wakes the followers of a lane: by NOTIFY from other processes, by `ring` from this one.

Only a hint that saves waiting: a notification may be lost with its connection, so whoever waits here also
looks into the log after its own poll interval. Anyone above the log may wait on it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import structlog

from eventstore.records import Unavailable
from eventstore.statements import statement

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 5.0
KEEPALIVE_TIMEOUT_S = 5.0

_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, Unavailable)
_log = structlog.get_logger(__name__)


class Doorbell:
    """Knows the highest position heard of, which may be behind the log but never ahead of it.

    `connect` opens a connection that this object owns: on a pooled one a listener is lost at release.
    With `listen` off (a pooler in transaction mode, a PostgreSQL without NOTIFY) only `ring` rings.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        lane: int,
        *,
        listen: bool = True,
        keepalive_s: float = 10.0,
    ) -> None:
        self.head = 0
        self._connect = connect
        self._lane = lane
        self._listen = listen
        self._keepalive_s = keepalive_s
        self._rung = asyncio.Event()
        self._listening = asyncio.Event()

    def ring(self, position: int) -> None:
        """Events up to `position` are in the log; called after the commit that brought them."""
        if position > self.head:
            self.head = position
            self._rung.set()
            self._rung = asyncio.Event()

    async def wait(self, after: int, timeout: float) -> None:  # noqa: ASYNC109 -- running out of it is no error
        """Return once something after `after` was heard of, or when `timeout` seconds are over."""
        try:
            async with asyncio.timeout(timeout):
                while self.head <= after:
                    await self._rung.wait()
        except TimeoutError:
            return

    async def listening(self) -> None:
        """Return once notifications are being heard."""
        await self._listening.wait()

    async def run(self) -> None:
        """Listen until cancelled, across lost connections; with `listen` off there is nothing to do."""
        backoff_s = BACKOFF_FIRST_S
        while self._listen:
            try:
                await self._hear()
            except _LOST as error:
                if self._listening.is_set():
                    backoff_s = BACKOFF_FIRST_S
                if backoff_s == BACKOFF_FIRST_S:
                    _log.warning("doorbell_lost", lane=self._lane, error=type(error).__name__)
            self._listening.clear()
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, BACKOFF_MAX_S)

    async def _hear(self) -> None:
        """One connection's life; returns or raises when it is lost."""
        connection = await self._connect()
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(f"es_{self._lane}", self._heard)
            while not lost.is_set():
                # Also how a dead peer is noticed, and how what was missed before LISTEN is caught up with.
                self.ring(await self._read_head(connection))
                self._listening.set()
                await _wait(lost, self._keepalive_s)
        finally:
            connection.terminate()

    async def _read_head(self, connection: asyncpg.Connection) -> int:
        row = await connection.fetchrow(statement("read_head"), self._lane, timeout=KEEPALIVE_TIMEOUT_S)
        return int(row[0]) if row else 0

    def _heard(self, _connection: object, _process_id: int, _channel: str, payload: object) -> None:
        self.ring(int(str(payload)))


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return
