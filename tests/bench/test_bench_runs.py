"""The benchmark works; what it measures is no test's business."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from projections.registry import BY_NAME
from tests.bench import baseline
from tests.bench.generator import BUNDLED, WRK, at_hand
from tests.bench.loads import KINDS
from tests.bench.target import CHECKOUT

SHORT_CONNECTIONS = (8, 64)
OPEN_LOOPS = ("AddCredit, open loop", "mix, open loop, AddCredit's rate", "mix, open loop")


@pytest.mark.parametrize("tool", [BUNDLED, pytest.param(WRK, marks=pytest.mark.slow)])
def test_a_short_run_measures_everything(tool: str) -> None:
    """Each line has commands and latencies, no command failed or was refused, and each target is there."""
    if tool == WRK != at_hand():
        pytest.skip("wrk is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "service", "bench", "--short", "--json", "--generator", tool],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["conditions"]["postgresql"]["fsync"] == "on"
    assert document["conditions"]["postgresql"]["synchronous_commit"] == "on"
    assert document["conditions"]["generator"] == tool
    _check_lines(document["results"])
    _check_growth(document["growth"])
    assert len(document["targets"]) == 13
    assert all(target["measured"] > 0 for target in document["targets"])
    assert all(target["name"] in done.stderr for target in document["targets"])


def test_a_short_run_measures_followers() -> None:
    """Every event reaches the follower, and all figures with their goals are there."""
    done = subprocess.run(
        [sys.executable, "-m", "service", "bench", "--feed", "--short", "--json"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["feed"]
    assert figures["lag"]["commands"] > 0
    assert figures["lag"]["missing"] == 0
    assert figures["lag"]["lag_p50_ms"] <= figures["lag"]["lag_p99_ms"]
    assert figures["alone_per_s"] > 0
    assert figures["followed_per_s"] > 0
    assert done.stderr.count("<") >= 3


def _check_lines(lines: list[dict[str, Any]]) -> None:
    expected = [(name, count) for name in (baseline.SPREAD, baseline.HOT) for count in baseline.CONNECTIONS]
    expected += [
        (f"{kind}, {where}", count)
        for kind in KINDS
        for where in ("spread", "hot")
        for count in SHORT_CONNECTIONS
    ]
    assert [(line["name"], line["connections"]) for line in lines[: len(expected)]] == expected
    assert [line["name"] for line in lines[len(expected) :]] == list(OPEN_LOOPS)
    for line in lines:
        _check_line(line)


def _check_line(line: dict[str, Any]) -> None:
    assert line["refused"] == line["errors"] == 0, line
    assert line["commands"] > 0
    assert 0 < line["p50_ms"] <= line["p99_ms"] <= line["p999_ms"]


def _check_growth(sizes: list[dict[str, dict[str, Any]]]) -> None:
    assert len(sizes) == 1
    size = sizes[0]
    assert size["filled"]["failed"] == 0
    assert size["filled"]["clients"] == 100
    assert size["filled"]["events"] > size["filled"]["commands"] > 0
    for name in ("append", "append_empty", "first_page", "last_page"):
        _check_line(size[name])
    assert set(size["rebuild_per_s"]) == set(BY_NAME)
