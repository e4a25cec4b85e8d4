"""What one measurement gives: rates, latencies, errors, CPU time and memory of the processes watched.

Arithmetic and /proc only; loads are run elsewhere. Linux.
"""

from __future__ import annotations

import math
import os
from bisect import bisect_right
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_CLOCK_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """How an open loop kept to its timetable: the rate asked for, and the generator's own delays."""

    asked_per_s: float
    late: int
    """Requests sent more than 5 ms after their time, because no connection was free or the generator slow."""
    sent_late_p99_ms: float
    unsent: int
    """Requests due that were never sent: counted among the errors too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One load, measured. Latencies in milliseconds, to the last byte of the answer.

    In a closed loop they count from the sending of a request and are `corrected`; in an open one from when
    it was due.
    """

    name: str
    connections: int
    seconds: float
    commands: int
    """Answered with success; only these make up the rate."""
    refused: int
    """Answered with something else."""
    errors: int
    """Not answered: connections lost, time-outs, requests never sent."""
    p50_ms: float
    p99_ms: float
    p999_ms: float
    service_cpu_s: float
    database_cpu_s: float
    settle_s: float = 0.0
    """After the load, until the read models had caught up; CPU time includes it, the rate does not."""
    arrivals: Arrivals | None = None
    baseline_per_s: float | None = None
    """What the line is compared with; None where there is nothing to compare."""
    runs_per_s: tuple[float, ...] = ()
    """The rates of all runs of the line, of which this is the median one."""

    @property
    def per_second(self) -> float:
        """Commands answered successfully per second."""
        return self.commands / self.seconds if self.seconds else 0.0

    @property
    def baseline_ratio(self) -> float | None:
        """The rate as a multiple of the baseline's."""
        return self.per_second / self.baseline_per_s if self.baseline_per_s else None

    def cpu_per_thousand(self, cpu_s: float) -> float:
        """CPU seconds per 1,000 successful commands."""
        return cpu_s / max(self.commands, 1) * 1000

    def as_json(self) -> dict[str, Any]:
        """Everything, with what follows from it."""
        ratio = self.baseline_ratio
        return asdict(self) | {
            "per_second": round(self.per_second, 1),
            "service_cpu_s_per_1000": round(self.cpu_per_thousand(self.service_cpu_s), 4),
            "database_cpu_s_per_1000": round(self.cpu_per_thousand(self.database_cpu_s), 4),
            "baseline_ratio": None if ratio is None else round(ratio, 3),
        }


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of an ordered list does not exceed; 0 for an empty one."""
    return ordered[max(math.ceil(len(ordered) * share) - 1, 0)] if ordered else 0.0


def corrected(latencies: Sequence[float], connections: int, seconds: float) -> list[float]:
    """Latencies of a closed loop in order, with those that were not measured because the loop stood still.

    What wrk does to its own, so that every closed loop means the same: while an answer took longer than
    twice the mean interval of its connection, a caller with a timetable would have sent one more request
    for each interval, and each would have waited for what was left. `latencies` are in milliseconds.
    """
    found = sorted(latencies)
    if not found:
        return found
    interval = 1000 * seconds * connections / len(found)
    for latency in found[bisect_right(found, 2 * interval) :]:
        waited = latency - interval
        while waited > interval:
            found.append(waited)
            waited -= interval
    return sorted(found)


def median_run(runs: Sequence[Result]) -> Result:
    """The median run, whole: by rate, or by p99 where the rate was given; of an even number the worse one."""
    if runs[0].arrivals is None:
        ordered = sorted(runs, key=lambda run: run.per_second)
    else:
        ordered = sorted(runs, key=lambda run: run.p99_ms, reverse=True)
    median = ordered[(len(runs) - 1) // 2]
    return replace(median, runs_per_s=tuple(round(run.per_second, 1) for run in runs))


def cpu_seconds(pids: set[int]) -> float:
    """User and system time that these processes have used so far, with the children they waited for."""
    return sum(_ticks(pid) for pid in pids) / _CLOCK_TICKS_PER_S


def descendants(pid: int) -> set[int]:
    """A process and everything below it, as of now."""
    found = {pid}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text(encoding="ascii").split()
        except OSError:  # it has just ended
            continue
        for child in children:
            found |= descendants(int(child))
    return found


def memory_mb(pids: set[int]) -> tuple[float, float]:
    """Resident memory of these processes in MB (10^6 bytes), now and each at its highest, added up."""
    texts = [Path(f"/proc/{pid}/status").read_text(encoding="ascii") for pid in pids]
    now, highest = (
        sum(int(text.partition(f"\n{field}:")[2].split(maxsplit=1)[0]) for text in texts)
        for field in ("VmRSS", "VmHWM")
    )
    return now * 1024 / 1e6, highest * 1024 / 1e6


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11:15])
