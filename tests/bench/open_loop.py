"""The bundled generator's open loop: requests fall due whether or not the ones before are answered.

Times of arrival are random as independent callers' are (Poisson), with a fixed seed. A latency counts from
when its request was due, so one that had to wait for a connection, or for this process, shows the wait:
coordinated omission is corrected where it arises. Only `bundled.py` and the tests use it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from typing import TYPE_CHECKING

from tests.bench.bodies import SEED
from tests.bench.connection import SUCCESS, Connection, Figures, connect, requests
from tests.bench.measure import percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

LATE_S = 0.005
LAST_ANSWERS_S = 10.0
"""How long answers are waited for after the last request was due."""
_TICK_S = 0.001  # libuv counts milliseconds


def timetable(seconds: float, per_second: float) -> list[float]:
    """When requests are due, in seconds from the start."""
    random_numbers = random.Random(SEED)  # noqa: S311 -- a fixed seed makes runs comparable
    times, now = [], random_numbers.expovariate(per_second)
    while now < seconds:
        times.append(now)
        now += random_numbers.expovariate(per_second)
    return times


async def open_loop(
    port: int,
    bodies: Sequence[bytes],
    connections: int,
    seconds: float,
    per_second: float,
    last_answers_s: float = LAST_ANSWERS_S,
    told: list[tuple[float, bytes]] | None = None,
) -> Figures:
    """Post the bodies at that rate for `seconds`, over and over if they are too few.

    Requests without an answer in the end are errors, and count among the latencies with what they waited.
    `told` gets the body of each answer, and when it was there.
    """
    run = _Run(requests(bodies), timetable(seconds, per_second), told)
    opened = await connect(port, connections, run.on_answer)
    await run.until_answered(opened, seconds + last_answers_s)
    for connection in opened:
        connection.close()
    return run.figures()


class _Run:
    def __init__(
        self, bodies: list[bytes], times: list[float], told: list[tuple[float, bytes]] | None
    ) -> None:
        self._requests = bodies
        self._told = told
        self._times = times
        self._sent = 0
        self._idle: deque[Connection] = deque()
        self._in_air: set[Connection] = set()
        self._over = asyncio.get_running_loop().create_future()
        self._latencies_s: list[float] = []
        self._sent_late_s: list[float] = []
        self._answered = self._refused = self._errors = 0
        self._started = self._ended = 0.0

    async def until_answered(self, connections: Sequence[Connection], timeout_s: float) -> None:
        self._idle.extend(connections)
        self._started = time.perf_counter()
        self._times = [self._started + due for due in self._times]
        ticking = asyncio.create_task(self._tick())
        try:
            async with asyncio.timeout(timeout_s):
                await self._over
        except TimeoutError:
            pass
        finally:
            ticking.cancel()
        self._ended = time.perf_counter()

    def on_answer(self, connection: Connection, body: bytes | None) -> None:
        now = time.perf_counter()
        self._in_air.discard(connection)
        if body is None:
            self._errors += 1
        else:
            self._latencies_s.append(now - connection.due)
            if self._told is not None:
                self._told.append((now, body))
            if SUCCESS in body:
                self._answered += 1
            else:
                self._refused += 1
            self._idle.append(connection)
            self._send_due(now)
        self._end_if_done()

    async def _tick(self) -> None:
        while self._sent < len(self._times):
            now = time.perf_counter()
            self._send_due(now)
            if self._sent < len(self._times):
                await asyncio.sleep(max(self._times[self._sent] - now, _TICK_S))
        self._end_if_done()

    def _send_due(self, now: float) -> None:
        while self._idle and self._sent < len(self._times) and self._times[self._sent] <= now:
            connection = self._idle.popleft()
            if not connection.is_open:
                continue
            due = self._times[self._sent]
            connection.send(self._requests[self._sent % len(self._requests)], self._sent, due)
            self._in_air.add(connection)
            self._sent_late_s.append(now - due)
            self._sent += 1

    def _end_if_done(self) -> None:
        if self._sent == len(self._times) and not self._in_air and not self._over.done():
            self._over.set_result(None)

    def figures(self) -> Figures:
        unsent = self._times[self._sent :]
        unanswered = [connection.due for connection in self._in_air] + unsent
        waited = [self._ended - due for due in unanswered]
        latencies = sorted(1000 * taken for taken in self._latencies_s + waited)
        sent_late = sorted(1000 * late for late in self._sent_late_s)
        return Figures(
            answered=self._answered,
            refused=self._refused,
            errors=self._errors + len(unanswered),
            seconds=self._ended - self._started,
            p50_ms=percentile(latencies, 0.5),
            p99_ms=percentile(latencies, 0.99),
            p999_ms=percentile(latencies, 0.999),
            late=sum(late > 1000 * LATE_S for late in sent_late),
            unsent=len(unsent),
            sent_late_p99_ms=percentile(sent_late, 0.99),
        )
