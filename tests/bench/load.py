"""The load generator: a process of its own, closed loop, one request in the air per connection.

Plain asyncio streams and ready-made bytes, so that it costs a fraction of what it measures; it still
shares the machine with it. `python -m tests.bench.load` reads its orders as JSON on standard input.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from typing import Any
from urllib.parse import urlencode

import uvloop

SEED = 20261120


async def _connection(
    orders: dict[str, Any], end: float, random_numbers: random.Random
) -> list[tuple[float, bool]]:
    """Latencies in seconds, and whether each answer was a success."""
    reader, writer = await asyncio.open_connection(orders["host"], orders["port"])
    samples = []
    while (started := time.perf_counter()) < end:
        writer.write(_request(orders, random_numbers.choice(orders["clients"])))
        ok = await _succeeds(reader)
        samples.append((time.perf_counter() - started, ok))
    writer.close()
    return samples


async def _succeeds(reader: asyncio.StreamReader) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    return b'"result":"success"' in await reader.readexactly(length)


def _request(orders: dict[str, Any], client: int) -> bytes:
    body = urlencode(orders["fields"] | {"clientid": client}).encode()
    return (
        b"POST /includes/api.php HTTP/1.1\r\nHost: bench\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )


async def _run(orders: dict[str, Any]) -> dict[str, Any]:
    random_numbers = random.Random(SEED)  # noqa: S311 -- a fixed seed makes runs comparable
    started = time.perf_counter()
    end = started + orders["seconds"]
    per_connection = await asyncio.gather(
        *(_connection(orders, end, random_numbers) for _ in range(orders["connections"]))
    )
    samples = [sample for connection in per_connection for sample in connection]
    return {
        "seconds": time.perf_counter() - started,
        "latencies_ms": sorted(taken * 1000 for taken, ok in samples if ok),
        "errors": sum(not ok for _, ok in samples),
    }


if __name__ == "__main__":
    json.dump(uvloop.run(_run(json.load(sys.stdin))), sys.stdout)
