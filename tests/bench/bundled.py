"""The bundled load generator: closed loop, for machines without wrk, and open loop. A process of its own.

Posts the bodies of a file, one per line. Takes its orders from the environment and answers in JSON, as
tests/bench/wrk.lua does. Costs more CPU than wrk, on the same machine as what it measures.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from tests.bench.closed_loop import closed_loop
from tests.bench.open_loop import open_loop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.bench.connection import Figures


async def _run(orders: Mapping[str, str]) -> Figures:
    bodies = (await asyncio.to_thread(Path(orders["BENCH_BODIES"]).read_bytes)).split()
    port, connections = int(orders["BENCH_PORT"]), int(orders["BENCH_CONNECTIONS"])
    seconds, once = float(orders["BENCH_SECONDS"]), orders["BENCH_ONCE"] == "1"
    if "BENCH_PER_SECOND" in orders:
        return await open_loop(port, bodies, connections, seconds, float(orders["BENCH_PER_SECOND"]))
    answers = orders.get("BENCH_ANSWERS")
    figures, kept = await closed_loop(port, bodies, connections, seconds, once=once, keep=answers is not None)
    if answers is not None:
        await asyncio.to_thread(Path(answers).write_bytes, b"\n".join(kept))
    return figures


if __name__ == "__main__":
    gc.disable()  # a pause of the generator would look like one of the service; nothing here makes cycles
    json.dump(uvloop.run(_run(os.environ)), sys.stdout)
