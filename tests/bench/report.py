"""The tables for people: the lines, growth, and the targets at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.growth import Grown
    from tests.bench.measure import Result
    from tests.bench.targets import Judged

_LINES = (
    f"{'load':<34} {'conns':>5} {'per s':>8} {'p50 ms':>8} {'p99 ms':>8} {'p99.9 ms':>9}"
    f" {'svc s/k':>8} {'db s/k':>8} {'ratio':>7} {'refused':>7} {'errors':>6}  runs per s"
)
LEGEND = (
    "per s: commands answered with success. Shown is the median run; runs per s: lowest and highest.\n"
    "svc, db s/k: CPU seconds of service and PostgreSQL per 1,000 commands, read models caught up.\n"
    "ratio: to the baseline of the same kind (spread or hot) at the nearest number of connections.\n"
    "Latencies are corrected for coordinated omission: in closed loops, baseline too, as wrk does, from the\n"
    "mean interval of a connection; in open loops they count from when a request was due."
)


def lines_table(lines: Sequence[Result]) -> Iterator[str]:
    """One row for each line, under a header."""
    yield _LINES
    for line in lines:
        ratio = "-" if line.baseline_ratio is None else f"{line.baseline_ratio:.2f}"
        yield (
            f"{line.name:<34} {line.connections:>5} {line.per_second:>8.0f}"
            f" {line.p50_ms:>8.2f} {line.p99_ms:>8.2f} {line.p999_ms:>9.2f}"
            f" {line.cpu_per_thousand(line.service_cpu_s):>8.3f}"
            f" {line.cpu_per_thousand(line.database_cpu_s):>8.3f}"
            f" {ratio:>7} {line.refused:>7} {line.errors:>6}  {_runs(line)}"
        )


def _runs(line: Result) -> str:
    if line.arrivals is None:
        return f"{min(line.runs_per_s):.0f}-{max(line.runs_per_s):.0f}"
    arrivals = line.arrivals
    return (
        f"asked {arrivals.asked_per_s:.0f}; sent late {arrivals.late},"
        f" p99 {arrivals.sent_late_p99_ms:.1f} ms; unsent {arrivals.unsent}"
    )


def growth_table(sizes: Sequence[Grown]) -> Iterator[str]:
    """A column for each size."""
    rows: list[tuple[str, Callable[[Grown], str]]] = [
        ("events in the log", lambda size: f"{size.filled.events}"),
        ("accounts", lambda size: f"{len(size.filled.clients)}"),
        ("failed while filling", lambda size: f"{size.filled.failed}"),
        ("filled by commands/s", lambda size: f"{size.filled.per_second:.0f}"),
        ("AddCredit/s, 64 connections", lambda size: f"{size.append.per_second:.0f}"),
        ("  the same on an empty ledger", lambda size: f"{size.append_empty.per_second:.0f}"),
        ("  p99, ms", lambda size: f"{size.append.p99_ms:.1f}"),
        ("rows of the largest client", lambda size: f"{size.filled.largest_rows}"),
        ("  its GetCredits, first page: p99, ms", lambda size: f"{size.first_page.p99_ms:.1f}"),
        ("  last page: p99, ms", lambda size: f"{size.last_page.p99_ms:.1f}"),
        ("resident memory, MB", lambda size: f"{size.memory_mb:.0f}"),
        ("  at its highest", lambda size: f"{size.memory_peak_mb:.0f}"),
        ("start, s", lambda size: f"{size.start_s:.1f}"),
        *((f"rebuild of {name}, events/s", _rebuild(name)) for name in sizes[0].rebuild_s),
        ("check of the chain, s", lambda size: f"{size.chain_s:.1f}"),
        ("check of the read models, s", lambda size: f"{size.read_models_s:.1f}"),
        ("verify in all, s", lambda size: f"{size.verify_s:.1f}"),
    ]
    yield f"{'growth':<40}" + "".join(f"{size.filled.commands_asked:>12}" for size in sizes)
    for name, tell in rows:
        yield f"{name:<40}" + "".join(f"{tell(size):>12}" for size in sizes)


def _rebuild(name: str) -> Callable[[Grown], str]:
    return lambda size: f"{size.rebuild_per_s(name):.0f}"


def targets_table(targets: Sequence[Judged]) -> Iterator[str]:
    """Target, measured, met?"""
    yield f"{'target':<68} {'goal':>18} {'measured':>18}  met?"
    for target in targets:
        goal = f"{'<=' if target.is_most else '>='} {target.goal:g} {target.unit}"
        measured = "not measured" if target.measured is None else f"{target.measured:.2f} {target.unit}"
        met = {None: "-", True: "yes", False: "NO"}[target.met]
        beside = f"  ({target.beside})" if target.beside else ""
        yield f"{target.name:<68} {goal:>18} {measured:>18}  {met}{beside}"
