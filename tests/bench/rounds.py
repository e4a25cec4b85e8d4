"""Runs every load in rounds and takes the median run of each line.

The machine is shared and its speed wanders: with the baseline inside every round, both sides of a ratio
meet the same weather. The open loops come last, because their rate is a share of a median.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.bench import baseline
from tests.bench.generator import Order
from tests.bench.loads import ADD_CREDIT, MIX, Load, all_loads, mix_invoices, prepared
from tests.bench.measure import Result, median_run
from tests.bench.stage import Stage
from tests.bench.watch import measure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.bench.target import Target

CEILING_CONNECTIONS = 64
OPEN_SHARE = 0.7
_OPEN_CONNECTIONS = 128
_OPEN_SPARE = 1.1
"""Arrivals are random, so a run may need more requests than rate times seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure, and how long and how often each."""

    kinds: Sequence[str]
    connections: Sequence[int]
    clients: int
    seconds: float
    runs: int
    tool: str


def measure_loads(target: Target, plan: Plan, folder: Path, say: Callable[[str], None]) -> list[Result]:
    """The median line of every load, those of the baseline first, the open loops last."""
    return _Rounds(target, plan, folder, say).measure()


class _Rounds:
    def __init__(self, target: Target, plan: Plan, folder: Path, say: Callable[[str], None]) -> None:
        self._target = target
        self._plan = plan
        self._stage = Stage(target, folder)
        self._say = say
        self._clients: list[int] = []

    def measure(self) -> list[Result]:
        baseline.prepare(self._target.dsn)
        self._say(f"opening {self._plan.clients} accounts")
        self._clients = self._stage.open_accounts(self._plan.clients)
        self._stage.give_credit(self._clients)
        closed = self._medians(self._round)
        rates = _open_rates(closed)
        opened = self._medians(lambda number: self._open_loops(number, rates)) if rates else []
        return _compared(closed + opened)

    def _medians(self, one_round: Callable[[int], list[Result]]) -> list[Result]:
        lines: dict[tuple[str, int], list[Result]] = {}
        for number in range(1, self._plan.runs + 1):
            for result in one_round(number):
                lines.setdefault((result.name, result.connections), []).append(result)
        return [median_run(runs) for runs in lines.values()]

    def _round(self, number: int) -> list[Result]:
        plan = self._plan
        self._say(f"round {number} of {plan.runs}: preparing")
        loads = all_loads(plan.kinds, plan.connections)
        orders = prepared(self._stage, loads, self._clients, plan.seconds)
        self._target.settle()
        results = [
            self._noted(
                number,
                baseline.measure(
                    self._target.dsn,
                    self._target.postmaster_pid,
                    hot=hot,
                    connections=count,
                    seconds=plan.seconds,
                ),
            )
            for hot in (False, True)
            for count in baseline.CONNECTIONS
        ]
        return results + [self._run(number, load.name, order) for load, order in orders]

    def _open_loops(self, number: int, rates: dict[str, tuple[str, float]]) -> list[Result]:
        counts = {
            name: round(rate * self._plan.seconds * _OPEN_SPARE) + 1 for name, (_, rate) in rates.items()
        }
        results = []
        for name, (kind, rate) in rates.items():
            if kind == ADD_CREDIT:
                forms = [self._stage.bodies.add_credit(client) for client in self._clients]
            else:
                invoices = self._stage.invoices(_cycled(self._clients, mix_invoices(counts[name])))
                forms = self._stage.bodies.mix(counts[name], self._clients, invoices)
            order = Order(
                bodies=self._stage.file(forms),
                connections=_OPEN_CONNECTIONS,
                seconds=self._plan.seconds,
                per_second=rate,
            )
            results.append(self._run(number, name, order))
        return results

    def _run(self, number: int, name: str, order: Order) -> Result:
        result = self._noted(number, measure(self._target, name, order, self._plan.tool))
        order.bodies.unlink()
        return result

    def _noted(self, number: int, result: Result) -> Result:
        self._say(
            f"round {number} of {self._plan.runs}: {result.name}, {result.connections} connections:"
            f" {result.per_second:.0f}/s, p99 {result.p99_ms:.1f} ms"
        )
        return result


def _open_rates(closed: Sequence[Result]) -> dict[str, tuple[str, float]]:
    """The open loops by name: kind, and rate as a share of what a closed loop reached."""
    ceilings = {
        kind: result.per_second
        for kind in (ADD_CREDIT, MIX)
        for result in closed
        if (result.name, result.connections)
        == (Load(kind, hot=False, connections=0).name, CEILING_CONNECTIONS)
    }
    rates = {}
    if ADD_CREDIT in ceilings:
        rate = OPEN_SHARE * ceilings[ADD_CREDIT]
        rates["AddCredit, open loop"] = (ADD_CREDIT, rate)
        if MIX in ceilings:
            rates["mix, open loop, AddCredit's rate"] = (MIX, rate)
    if MIX in ceilings:
        rates["mix, open loop"] = (MIX, OPEN_SHARE * ceilings[MIX])
    return rates


def _compared(lines: Sequence[Result]) -> list[Result]:
    """Each line over HTTP with the baseline of its kind at the nearest number of connections."""
    found = []
    for line in lines:
        kind = baseline.HOT if line.name.endswith("hot") else baseline.SPREAD
        beside = [each for each in lines if each.name == kind]
        nearest = min(beside, key=lambda each: abs(each.connections - line.connections))
        is_baseline = line.name in {baseline.HOT, baseline.SPREAD}
        found.append(replace(line, baseline_per_s=None if is_baseline else nearest.per_second))
    return found


def _cycled(clients: Sequence[int], count: int) -> list[int]:
    return [clients[number % len(clients)] for number in range(count)]
