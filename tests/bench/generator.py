"""Runs one load in a process of its own: `wrk` where installed, else the bundled generator.

Open loops, and loads whose answers are kept, are always the bundled generator's.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tests.bench.target import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.connection import Figures

WRK = "wrk"
BUNDLED = "bundled"
_SLACK_S = 60
_WRK_BACKSTOP_S = 10  # the script stops wrk in time, unless answers fail to come
_WRK_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a generator is to do with a file of bodies."""

    bodies: Path
    connections: int
    seconds: float
    """At most, where each body is posted only once."""
    once: bool = False
    per_second: float | None = None
    """An open loop at this rate; None for a closed one."""
    answers: Path | None = None
    """Where to put the bodies of the answers, one per line, in the order of the requests."""


def at_hand() -> str:
    """The cheapest load generator on this machine."""
    return WRK if shutil.which("wrk") else BUNDLED


def generate(port: int, order: Order, tool: str) -> Figures:
    """Run it to its end. Raises CalledProcessError if the generator failed, TimeoutExpired if it hung."""
    orders = {
        "BENCH_PORT": str(port),
        "BENCH_BODIES": str(order.bodies),
        "BENCH_CONNECTIONS": str(order.connections),
        "BENCH_SECONDS": str(order.seconds),
        "BENCH_ONCE": str(int(order.once)),
    }
    if order.per_second is not None:
        orders["BENCH_PER_SECOND"] = str(order.per_second)
    if order.answers is not None:
        orders["BENCH_ANSWERS"] = str(order.answers)
    is_plain = order.per_second is None and order.answers is None
    command = _wrk(port, order) if tool == WRK and is_plain else [sys.executable, "-m", "tests.bench.bundled"]
    done = subprocess.run(
        command,
        env=os.environ | orders,
        stdout=subprocess.PIPE,  # what it says on standard error is the caller's to read
        check=True,
        text=True,
        cwd=CHECKOUT,
        timeout=order.seconds + _SLACK_S,
    )
    return cast("Figures", json.loads(done.stdout.strip().splitlines()[-1]))


def _wrk(port: int, order: Order) -> list[str]:
    counts = ["-t", "1", "-c", str(order.connections), "-d", str(math.ceil(order.seconds) + _WRK_BACKSTOP_S)]
    limits = ["--timeout", f"{_WRK_TIMEOUT_S}s"]
    return ["wrk", *counts, *limits, "-s", "tests/bench/wrk.lua", f"http://127.0.0.1:{port}"]
