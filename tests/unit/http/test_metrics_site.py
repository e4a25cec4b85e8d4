"""`/metrics` where the ledger cannot be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.test_utils import TestClient

from eventstore.records import Unavailable
from service.http.guards import everybody
from service.http.metrics_site import MetricsSite
from service.http.request_metrics import RequestMetrics
from tests.support.listening import Listening

if TYPE_CHECKING:
    from service.handling.condition import Condition


Client = TestClient[web.BaseRequest, None]


class Unreachable:
    """A ledger whose database is away."""

    async def now(self) -> Condition:
        """Never."""
        raise Unavailable("the database does not answer")


async def _no_webhooks() -> list[dict[str, object]]:
    return []


async def test_a_database_that_is_away_is_a_metric() -> None:
    """The page is still answered, says so, and tells what was counted."""
    requests = RequestMetrics()
    requests.answered("whmcs", "addcredit", "unavailable", 0.5)
    site = MetricsSite(requests.registry, Unreachable(), _no_webhooks, everybody)
    async with Client(Listening(site.handle)) as client:
        answer = await client.get("/metrics")
        text = await answer.text()
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "\ncreditledger_database_up 0.0\n" in text
    assert "creditledger_log_position" not in text
    assert 'creditledger_requests_total{action="addcredit",protocol="whmcs",result="unavailable"} 1.0' in text
