"""How long after its answer a command's event is with a follower. A process of its own, for both sides.

Posts at a rate and follows the stream on one connection; both are timed by one clock, as they arrive, and put
together afterwards by the number of the credit. Orders come by the environment, figures go out in JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from tests.bench.measure import percentile
from tests.bench.open_loop import open_loop

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWERED = re.compile(rb'"creditid":(\d+)')
FOLLOWED = re.compile(rb'"credit_id":(\d+)')
_END = b"\n\n"
_LAST_EVENTS_S = 10.0


class _Follower(asyncio.Protocol):
    """Keeps what comes, and when."""

    def __init__(self) -> None:
        self.chunks: list[tuple[float, bytes]] = []

    def data_received(self, data: bytes) -> None:
        self.chunks.append((time.perf_counter(), data))

    def arrivals(self) -> dict[int, float]:
        """When each credit's event was all there."""
        found: dict[int, float] = {}
        rest = b""
        for at, chunk in self.chunks:
            whole, _, rest = (rest + chunk).rpartition(_END)
            found |= {int(number): at for number in FOLLOWED.findall(whole)}
        return found


def stream_request(query: str, fields: str = "") -> bytes:
    """The request of somebody who follows; `query` proves who."""
    return f"GET /events/stream?{query} HTTP/1.1\r\nHost: bench\r\n{fields}\r\n".encode()


async def _run(orders: Mapping[str, str]) -> dict[str, Any]:
    bodies = (await asyncio.to_thread(Path(orders["BENCH_BODIES"]).read_bytes)).split()
    port, seconds = int(orders["BENCH_PORT"]), float(orders["BENCH_SECONDS"])
    loop = asyncio.get_running_loop()
    transport, follower = await loop.create_connection(_Follower, "127.0.0.1", port)
    transport.write(stream_request(orders["BENCH_QUERY"]))
    told: list[tuple[float, bytes]] = []
    figures = await open_loop(port, bodies, 64, seconds, float(orders["BENCH_PER_SECOND"]), told=told)
    answered = {int(match[1]): at for at, body in told if (match := ANSWERED.search(body))}
    deadline = loop.time() + _LAST_EVENTS_S
    arrivals = follower.arrivals()
    while not answered.keys() <= arrivals.keys() and loop.time() < deadline:
        await asyncio.sleep(0.1)
        arrivals = follower.arrivals()
    transport.abort()
    lags = sorted(1000 * (arrivals[number] - at) for number, at in answered.items() if number in arrivals)
    return {
        "commands": len(answered),
        "per_second": len(answered) / seconds,
        "missing": len(answered) - len(lags),
        "lag_p50_ms": percentile(lags, 0.5),
        "lag_p99_ms": percentile(lags, 0.99),
        "lag_max_ms": lags[-1] if lags else 0.0,
        "answer_p50_ms": figures["p50_ms"],
        "answer_p99_ms": figures["p99_ms"],
        "sent_late_p99_ms": figures["sent_late_p99_ms"],
    }


if __name__ == "__main__":
    gc.disable()
    json.dump(uvloop.run(_run(os.environ)), sys.stdout)
