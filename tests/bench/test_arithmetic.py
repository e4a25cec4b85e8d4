"""The arithmetic behind the figures, where it could lie."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from tests.bench import baseline, targets
from tests.bench.bodies import MIX, Bodies
from tests.bench.measure import Arrivals, Result, corrected, cpu_seconds, median_run, memory_mb, percentile


def result(name: str = "load", connections: int = 64, commands: int = 100, p99_ms: float = 2.0) -> Result:
    """A line of one second."""
    return Result(
        name=name,
        connections=connections,
        seconds=1.0,
        commands=commands,
        refused=3,
        errors=1,
        p50_ms=1.0,
        p99_ms=p99_ms,
        p999_ms=3.0,
        service_cpu_s=0.5,
        database_cpu_s=0.25,
    )


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50.0), (0.99, 99.0), (0.999, 100.0), (1.0, 100.0), (0.001, 1.0)]
)
def test_percentiles_are_values_that_occurred(share: float, expected: float) -> None:
    """Nearest rank: at least that share of the values is not larger."""
    assert percentile([float(number) for number in range(1, 101)], share) == expected


def test_percentiles_of_few_values() -> None:
    """Of one value every percentile is that value; of none, 0."""
    assert percentile([7.0], 0.001) == percentile([7.0], 0.999) == 7.0
    assert percentile([], 0.5) == 0.0


def test_a_closed_loop_is_corrected_for_what_it_did_not_ask_while_it_stood_still() -> None:
    """One connection, 90 answers of 1 ms and one of 10 ms in 100 ms: nobody asked during those ten."""
    latencies = corrected([1.0] * 90 + [10.0], 1, 0.091)
    assert latencies == [1.0] * 90 + [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]
    assert corrected([1.0, 2.0], 1, 0.003) == [1.0, 2.0]
    assert corrected([], 1, 0.0) == []


def test_the_median_run_is_one_run_whole() -> None:
    """Not the rate of one and the latencies of another; all rates are kept beside it."""
    runs = [
        result(commands=300, p99_ms=1.0),
        result(commands=100, p99_ms=9.0),
        result(commands=200, p99_ms=5.0),
    ]
    median = median_run(runs)
    assert (median.commands, median.p99_ms) == (200, 5.0)
    assert median.runs_per_s == (300.0, 100.0, 200.0)


def test_of_two_runs_the_worse_is_shown() -> None:
    """An even number of runs does not flatter."""
    assert median_run([result(commands=100), result(commands=200)]).commands == 100


def test_open_loops_are_compared_by_their_latency() -> None:
    """Their rate was given, so the median run is the one with the median p99."""
    arrivals = Arrivals(asked_per_s=1.0, late=0, sent_late_p99_ms=0.0, unsent=0)
    open_runs = [
        replace(result(commands=commands, p99_ms=p99_ms), arrivals=arrivals)
        for commands, p99_ms in ((1, 30.0), (2, 10.0), (3, 20.0))
    ]
    assert median_run(open_runs).p99_ms == 20.0
    assert median_run(open_runs[:2]).p99_ms == 30.0


def test_only_successes_make_the_rate_and_cpu_is_per_thousand_of_them() -> None:
    """Refusals and errors are no commands."""
    line = result(commands=500)
    assert line.per_second == 500.0
    assert line.cpu_per_thousand(line.service_cpu_s) == 1.0
    figures = line.as_json()
    assert (figures["refused"], figures["errors"], figures["database_cpu_s_per_1000"]) == (3, 1, 0.5)


def test_targets_are_judged_against_the_baseline_at_32_connections() -> None:
    """The best baseline stands beside it, so that nobody takes one ratio for the other."""
    lines = [
        result(baseline.HOT, 1, 5000),
        result(baseline.HOT, 32, 1000),
        result("AddCredit, hot", 64, 4000),
        result("AddCredit, hot", 256, 9000),
    ]
    judged = {target.name: target for target in targets.of_loads(lines)}
    hot = judged["AddCredit, hot (64 connections) / baseline, hot (32 connections)"]
    assert (hot.measured, hot.met) == (4.0, True)
    assert hot.beside == "0.80 x its best, at 1 connections"
    absent = judged["mix, spread / AddCredit, spread (64 connections)"]
    assert (absent.measured, absent.met) == (None, None)


def test_a_goal_may_be_the_most_or_the_least() -> None:
    """Latency must stay below its goal, a rate above; what is too small to be judged is not."""

    def judged(measured: float, *, is_most: bool, is_judged: bool = True) -> bool | None:
        return targets.Judged(
            name="", goal=10.0, is_most=is_most, unit="", measured=measured, is_judged=is_judged
        ).met

    assert judged(9, is_most=True)
    assert judged(11, is_most=False)
    assert judged(11, is_most=True) is judged(9, is_most=False) is False
    assert judged(9, is_most=True, is_judged=False) is None


def test_the_mix_is_three_fifths_reads_and_pays_no_invoice_twice() -> None:
    """Its shares are those that it claims, and every payment finds its own invoice."""
    invoices = list(range(5000))
    forms = [parse_qs(body) for body in Bodies({"identifier": "i"}).mix(20_000, [1, 2, 3], invoices)]
    counts = Counter(form["action"][0] for form in forms)
    assert len(forms) == 20_000
    for action, percent in MIX.items():
        assert counts[action] / 200 == pytest.approx(percent, abs=1.5)
    reads = sum(count for action, count in counts.items() if action.startswith("Get"))
    assert reads / 200 == pytest.approx(60, abs=1.5)
    paid = [
        form["invoiceid"][0] for form in forms if form["action"][0] in {"ApplyCredit", "AddInvoicePayment"}
    ]
    assert len(paid) == len(set(paid))


def test_processes_are_measured_by_what_the_kernel_says() -> None:
    """This process uses memory, and time that does not run backwards; one that is gone uses none."""
    now, highest = memory_mb({os.getpid()})
    assert 0 < now <= highest
    before = cpu_seconds({os.getpid()})
    sum(number * number for number in range(3_000_000))
    assert cpu_seconds({os.getpid()}) > before
    assert cpu_seconds({2**22 + 1}) == 0
