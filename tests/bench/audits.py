"""What auditors ask of a large ledger: inclusion proofs, and answers as of a moment of the past.

One question at a time, over HTTP, after the sealer has signed a checkpoint of the whole log.
"""

from __future__ import annotations

import http.client
import random
import time
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.bodies import SEED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.stage import Stage

ACCOUNT_EVENTS = 1000
_PROOFS = 300
_QUESTIONS = 60
_SEALED_WITHIN_S = 60.0
_POLL_S = 0.2
_WITHIN_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """Sizes in bytes, times in milliseconds."""

    proof_bytes: int
    """The largest answer."""
    proof_p50_ms: float
    proof_p99_ms: float
    as_of_p50_ms: float
    """GetCredits of an account of 1,000 events, at a random position."""
    as_of_p99_ms: float


def measure_audits(stage: Stage, events: int) -> Audited:
    """Questions about random positions of the log, which has `events` events by now at least."""
    chosen = random.Random(SEED)  # noqa: S311 -- a fixed seed makes runs comparable
    (client,) = stage.open_accounts(1)
    bodies = stage.bodies
    stage.lengthen(client, ACCOUNT_EVENTS - 1)
    connection = http.client.HTTPConnection("127.0.0.1", stage.target.port, timeout=_WITHIN_S)
    _wait_for_checkpoint(connection, events)
    proofs = [
        _timed(partial(_get, connection, f"/log/proof/inclusion?position={chosen.randint(1, events)}"))
        for _ in range(_PROOFS)
    ]
    # Its account is older than all its credits, whatever else is being written.
    form = f"{bodies.get_credits(client)}&asofposition="
    answers = [
        _timed(partial(_post, connection, f"{form}{events + chosen.randint(1, ACCOUNT_EVENTS)}"))[0]
        for _ in range(_QUESTIONS)
    ]
    connection.close()
    times = [taken for taken, _ in proofs]
    return Audited(
        proof_bytes=max(len(body) for _, body in proofs),
        proof_p50_ms=median(times),
        proof_p99_ms=_p99(times),
        as_of_p50_ms=median(answers),
        as_of_p99_ms=_p99(answers),
    )


def _wait_for_checkpoint(connection: http.client.HTTPConnection, events: int) -> None:
    """Raises TimeoutError when the sealer does not come that far."""
    deadline = time.monotonic() + _SEALED_WITHIN_S
    while time.monotonic() < deadline:
        lines = _get(connection, "/log/checkpoint").split(b"\n")
        if int(lines[1]) >= events:
            return
        time.sleep(_POLL_S)
    raise TimeoutError(f"there is no checkpoint of {events} events")


def _timed(ask: Callable[[], bytes]) -> tuple[float, bytes]:
    began = time.perf_counter()
    body = ask()
    return (time.perf_counter() - began) * 1000, body


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return _answer(connection)


def _post(connection: http.client.HTTPConnection, form: str) -> bytes:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/includes/api.php", form, headers)
    body = _answer(connection)
    if b'"result":"success"' not in body:
        raise RuntimeError(f"as of a position: {body!r}")
    return body


def _answer(connection: http.client.HTTPConnection) -> bytes:
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != http.client.OK:
        raise RuntimeError(f"status {answer.status}: {body!r}")
    return body


def _p99(times: list[float]) -> float:
    return sorted(times)[round(0.99 * (len(times) - 1))]
