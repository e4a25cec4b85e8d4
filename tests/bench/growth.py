"""What becomes slower, or larger, as the log grows: one fresh ledger for each size.

Each is filled over HTTP, so that its process has done all the work that its memory is measured after.
Appends are compared with those of an empty ledger started for that moment, run by run in turn.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from projections.registry import PROJECTIONS
from tests.bench.audits import Audited, measure_audits
from tests.bench.bodies import PAGE_ROWS
from tests.bench.fill import Filled, fill
from tests.bench.generator import Order
from tests.bench.maintenance import let_rest
from tests.bench.measure import Result, descendants, median_run, memory_mb
from tests.bench.stage import Stage
from tests.bench.target import CHECKOUT, Ledger, Target, temporary_ledger
from tests.bench.watch import measure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

APPEND_CLIENTS = 1000
"""Appends go over as many accounts in every ledger, full or empty."""
_APPEND_CONNECTIONS = 64
_READ_CONNECTIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthPlan:
    """How large, and how each size is measured."""

    sizes: tuple[int, ...]
    """Commands carried out before anything is measured; each gives one event or two."""
    seconds: float
    runs: int
    tool: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """One size. Rates per second, times in seconds unless named otherwise, memory in MB (10^6 bytes)."""

    filled: Filled
    append: Result
    append_empty: Result
    """The same load on a ledger that holds nothing but its accounts."""
    first_page: Result
    """GetCredits of the client with the most rows: the first page."""
    last_page: Result
    memory_mb: float
    """Resident, all processes of the service, after the filling, with the read models caught up."""
    memory_peak_mb: float
    start_s: float
    """With its PostgreSQL, until the first answer."""
    rebuild_s: dict[str, float]
    """The command as an operator runs it, by read model."""
    chain_s: float
    read_models_s: float
    """The part of `verify` in which every read model is folded again and compared."""
    verify_s: float
    """All of `verify`, without the start of the command."""
    audited: Audited

    def rebuild_per_s(self, name: str) -> float:
        """Events of the log per second of a rebuild."""
        return self.filled.events / self.rebuild_s[name]

    @property
    def append_ratio(self) -> float:
        """The append rate as a multiple of the empty ledger's."""
        return self.append.per_second / self.append_empty.per_second

    def as_json(self) -> dict[str, Any]:
        """Everything, with what follows from it."""
        results = ("append", "append_empty", "first_page", "last_page")
        filled = asdict(self.filled) | {"clients": len(self.filled.clients)}
        return asdict(self) | {
            "filled": filled,
            **{name: getattr(self, name).as_json() for name in results},
            "append_ratio": round(self.append_ratio, 3),
            "rebuild_per_s": {name: round(self.rebuild_per_s(name)) for name in self.rebuild_s},
            "chain_per_s": round(self.filled.events / self.chain_s),
            "verify_per_s": round(self.filled.events / self.verify_s),
        }


def measure_growth(plan: GrowthPlan, folder: Path, say: Callable[[str], None]) -> list[Grown]:
    """Every size, the smallest first."""
    found = []
    for size in sorted(plan.sizes):
        with temporary_ledger() as ledger:
            found.append(_Size(size, plan, ledger, folder, say).measure())
    return found


class _Size:
    def __init__(
        self, size: int, plan: GrowthPlan, ledger: Ledger, folder: Path, say: Callable[[str], None]
    ) -> None:
        self._size = size
        self._plan = plan
        self._ledger = ledger
        self._folder = folder
        self._tell = say

    def _say(self, text: str) -> None:
        self._tell(f"{self._size} commands: {text}")

    def measure(self) -> Grown:
        target = self._ledger.start()
        stage = Stage(target, self._folder)
        filled = fill(stage, self._size, self._plan.tool, self._say)
        memory, memory_peak = memory_mb(descendants(target.service_pid))
        self._say(f"{filled.events} events; reading")
        last = max(filled.largest_rows - PAGE_ROWS, 0)
        first_page, last_page = (self._read(target, stage, filled.largest, start) for start in (0, last))
        rebuild_s = {}
        for projection in PROJECTIONS:
            self._say(f"rebuilding {projection.name}")
            rebuild_s[projection.name] = self._command("service", "rebuild", projection.name)[0]
        self._say("asking about the past, and for proofs")
        audited = measure_audits(stage, filled.events)
        self._say("verifying")
        verified = json.loads(self._command("tests.bench.verify_parts")[1])
        self._say("appending")
        append, append_empty = self._appends(target, stage, filled.clients[:APPEND_CLIENTS])
        self._ledger.stop()
        self._say("starting again")
        start_s = self._ledger.start().started_in_s
        return Grown(
            filled=filled,
            append=append,
            append_empty=append_empty,
            first_page=first_page,
            last_page=last_page,
            memory_mb=memory,
            memory_peak_mb=memory_peak,
            start_s=start_s,
            rebuild_s=rebuild_s,
            chain_s=verified["chain_s"],
            read_models_s=verified["read_models_s"],
            verify_s=verified["all_s"],
            audited=audited,
        )

    def _appends(self, target: Target, stage: Stage, clients: Sequence[int]) -> tuple[Result, Result]:
        """AddCredit here and on an empty ledger in turn, so that both meet the same weather."""
        with temporary_ledger() as empty, tempfile.TemporaryDirectory(dir=self._folder) as folder:
            twin = Stage(empty.start(), Path(folder))
            orders = [
                (target, self._append_order(stage, clients)),
                (twin.target, self._append_order(twin, twin.open_accounts(len(clients)))),
            ]
            runs: tuple[list[Result], list[Result]] = ([], [])
            for each in (target, twin.target):
                asyncio.run(let_rest(each.dsn))
            for _ in range(self._plan.runs):
                for (where, order), found in zip(orders, runs, strict=True):
                    found.append(measure(where, "AddCredit, spread", order, self._plan.tool))
        return median_run(runs[0]), median_run(runs[1])

    def _append_order(self, stage: Stage, clients: Sequence[int]) -> Order:
        forms = [stage.bodies.add_credit(client) for client in clients]
        return Order(bodies=stage.file(forms), connections=_APPEND_CONNECTIONS, seconds=self._plan.seconds)

    def _read(self, target: Target, stage: Stage, client: int, start: int) -> Result:
        order = Order(
            bodies=stage.file([stage.bodies.get_credits(client, start)]),
            connections=_READ_CONNECTIONS,
            seconds=self._plan.seconds,
        )
        name = f"GetCredits, rows from {start}"
        return median_run([measure(target, name, order, self._plan.tool)])

    def _command(self, *arguments: str) -> tuple[float, str]:
        """Seconds and output of a Python module run as a command on the ledger's data."""
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            env=self._ledger.environment,
            cwd=CHECKOUT,
            check=True,
            capture_output=True,
            text=True,
        )
        return time.monotonic() - started, done.stdout
