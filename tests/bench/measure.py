"""What one measurement gives: rates, latencies, errors, and CPU time of the service and its database."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_CLOCK_TICKS_PER_S = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One load, measured. Latencies in milliseconds, from the sending of a request to its last byte."""

    name: str
    connections: int
    seconds: float
    commands: int
    errors: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    service_cpu_s: float
    database_cpu_s: float

    @property
    def per_second(self) -> float:
        """Commands answered successfully per second."""
        return self.commands / self.seconds

    def as_json(self) -> dict[str, Any]:
        """Everything, with the derived rates."""
        thousand = max(self.commands, 1) / 1000
        return asdict(self) | {
            "per_second": round(self.per_second, 1),
            "service_cpu_s_per_1000": round(self.service_cpu_s / thousand, 4),
            "database_cpu_s_per_1000": round(self.database_cpu_s / thousand, 4),
        }

    def as_row(self) -> str:
        """A line of the table."""
        figures = self.as_json()
        return (
            f"{self.name:<28} {self.connections:>5} {self.per_second:>9.0f}"
            f" {self.p50_ms:>8.2f} {self.p99_ms:>8.2f} {self.p999_ms:>9.2f}"
            f" {figures['service_cpu_s_per_1000']:>9.3f} {figures['database_cpu_s_per_1000']:>9.3f}"
            f" {self.errors:>7}"
        )


HEADER = (
    f"{'load':<28} {'conns':>5} {'per s':>9} {'p50 ms':>8} {'p99 ms':>8} {'p99.9 ms':>9}"
    f" {'svc s/k':>9} {'db s/k':>9} {'errors':>7}"
)


def percentile(ordered: list[float], share: float) -> float:
    """The value below which `share` of an ordered, non-empty list lies; 0 for an empty one."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def cpu_seconds(pids: set[int]) -> float:
    """User and system time that these processes have used so far, with the children they waited for."""
    return sum(_ticks(pid) for pid in pids) / _CLOCK_TICKS_PER_S


def descendants(pid: int) -> set[int]:
    """A process and everything below it, as of now."""
    found = {pid}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text(encoding="ascii").split():
            found |= descendants(int(child))
    return found


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11:15])
