"""What tests of the relay look at, whatever the broker is."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.service import Api, Service

STOPPED = "events are not relayed"
"""Logged where a relay cannot go on."""
HEAD = "select head_position from es.lane where lane = 0"
_WITHIN_S = 60

_CAUGHT_UP = """
select coalesce(min(position), 0) = (select head_position from es.lane where lane = 0)
  from es.subscription where name like 'relay:%'
"""
_END_WAITING = """
select pg_terminate_backend(pid, 30000) from pg_stat_activity
 where datname = current_database() and wait_event_type = 'Lock' and query like '%update es.subscription%'
"""


class Fillable(Protocol):
    """A broker of a test."""

    async def filled(self, count: int) -> None:
        """Return once it has taken that many events."""
        ...


@asynccontextmanager
async def checkpoint_stands(dsn: str) -> AsyncIterator[None]:
    """The relay's checkpoint cannot move inside the block, and whoever tried never does it.

    It is at the end of the log then: a move that still waits would keep the relay from what comes next.
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(_WITHIN_S):
            while not await connection.fetchval(_CAUGHT_UP):
                pass
        async with connection.transaction():
            await connection.execute("select from es.subscription where name like 'relay:%' for update")
            yield
            await connection.execute(_END_WAITING)
    finally:
        await connection.close()


async def relayed(log: asyncpg.Connection, broker: Fillable) -> int:
    """Wait until all that is in the log is in the stream; the last position."""
    head = int(await log.fetchval(HEAD))
    await broker.filled(head)
    return head


async def logged(service: Service, api: Api, event: str, problem: str = "") -> list[dict[str, Any]]:
    """Wait until the service has logged something of that name, about that problem; all of those lines."""
    async with asyncio.timeout(_WITHIN_S):
        while True:
            records = [record for record in service.log_records() if record["event"] == event]
            if found := [record for record in records if problem in record.get("problem", "")]:
                return found
            await api.status_of("/healthz")
