"""Runs a load against the service and watches meanwhile what its processes use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.generator import Order, generate
from tests.bench.measure import Arrivals, Result, cpu_seconds, descendants

if TYPE_CHECKING:
    from tests.bench.target import Target


def measure(target: Target, name: str, order: Order, tool: str) -> Result:
    """One load to its end, and until the read models have caught up with it: that is work of its making."""
    before = _cpu_seconds(target)
    figures = generate(target.port, order, tool)
    settle_s = target.settle()
    after = _cpu_seconds(target)
    arrivals = None
    if order.per_second is not None:
        arrivals = Arrivals(
            asked_per_s=order.per_second,
            late=figures["late"],
            sent_late_p99_ms=figures["sent_late_p99_ms"],
            unsent=figures["unsent"],
        )
    return Result(
        name=name,
        connections=order.connections,
        seconds=figures["seconds"],
        commands=figures["answered"],
        refused=figures["refused"],
        errors=figures["errors"],
        p50_ms=figures["p50_ms"],
        p99_ms=figures["p99_ms"],
        p999_ms=figures["p999_ms"],
        service_cpu_s=after[0] - before[0],
        database_cpu_s=after[1] - before[1],
        settle_s=settle_s,
        arrivals=arrivals,
    )


def _cpu_seconds(target: Target) -> tuple[float, float]:
    """Of the service's processes and of PostgreSQL's; the latter are no descendants of the former."""
    return cpu_seconds(descendants(target.service_pid)), cpu_seconds(descendants(target.postmaster_pid))
