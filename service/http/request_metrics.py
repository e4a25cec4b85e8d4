"""What was asked of the protocols and what became of it, counted for Prometheus.

Labels are the action, by a name that is known, and the result: never a client, a credential or an address.
The counts of several processes are added up where `PROMETHEUS_MULTIPROC_DIR` names a folder that they share.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from collections.abc import Callable

Protocol = Literal["whmcs", "invapi", "pay"]
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that prometheus_client reads when it is imported."""

SUCCESS = "success"
PASSED_ON = "passed_on"
"""The answer is that of the WHMCS behind."""

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class RequestMetrics:
    """One per service; every answer is counted once."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        """What a page of metrics shows of requests, and of the process where there is only one."""
        own = self.registry
        if SHARED_FOLDER in os.environ:
            own = CollectorRegistry()
            MultiProcessCollector(self.registry)  # type: ignore[no-untyped-call]
        else:
            ProcessCollector(registry=own)
            PlatformCollector(registry=own)
            GCCollector(registry=own)
        self._answers = Counter(
            "creditledger_requests",
            "Answers by protocol, action and result: success, passed_on, or the code of the refusal.",
            ("protocol", "action", "result"),
            registry=own,
        )
        self._seconds = Histogram(
            "creditledger_request_duration_seconds",
            "From the head of the request to its answer.",
            ("protocol",),
            registry=own,
            buckets=_BUCKETS,
        )
        self._known: dict[tuple[Protocol, str, str], Callable[[], None]] = {}
        self._observe = {
            "whmcs": self._seconds.labels("whmcs").observe,
            "invapi": self._seconds.labels("invapi").observe,
            "pay": self._seconds.labels("pay").observe,
        }

    def answered(self, protocol: Protocol, action: str, result: str, seconds: float) -> None:
        """Count one answer. Both texts must come from this program, whatever the request said."""
        key = protocol, action, result
        count = self._known.get(key)
        if count is None:
            count = self._known[key] = self._answers.labels(*key).inc
        count()
        self._observe[protocol](seconds)
