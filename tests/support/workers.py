"""The workers of one service: their processes, and ways to a certain one, found in the log they share."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.service import Api, Service

_WAIT_S = 60
_CONNECTIONS_MAX = 200
"""The kernel gives a new connection to any worker: so many never all go to the same."""


def worker_pids(service: Service) -> dict[int, int]:
    """The process of each worker by its number, the last one if it was replaced."""
    ready = [record for record in service.log_records() if record["event"] == "a worker is ready"]
    return {record["worker"]: record["pid"] for record in ready}


def requests_by_worker(service: Service) -> Counter[int]:
    """How many requests each worker has answered so far."""
    return Counter(record["worker"] for record in service.log_records() if record["event"] == "request")


@asynccontextmanager
async def way_to(service: Service, number: int, api: Api) -> AsyncIterator[Api]:
    """A client whose calls, one after the other, go over one connection to that worker."""
    for _ in range(_CONNECTIONS_MAX):
        async with api.another() as client:
            if await _worker_of(service, client) == number:
                yield client
                return
    raise AssertionError(f"no connection led to worker {number}: {service.log_tail()}")


async def _worker_of(service: Service, api: Api) -> int:
    """Which worker is at the other end of a client's connection."""
    name = uuid.uuid4().hex
    await api.call("GetClientsDetails", {"X-Request-Id": name}, clientid=1)
    async with asyncio.timeout(_WAIT_S):
        while True:
            for record in service.log_records():
                if record.get("request_id") == name:
                    return int(record["worker"])
            await api.status_of("/healthz")  # its answer comes after the line in the log
