"""What following costs, and how far behind it is: the lag of the stream, and writes beside many followers."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from tests.bench.generator import Order, generate
from tests.bench.stage import Stage
from tests.bench.target import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.bench.target import Target

LAG_P50_MS = 20.0
LAG_P99_MS = 100.0
COST_SHARE = 0.3
_CONNECTIONS = 64
_WITHIN_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlan:
    """How much is written, how long, and how many follow."""

    per_second: float = 2000.0
    seconds: float = 5.0
    runs: int = 3
    clients: int = 1000
    followers: int = 200
    tool: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFigures:
    """Medians of the runs."""

    lag: dict[str, float]
    """Of the run with the median p99."""
    lag_runs_p99_ms: list[float]
    alone_per_s: float
    followed_per_s: float
    runs_per_s: list[tuple[float, float]]

    @property
    def cost(self) -> float:
        """Which share of the write rate the followers take, in the median pair of runs."""
        return statistics.median(1 - followed / alone for alone, followed in self.runs_per_s)

    def as_json(self) -> dict[str, Any]:
        """Everything, with what follows from it."""
        return asdict(self) | {"cost": round(self.cost, 3)}


def measure_feed(target: Target, plan: FeedPlan, folder: Path, say: Callable[[str], None]) -> FeedFigures:
    """Lag first, then pairs of runs without and with followers, so that both meet the same weather."""
    stage = Stage(target, folder)
    clients = stage.open_accounts(plan.clients)
    forms = stage.file([stage.bodies.add_credit(client) for client in clients])
    lags, pairs = [], []
    for run in range(plan.runs):
        say(f"lag at {plan.per_second:.0f} commands/s, run {run + 1}")
        lags.append(_lag(target, plan, forms))
        target.settle()
    for run in range(plan.runs):
        say(f"writes without and with {plan.followers} followers, run {run + 1}")
        order = Order(bodies=forms, connections=_CONNECTIONS, seconds=plan.seconds)
        alone = _rate(target, order, plan.tool)
        with _followers(target, plan.followers):
            pairs.append((alone, _rate(target, order, plan.tool)))
        target.settle()
    lags.sort(key=lambda lag: lag["lag_p99_ms"])
    return FeedFigures(
        lag=lags[len(lags) // 2],
        lag_runs_p99_ms=[round(lag["lag_p99_ms"], 1) for lag in lags],
        alone_per_s=statistics.median(alone for alone, _ in pairs),
        followed_per_s=statistics.median(followed for _, followed in pairs),
        runs_per_s=[(round(alone), round(followed)) for alone, followed in pairs],
    )


def table(figures: FeedFigures, plan: FeedPlan) -> Iterator[str]:
    """For people: figure, goal, met or not."""
    lag = figures.lag
    yield (
        f"{lag['per_second']:.0f} commands/s: answers p50 {lag['answer_p50_ms']:.1f} ms, p99"
        f" {lag['answer_p99_ms']:.1f} ms; generator late p99 {lag['sent_late_p99_ms']:.1f} ms;"
        f" events missing {lag['missing']:.0f}; runs' p99 lag {figures.lag_runs_p99_ms} ms"
    )
    yield (
        f"writes/s alone {figures.alone_per_s:.0f}, with {plan.followers} followers"
        f" {figures.followed_per_s:.0f}; runs {figures.runs_per_s}"
    )
    for name, measured, goal, unit in (
        ("lag from answer to follower, p50", lag["lag_p50_ms"], LAG_P50_MS, "ms"),
        ("lag from answer to follower, p99", lag["lag_p99_ms"], LAG_P99_MS, "ms"),
        (f"share of writes that {plan.followers} followers cost", figures.cost, COST_SHARE, ""),
    ):
        met = "yes" if measured < goal else "NO"
        yield f"{name:<48} {'< ' + format(goal, 'g'):>8} {measured:>10.2f} {unit:<2}  {met}"


def _lag(target: Target, plan: FeedPlan, forms: Path) -> dict[str, float]:
    orders = {"BENCH_BODIES": str(forms), "BENCH_SECONDS": str(plan.seconds)}
    orders["BENCH_PER_SECOND"] = str(plan.per_second)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.feed_lag"],
        env=os.environ | orders | _place(target),
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        check=True,
        timeout=plan.seconds + _WITHIN_S,
    )
    return cast("dict[str, float]", json.loads(done.stdout))


@contextmanager
def _followers(target: Target, count: int) -> Iterator[None]:
    """That many follow inside the block. Raises RuntimeError unless all got the same."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.feed_followers"],
        env=os.environ | _place(target) | {"BENCH_FOLLOWERS": str(count)},
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        target.settle()
        rest, _ = process.communicate(timeout=_WITHIN_S)
    if process.returncode or not json.loads(rest)["bytes_min"]:
        raise RuntimeError(f"the followers did not follow: {rest}")


def _place(target: Target) -> dict[str, str]:
    """Where to follow from: the end of the log."""
    head = target.head()
    return {"BENCH_PORT": str(target.port), "BENCH_QUERY": urlencode({**target.credential, "after": head})}


def _rate(target: Target, order: Order, tool: str) -> float:
    figures = generate(target.port, order, tool)
    if figures["errors"] or figures["refused"]:
        raise RuntimeError(f"commands failed: {figures}")
    return figures["answered"] / figures["seconds"]
