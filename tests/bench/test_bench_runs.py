"""The benchmark works; what it measures is no test's business."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.bench.target import CHECKOUT


@pytest.mark.parametrize("path", ["", None], ids=["bundled generator", "generator at hand"])
def test_a_short_run_measures_every_load(path: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line has commands, latencies and CPU, and no command failed, with either load generator."""
    if path is not None:
        monkeypatch.setenv("PATH", path)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "service",
            "bench",
            "--seconds",
            "1",
            "--connections",
            "4",
            "--clients",
            "10",
            "--json",
        ],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["conditions"]["processors"] > 0
    names = {result["name"] for result in document["results"]}
    assert names == {
        "baseline, spread",
        "baseline, one hot client",
        "AddCredit, spread",
        "AddCredit, one hot client",
    }
    for result in document["results"]:
        assert result["errors"] == 0
        assert result["commands"] > 0
        assert 0 < result["p50_ms"] <= result["p99_ms"] <= result["p999_ms"]
