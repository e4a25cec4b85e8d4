"""`creditledger verify`, timed in its two parts: a process of its own, on the environment's ledger.

Prints JSON: seconds for the hash chain (with opening the ledger) and for the read models.
"""

from __future__ import annotations

import json
import sys
import time

from service.operations import run, verify
from service.settings import Settings


def main() -> None:
    """Raises AssertionError where the ledger does not hold: figures of a broken one are worth nothing."""
    started = time.perf_counter()
    chain_done = started

    def progress(part: str, _done: int, _total: int) -> None:
        nonlocal chain_done
        if part == "chain":
            chain_done = time.perf_counter()

    verified = run(verify(Settings(), progress))
    assert not verified.problems, verified.problems
    parts = {"chain_s": chain_done - started, "read_models_s": time.perf_counter() - chain_done}
    json.dump(parts, sys.stdout)


if __name__ == "__main__":
    main()
