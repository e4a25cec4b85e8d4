"""`/metrics`: the condition of the ledger and its requests, in the text format of Prometheus.

Lives here: which facts become which metric. They are asked of the database when the page is, so nothing is
measured for nobody. A database that does not answer is a fact like others: `creditledger_database_up` is 0.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

import orjson
import structlog
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from eventstore.records import Unavailable
from projections.registry import PROJECTIONS
from service.http.basic import CHALLENGE
from service.http.guards import Refused
from service.http.whole_answer import WholeAnswer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

    from aiohttp import web
    from prometheus_client.core import Metric

    from service.handling.condition import Condition
    from service.http.guards import Guard

Webhook = dict[str, Any]
"""As `service.feed.webhooks.told` tells one."""

_log = structlog.get_logger(__name__)


class Conditions(Protocol):
    """Tells how the ledger is."""

    async def now(self) -> Condition:
        """Raises Unavailable where the database does not answer."""
        ...


class MetricsSite:
    """Answers GET and HEAD of `/metrics`, one at a time."""

    def __init__(
        self,
        requests: CollectorRegistry,
        conditions: Conditions,
        webhooks: Callable[[], Awaitable[Sequence[Webhook]]],
        guard: Guard,
    ) -> None:
        self._requests = requests
        self._conditions = conditions
        self._webhooks = webhooks
        self._guard = guard
        self._one = asyncio.Lock()

    async def handle(self, request: web.BaseRequest) -> WholeAnswer:
        """The page."""
        try:
            await self._guard(request)
        except Refused as refused:
            return _problem(str(refused), refused.status)
        async with self._one:  # asking for the page more often than it can be made must not load the database
            try:
                facts = [*_of_ledger(await self._conditions.now()), *_of_webhooks(await self._webhooks())]
                is_up = True
            except (Unavailable, TimeoutError) as problem:
                _log.warning("metrics without the ledger's", exc_info=problem)
                facts, is_up = [], False
            up = _one("database_up", "Whether the database answers.", is_up)
            ledger = CollectorRegistry()
            ledger.register(_Facts([up, *facts]))
            body = generate_latest(ledger) + generate_latest(self._requests)
        fields = {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4, "Cache-Control": "no-store"}
        return WholeAnswer(200, fields, body)


class _Facts:
    """Metrics that are known already, as prometheus_client wants to collect them."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _of_ledger(now: Condition) -> Iterator[Metric]:
    yield _one("database_answer_seconds", "How long it took for one simple question.", now.answer_ms / 1000)
    yield _one("log_position", "Position of the last event.", now.position)
    if now.head_age_s is not None:
        yield _one("log_head_age_seconds", "Since the last event was recorded.", now.head_age_s)
    names = [projection.name for projection in PROJECTIONS]
    behind = {name: now.behind.get(name, 0) for name in names}
    told = "How far it is behind the log, after two seconds to catch up."
    yield _each("read_model_behind_events", told, "read_model", behind)
    halted = {name: name in now.halted for name in names}
    yield _each("read_model_halted", "Whether it has stopped.", "read_model", halted)
    yield _one("signed_position", "The last event under a signed checkpoint, or 0.", now.signed_position)
    if now.signed_position:
        yield _one("signed_age_seconds", "Since that checkpoint was signed.", now.signed_age_s)
    ages = {check.kind: check.age_s for check in now.checks}
    yield _each("verification_age_seconds", "Since the last one of the kind.", "kind", ages)
    problems = {check.kind: check.problems for check in now.checks}
    yield _each("verification_problems", "What it found.", "kind", problems)
    positions = {check.kind: check.position for check in now.checks}
    yield _each("verification_position", "The last event that it looked at.", "kind", positions)
    if now.relayed is not None:
        yield _one("relay_behind_events", "Events that the broker has not got.", now.relayed.behind)
        yield _one("relay_waiting_seconds", "How long the first of them has waited.", now.relayed.waiting_s)


def _of_webhooks(webhooks: Sequence[Webhook]) -> Iterator[Metric]:
    behind = {str(each["id"]): each["behind"] or 0 for each in webhooks}
    yield _each("webhook_behind_events", "How far it is behind the log.", "webhook", behind)
    active = {str(each["id"]): each["state"] == "active" for each in webhooks}
    yield _each("webhook_active", "Whether it is neither paused nor failing.", "webhook", active)


def _one(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"creditledger_{name}", told, value)


def _each(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"creditledger_{name}", told, labels=(label,))
    for named, value in values.items():
        family.add_metric((named,), value)
    return family


def _problem(message: str, status: int) -> WholeAnswer:
    fields = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if status == 401:  # noqa: PLR2004 -- what tells a client to send its credential
        fields["WWW-Authenticate"] = CHALLENGE
    return WholeAnswer(status, fields, orjson.dumps({"result": "error", "message": message}))
