"""`creditledger verify`, timed by its parts: a process of its own, on the environment's ledger.

Prints JSON: seconds for the hash chain with the tree, for the read models, for everything, and for each part.
"""

from __future__ import annotations

import json
import sys
import time

from projections.registry import PROJECTIONS
from service.operations import run, verify
from service.settings import Settings


def main() -> None:
    """Raises AssertionError where the ledger does not hold: figures of a broken one are worth nothing."""
    started = time.perf_counter()
    report = run(verify(Settings(), lambda _part, _done, _all: None))
    assert not report.problems, report.problems
    assert not report.unchecked, report.unchecked
    seconds = {part.name: part.seconds for part in report.parts}
    parts = {
        "chain_s": seconds["chain"],
        "read_models_s": sum(seconds[projection.name] for projection in PROJECTIONS),
        "all_s": time.perf_counter() - started,
        "parts_s": {name: round(taken, 2) for name, taken in seconds.items()},
    }
    json.dump(parts, sys.stdout)


if __name__ == "__main__":
    main()
