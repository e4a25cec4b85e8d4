"""`creditledger bench`: commands per second and latencies over HTTP, durable settings on."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import click

from tests.bench.measure import HEADER, Result, cpu_seconds, descendants, percentile
from tests.bench.target import CHECKOUT, Target, open_accounts, running

_STARTUP_S = 30


@click.command()
@click.option("--seconds", default=5.0, show_default=True, help="How long each load runs.")
@click.option("--connections", default="1,8,64", show_default=True, help="Connections, comma separated.")
@click.option("--clients", default=2000, show_default=True, help="Accounts that the spread load goes over.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def main(seconds: float, connections: str, clients: int, *, as_json: bool) -> None:
    """Measure AddCredit over HTTP: spread over many clients and on one hot client.

    A real service on a fresh embedded PostgreSQL (fsync and synchronous_commit on), its load generator in
    another process; all share this machine.
    """
    with running() as target:
        numbers = asyncio.run(open_accounts(target, clients))
        results = []
        if not as_json:
            click.echo(f"{json.dumps(conditions())}\n{HEADER}")
        for name, chosen in (("AddCredit, spread", numbers), ("AddCredit, one hot client", numbers[:1])):
            for count in map(int, connections.split(",")):
                result = measure(target, name, chosen, count, seconds)
                results.append(result)
                if not as_json:
                    click.echo(result.as_row())
    if as_json:
        document = {"conditions": conditions(), "results": [result.as_json() for result in results]}
        click.echo(json.dumps(document, indent=2))


def measure(target: Target, name: str, clients: list[int], connections: int, seconds: float) -> Result:
    """Run one closed-loop load of AddCredit in a process of its own."""
    orders = {
        "host": "127.0.0.1",
        "port": target.port,
        "connections": connections,
        "seconds": seconds,
        "clients": clients,
        "fields": target.fields("AddCredit", amount="1.25", description="bench"),
    }
    service, database = {target.service_pid}, descendants(target.postmaster_pid)
    before = cpu_seconds(service), cpu_seconds(database)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(orders),
        capture_output=True,
        check=True,
        text=True,
        cwd=CHECKOUT,
        timeout=seconds + _STARTUP_S,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    latencies = answer["latencies_ms"]
    return Result(
        name=name,
        connections=connections,
        seconds=answer["seconds"],
        commands=len(latencies),
        errors=answer["errors"],
        p50_ms=percentile(latencies, 0.5),
        p99_ms=percentile(latencies, 0.99),
        p999_ms=percentile(latencies, 0.999),
        service_cpu_s=cpu_seconds(service) - before[0],
        database_cpu_s=cpu_seconds(descendants(target.postmaster_pid)) - before[1],
    )


def conditions() -> dict[str, Any]:
    """The machine and the versions behind the figures."""
    return {
        "processors": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
        **{name: version(name) for name in ("aiohttp", "asyncpg", "uvloop")},
    }
