"""The bundled load generator, for machines without wrk: asyncio streams and bytes made beforehand.

Takes its orders from the environment and answers in JSON, as tests/bench/wrk.lua does. It costs several
times the CPU of wrk, on the same machine as what it measures.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time

import uvloop

from tests.bench.measure import percentile

SEED = 20261120


async def _connection(
    port: int, requests: list[bytes], end: float, random_numbers: random.Random
) -> list[tuple[float, bool]]:
    """Latencies in seconds, and whether each answer was a success."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    samples = []
    while (started := time.perf_counter()) < end:
        writer.write(random_numbers.choice(requests))
        ok = await _succeeds(reader)
        samples.append((time.perf_counter() - started, ok))
    writer.close()
    return samples


async def _succeeds(reader: asyncio.StreamReader) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    return b'"result":"success"' in await reader.readexactly(length)


def _request(form: str, client: str) -> bytes:
    body = f"{form}&clientid={client}".encode()
    return (
        b"POST /includes/api.php HTTP/1.1\r\nHost: bench\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )


async def _run() -> None:
    random_numbers = random.Random(SEED)  # noqa: S311 -- a fixed seed makes runs comparable
    orders = os.environ
    requests = [_request(orders["BENCH_FORM"], client) for client in orders["BENCH_CLIENTS"].split()]
    started = time.perf_counter()
    end = started + float(orders["BENCH_SECONDS"])
    connections = await asyncio.gather(
        *(
            _connection(int(orders["BENCH_PORT"]), requests, end, random_numbers)
            for _ in range(int(orders["BENCH_CONNECTIONS"]))
        )
    )
    samples = [sample for connection in connections for sample in connection]
    latencies = sorted(taken * 1000 for taken, _ in samples)
    figures = {
        "requests": len(samples),
        "errors": sum(not ok for _, ok in samples),
        "seconds": time.perf_counter() - started,
        "p50_ms": percentile(latencies, 0.5),
        "p99_ms": percentile(latencies, 0.99),
        "p999_ms": percentile(latencies, 0.999),
    }
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    uvloop.run(_run())
