"""`creditledger bench`: commands per second and latencies over HTTP, beside what PostgreSQL alone gives."""

from __future__ import annotations

import asyncio
import json
import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import click

from tests.bench import baseline
from tests.bench.load import Load, generator, measure
from tests.bench.measure import HEADER, Result
from tests.bench.target import open_accounts, running

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_LEAST_ONE = click.IntRange(min=1)
_BASELINE_CONNECTIONS = (1, 8, 32)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seconds", default=5, type=AT_LEAST_ONE, show_default=True, help="How long each load runs.")
@click.option(
    "--connections",
    default=(1, 8, 64),
    multiple=True,
    type=AT_LEAST_ONE,
    show_default=True,
    help="HTTP connections; give it several times for several loads.",
)
@click.option(
    "--clients",
    default=2000,
    type=AT_LEAST_ONE,
    show_default=True,
    help="Accounts that the spread load goes over.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def main(seconds: int, connections: tuple[int, ...], clients: int, *, as_json: bool) -> None:
    """Measure AddCredit over HTTP, spread over many clients and on one hot client.

    A real service on a fresh embedded PostgreSQL (fsync and synchronous_commit on), with everything on; its
    load generator in another process (wrk where installed). The baseline is pgbench on the same server: one
    UPDATE and one INSERT per transaction in a function, without HTTP. All share this machine.
    """
    results = []
    if not as_json:
        click.echo(f"{json.dumps(conditions())}\n{HEADER}")
    for result in _results(seconds, connections, clients):
        results.append(result)
        if not as_json:
            click.echo(result.as_row())
    if as_json:
        document = {"conditions": conditions(), "results": [result.as_json() for result in results]}
        click.echo(json.dumps(document, indent=2))


def _results(seconds: int, connections: tuple[int, ...], clients: int) -> Iterator[Result]:
    with running() as target:
        baseline.prepare(target.dsn)
        for hot in (False, True):
            for count in _BASELINE_CONNECTIONS:
                yield baseline.measure(
                    target.dsn, target.postmaster_pid, hot=hot, connections=count, seconds=seconds
                )
        numbers = asyncio.run(open_accounts(target, clients))
        for name, chosen in (("AddCredit, spread", numbers), ("AddCredit, one hot client", numbers[:1])):
            for count in connections:
                load = Load(name=name, clients=chosen, connections=count, seconds=seconds)
                yield measure(target, load)


def conditions() -> dict[str, Any]:
    """The machine and the versions behind the figures."""
    return {
        "processors": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
        "generator": generator(),
        **{name: version(name) for name in ("aiohttp", "asyncpg", "uvloop")},
    }
