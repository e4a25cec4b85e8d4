"""Runs one closed-loop load in a process of its own: `wrk` where installed, else the bundled generator."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.bench.measure import Result, cpu_seconds, descendants
from tests.bench.target import CHECKOUT, Target

if TYPE_CHECKING:
    from collections.abc import Sequence

_SLACK_S = 30
_BUNDLED = [sys.executable, "-m", "tests.bench.closed_loop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """AddCredit for clients chosen at random, one request in the air per connection."""

    name: str
    clients: Sequence[int]
    connections: int
    seconds: int


def generator() -> str:
    """Which load generator will be used."""
    return "wrk" if shutil.which("wrk") else "bundled"


def measure(target: Target, load: Load) -> Result:
    """Run a load against the target, and watch what its processes use meanwhile."""
    form = urlencode(target.fields("AddCredit", amount="1.25", description="bench"))
    service, database = {target.service_pid}, descendants(target.postmaster_pid)
    before = cpu_seconds(service), cpu_seconds(database)
    command = (
        _wrk(target, load) if generator() == "wrk" else [sys.executable, "-m", "tests.bench.closed_loop"]
    )
    orders = {
        "BENCH_FORM": form,
        "BENCH_CLIENTS": " ".join(map(str, load.clients)),
        "BENCH_PORT": str(target.port),
        "BENCH_CONNECTIONS": str(load.connections),
        "BENCH_SECONDS": str(load.seconds),
    }
    done = subprocess.run(
        command,
        env=os.environ | orders,
        capture_output=True,
        check=True,
        text=True,
        cwd=CHECKOUT,
        timeout=load.seconds + _SLACK_S,
    )
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    return Result(
        name=load.name,
        connections=load.connections,
        seconds=figures["seconds"],
        commands=figures["requests"] - figures["errors"],
        errors=figures["errors"],
        p50_ms=figures["p50_ms"],
        p99_ms=figures["p99_ms"],
        p999_ms=figures["p999_ms"],
        service_cpu_s=cpu_seconds(service) - before[0],
        database_cpu_s=cpu_seconds(descendants(target.postmaster_pid)) - before[1],
    )


def _wrk(target: Target, load: Load) -> list[str]:
    counts = ["-t", "1", "-c", str(load.connections), "-d", str(load.seconds)]
    return ["wrk", *counts, "-s", "tests/bench/wrk.lua", f"http://127.0.0.1:{target.port}"]
