"""What the ledger must reach on the reference machine: target, measured, met. Read by people, never a gate.

Ratios are of medians. Where a line that a target needs was not measured, the target says so.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tests.bench import baseline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.growth import Grown
    from tests.bench.measure import Result

GROWN_COMMANDS = 1_000_000
_CONNECTIONS = 64
_BASELINE_CONNECTIONS = 32
OPEN_P99_MS_MAX = 25.0
VERIFY_S_MAX = 60.0
PROOF_BYTES_MAX = 2000
PROOF_MS_MAX = 5.0
AS_OF_MS_MAX = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One target. `measured` None: the run did not measure it."""

    name: str
    goal: float
    is_most: bool
    """Whether the goal is the most it may be; else it is the least."""
    unit: str
    measured: float | None
    beside: str = ""
    """What else a reader should know of it."""
    is_judged: bool = True
    """False where what was measured is smaller than what the target is about."""

    @property
    def met(self) -> bool | None:
        """None where nothing was measured that could be judged."""
        if self.measured is None or not self.is_judged:
            return None
        return self.measured <= self.goal if self.is_most else self.measured >= self.goal

    def as_json(self) -> dict[str, Any]:
        """Everything, and whether it is met."""
        return asdict(self) | {"met": self.met}


def of_loads(lines: Sequence[Result]) -> list[Judged]:
    """The targets of the closed and open loops."""
    rates = {(line.name, line.connections): line.per_second for line in lines}
    pure = rates.get(("AddCredit, spread", _CONNECTIONS))
    opened = next((line for line in lines if line.name == "AddCredit, open loop"), None)
    return [
        _against(rates, "AddCredit, spread", baseline.SPREAD, 0.6),
        _against(rates, "AddCredit, hot", baseline.HOT, 4.0),
        _against(rates, "ApplyCredit, hot", baseline.HOT, 3.0),
        Judged(
            name="mix, spread / AddCredit, spread (64 connections)",
            goal=1.5,
            is_most=False,
            unit="x",
            measured=_ratio(rates.get(("mix, spread", _CONNECTIONS)), pure),
        ),
        Judged(
            name="p99 of AddCredit in an open loop at 70 % of its ceiling",
            goal=OPEN_P99_MS_MAX,
            is_most=True,
            unit="ms",
            measured=None if opened is None else opened.p99_ms,
            beside=""
            if opened is None or opened.arrivals is None
            else f"{opened.arrivals.asked_per_s:.0f}/s",
        ),
    ]


def of_growth(sizes: Sequence[Grown]) -> list[Judged]:
    """The targets at a million events; of logs with fewer the largest is shown, not judged."""
    size = next((each for each in sizes if each.filled.commands_asked >= GROWN_COMMANDS), sizes[-1])
    is_judged = size.filled.commands_asked >= GROWN_COMMANDS
    at = f"at {size.filled.events} events"
    slowest = min(size.rebuild_s, key=size.rebuild_per_s)
    return [
        Judged(
            name="append rate at 10^6 events / of an empty log",
            goal=0.9,
            is_most=False,
            unit="x",
            measured=size.append_ratio,
            beside=at,
            is_judged=is_judged,
        ),
        Judged(
            name="rebuild of every read model",
            goal=100_000,
            is_most=False,
            unit="events/s",
            measured=size.rebuild_per_s(slowest),
            beside=f"the slowest, {slowest}, {at}",
            is_judged=is_judged,
        ),
        Judged(
            name="check of the chain over 10^6 events",
            goal=15,
            is_most=True,
            unit="s",
            measured=size.chain_s,
            beside=at,
            is_judged=is_judged,
        ),
        *_of_audits(size, at, is_judged=is_judged),
        Judged(
            name="memory of the service after 10^6 commands over 10^5 clients",
            goal=400,
            is_most=True,
            unit="MB",
            measured=size.memory_mb,
            beside=f"after {size.filled.commands} over {len(size.filled.clients)}",
            is_judged=is_judged,
        ),
    ]


def _of_audits(size: Grown, at: str, *, is_judged: bool) -> list[Judged]:
    """What auditors wait for."""
    return [
        Judged(
            name="verify of everything over 10^6 events",
            goal=VERIFY_S_MAX,
            is_most=True,
            unit="s",
            measured=size.verify_s,
            beside=at,
            is_judged=is_judged,
        ),
        Judged(
            name="an inclusion proof at 10^6 events",
            goal=PROOF_BYTES_MAX,
            is_most=True,
            unit="bytes",
            measured=size.audited.proof_bytes,
            beside=at,
            is_judged=is_judged,
        ),
        Judged(
            name="time of an inclusion proof at 10^6 events",
            goal=PROOF_MS_MAX,
            is_most=True,
            unit="ms",
            measured=size.audited.proof_p50_ms,
            beside=f"p99 {size.audited.proof_p99_ms:.1f} ms, {at}",
            is_judged=is_judged,
        ),
        Judged(
            name="asof on an account of 1,000 events",
            goal=AS_OF_MS_MAX,
            is_most=True,
            unit="ms",
            measured=size.audited.as_of_p50_ms,
            beside=f"p99 {size.audited.as_of_p99_ms:.1f} ms, {at}",
            is_judged=is_judged,
        ),
    ]


def _against(rates: dict[tuple[str, int], float], load: str, kind: str, goal: float) -> Judged:
    """A load at 64 connections against the baseline at 32; against the best baseline stands beside it."""
    rate = rates.get((load, _CONNECTIONS))
    best_rate, best_connections = max(
        ((found, count) for (name, count), found in rates.items() if name == kind), default=(None, 0)
    )
    best = _ratio(rate, best_rate)
    return Judged(
        name=f"{load} (64 connections) / {kind} (32 connections)",
        goal=goal,
        is_most=False,
        unit="x",
        measured=_ratio(rate, rates.get((kind, _BASELINE_CONNECTIONS))),
        beside="" if best is None else f"{best:.2f} x its best, at {best_connections} connections",
    )


def _ratio(rate: float | None, beside: float | None) -> float | None:
    return rate / beside if rate is not None and beside else None
