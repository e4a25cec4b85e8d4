"""`creditledger bench`: its options, and what it prints."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tests.bench import report, targets
from tests.bench.bodies import SEED
from tests.bench.conditions import conditions
from tests.bench.feed import FeedPlan, measure_feed, table
from tests.bench.generator import BUNDLED, WRK, at_hand
from tests.bench.growth import GrowthPlan, measure_growth
from tests.bench.loads import KINDS
from tests.bench.rounds import Plan, measure_loads
from tests.bench.target import settings_given, temporary_ledger

if TYPE_CHECKING:
    from tests.bench.measure import Result

SIZES = (10_000, 100_000, 1_000_000)
LONG_SIZE = 10_000_000
_SHORT: dict[str, Any] = {"seconds": 0.25, "runs": 1, "connections": (8, 64), "clients": 200}
_SHORT_SIZES = (1000,)
_AT_LEAST_ONE = click.IntRange(min=1)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--seconds",
    default=1.5,
    type=click.FloatRange(min=0.05),
    show_default=True,
    help="How long each load runs, at most.",
)
@click.option(
    "--runs",
    default=3,
    type=_AT_LEAST_ONE,
    show_default=True,
    help="How often each load runs; the median run is shown.",
)
@click.option(
    "--connections",
    default=(1, 8, 64, 256),
    multiple=True,
    type=_AT_LEAST_ONE,
    show_default=True,
    help="HTTP connections; can be repeated. Targets are about 64.",
)
@click.option(
    "--clients",
    default=10_000,
    type=_AT_LEAST_ONE,
    show_default=True,
    help="Accounts that the spread loads go over.",
)
@click.option(
    "--load",
    "kinds",
    default=KINDS,
    multiple=True,
    type=click.Choice(KINDS),
    help="Measure only this load; can be repeated.",
)
@click.option(
    "--generator",
    "tool",
    default=at_hand,
    type=click.Choice([WRK, BUNDLED]),
    help="What drives the closed loops.  [default: wrk where installed]",
)
@click.option("--growth", is_flag=True, help="Measure what changes as the log grows, instead of loads.")
@click.option("--long", is_flag=True, help="The same, up to 10,000,000 commands.")
@click.option(
    "--size",
    "sizes",
    multiple=True,
    type=_AT_LEAST_ONE,
    help="The same, at this many commands; can be repeated.",
)
@click.option("--feed", is_flag=True, help="Measure followers of the events, instead of loads.")
@click.option(
    "--short", is_flag=True, help="Everything once in half a minute: to see it run, not for figures."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON; the table goes to standard error.")
def main(
    kinds: tuple[str, ...],
    sizes: tuple[int, ...],
    *,
    growth: bool,
    long: bool,
    feed: bool,
    short: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Measure this machine: commands over HTTP beside what PostgreSQL alone gives.

    A real service on a fresh embedded PostgreSQL (fsync and synchronous_commit on), with everything on; its
    load generator in another process. The baseline is pgbench on the same server: one UPDATE and one INSERT
    per transaction in a function, without HTTP. All share this machine. Settings of the service may come from
    the environment, for example CREDITLEDGER_WORKERS=2.
    """
    plan = Plan(kinds=kinds, **given)
    if short:
        plan, sizes = replace(plan, **_SHORT), sizes or _SHORT_SIZES
    elif long:
        sizes = sizes or (*SIZES, LONG_SIZE)
    elif growth:
        sizes = sizes or SIZES
    if feed:
        document = _measure_feed(_feed_plan(plan, short=short), to_stderr=as_json)
        if as_json:
            click.echo(json.dumps(document, indent=2))
        return
    with tempfile.TemporaryDirectory(prefix="creditledger-") as folder:
        document = _measure(plan, sizes, Path(folder), with_loads=short or not sizes, to_stderr=as_json)
    if as_json:
        click.echo(json.dumps(document, indent=2))


def _feed_plan(plan: Plan, *, short: bool) -> FeedPlan:
    if short:
        return FeedPlan(tool=plan.tool, per_second=200.0, seconds=0.5, runs=1, clients=20, followers=10)
    return FeedPlan(tool=plan.tool, seconds=max(plan.seconds, 5.0), runs=plan.runs)


def _measure_feed(plan: FeedPlan, *, to_stderr: bool) -> dict[str, Any]:
    with temporary_ledger() as ledger, tempfile.TemporaryDirectory(prefix="creditledger-") as folder:
        target = ledger.start()
        document = {"conditions": conditions(target.dsn) | asdict(plan) | {"service": settings_given()}}
        click.echo(json.dumps(document["conditions"]), err=to_stderr)
        figures = measure_feed(target, plan, Path(folder), lambda line: click.echo(line, err=True))
    for row in table(figures, plan):
        click.echo(row, err=to_stderr)
    return document | {"feed": figures.as_json()}


def _measure(
    plan: Plan, sizes: tuple[int, ...], folder: Path, *, with_loads: bool, to_stderr: bool
) -> dict[str, Any]:
    """Measure and print tables; what the JSON has."""

    def say(line: str) -> None:
        click.echo(line, err=True)

    def tell(line: str) -> None:
        click.echo(line, err=to_stderr)

    judged: list[targets.Judged] = []
    document: dict[str, Any] = {}
    lines: list[Result] = []
    with temporary_ledger() as ledger:
        target = ledger.start()
        settings = {name: getattr(plan, name) for name in ("seconds", "runs", "connections", "clients")}
        chosen = settings | {
            "generator": plan.tool,
            "seed": SEED,
            "sizes": sizes,
            "service": settings_given(),
        }
        document["conditions"] = conditions(target.dsn) | chosen
        tell(json.dumps(document["conditions"]))
        if with_loads:
            lines = measure_loads(target, plan, folder, say)
    if lines:
        document["results"] = [line.as_json() for line in lines]
        judged += targets.of_loads(lines)
        for row in (*report.lines_table(lines), report.LEGEND):
            tell(row)
    if sizes:
        grown = measure_growth(
            GrowthPlan(sizes=sizes, seconds=plan.seconds, runs=plan.runs, tool=plan.tool), folder, say
        )
        document["growth"] = [size.as_json() for size in grown]
        judged += targets.of_growth(grown)
        for row in report.growth_table(grown):
            tell(row)
    document["targets"] = [target.as_json() for target in judged]
    for row in report.targets_table(judged):
        tell(row)
    return document
