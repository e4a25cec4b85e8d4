"""The bundled generator's closed loop: on each connection, the next request once the last one is answered.

Only `bundled.py` and the tests use it. Latencies count from the sending, and are corrected as wrk's are.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.bench.connection import SUCCESS, Connection, Figures, connect, requests
from tests.bench.measure import corrected, percentile

if TYPE_CHECKING:
    from collections.abc import Sequence


async def closed_loop(
    port: int, bodies: Sequence[bytes], connections: int, seconds: float, *, once: bool, keep: bool = False
) -> tuple[Figures, list[bytes]]:
    """Post the bodies for `seconds`, over and over, or with `once` at most once each, and await the answers.

    With `keep` the bodies of the answers come back too, each in the place of its request (empty if there is
    none). A connection that is lost is an error and is not made again.
    """
    run = _Run(bodies, seconds, once=once, keep=keep)
    opened = await connect(port, connections, run.on_answer)
    await run.until_answered(opened)
    for connection in opened:
        connection.close()
    return run.figures(), run.kept


class _Run:
    def __init__(self, bodies: Sequence[bytes], seconds: float, *, once: bool, keep: bool) -> None:
        self._requests = requests(bodies)
        self._seconds = seconds
        self._once = once
        self._connections = 0
        self._following = 0
        self._in_air = 0
        self._over = asyncio.get_running_loop().create_future()
        self._latencies_s: list[float] = []
        self._errors = 0
        self._refused = 0
        self._started = self._ended = self._deadline = 0.0
        self.kept = [b""] * len(bodies) if keep else []

    async def until_answered(self, connections: Sequence[Connection]) -> None:
        self._connections = len(connections)
        self._started = time.perf_counter()
        self._deadline = self._started + self._seconds
        for connection in connections:
            self._send(connection)
        if self._in_air:
            await self._over
        self._ended = time.perf_counter()

    def on_answer(self, connection: Connection, body: bytes | None) -> None:
        now = time.perf_counter()
        self._in_air -= 1
        if body is None:
            self._errors += 1
        else:
            self._latencies_s.append(now - connection.due)
            self._refused += SUCCESS not in body
            if self.kept:
                self.kept[connection.number] = body
            if now < self._deadline:
                self._send(connection)
        if not self._in_air and not self._over.done():
            self._over.set_result(None)

    def _send(self, connection: Connection) -> None:
        if self._following == len(self._requests):
            if self._once:
                return
            self._following = 0
        self._in_air += 1
        connection.send(self._requests[self._following], self._following, time.perf_counter())
        self._following += 1

    def figures(self) -> Figures:
        seconds = self._ended - self._started
        measured = [1000 * taken for taken in self._latencies_s]
        latencies = corrected(measured, self._connections, seconds)
        return Figures(
            answered=len(measured) - self._refused,
            refused=self._refused,
            errors=self._errors,
            seconds=seconds,
            p50_ms=percentile(latencies, 0.5),
            p99_ms=percentile(latencies, 0.99),
            p999_ms=percentile(latencies, 0.999),
        )
