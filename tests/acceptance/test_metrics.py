"""`/metrics` of the real service, read as Prometheus reads it."""

from __future__ import annotations

import asyncio
import base64
import http.client
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.client import Api
from tests.acceptance.process import Server, creditledger
from tests.support.damage import damage

if TYPE_CHECKING:
    from pathlib import Path

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Page(NamedTuple):
    """What was answered."""

    status: int
    body: str

    def value(self, name: str, **labels: str) -> float | None:
        """Of one sample, None if it is not there."""
        return self._samples().get((name, frozenset(labels.items())))

    def _samples(self) -> Samples:
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.body)
            for sample in family.samples
        }


def read(server: Server, identifier: str = "", secret: str = "") -> Page:
    """The page, asked for with a credential if there is one."""
    fields = {}
    if identifier:
        pair = base64.b64encode(f"{identifier}:{secret}".encode()).decode()
        fields["Authorization"] = f"Basic {pair}"
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request("GET", "/metrics", headers=fields)
        response = connection.getresponse()
        return Page(response.status, response.read().decode())


def seen(server: Server) -> Page:
    """The page as the first credential sees it."""
    page = read(server, server.identifier, server.secret)
    assert page.status == 200, page
    return page


def answers(page: Page, action: str, result: str) -> float:
    """How many answers of the WHMCS protocol were counted."""
    labels = {"protocol": "whmcs", "action": action, "result": result}
    return page.value("creditledger_requests_total", **labels) or 0


def test_requests_are_counted_by_what_became_of_them(own_dsn: str, tmp_path: Path) -> None:
    """Success, refusal, an action of WHMCS that is not served and one that nobody knows are told apart."""
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn) as server:
        api = Api(server.port, server.identifier, server.secret)
        client = api.client()
        for _ in range(3):
            api.ok("AddCredit", clientid=client, amount="5.00", description="x")
        for action in ("AddCredit", "ModuleCreate", "MadeUpByTheCaller"):
            assert api.send(action, {"clientid": "999999999"}).status in {200, 400}
        page = seen(server)
        assert answers(page, "addcredit", "success") == 3
        assert answers(page, "addcredit", "client_not_found") == 1
        assert answers(page, "modulecreate", "action_not_served") == 1
        assert answers(page, "unknown", "action_unknown") == 1
        assert "madeup" not in page.body.lower()
        assert page.value("creditledger_request_duration_seconds_count", protocol="whmcs") == 7
        assert page.value("creditledger_read_model_behind_events", read_model="credits") == 0
        position = page.value("creditledger_log_position")
        api.ok("AddCredit", clientid=client, amount="5.00", description="x")
        assert position is not None
        assert seen(server).value("creditledger_log_position") == position + 1


def test_the_last_verification_is_shown(own_dsn: str, tmp_path: Path) -> None:
    """Nothing before the first one; then its age, how far it went, and how much was wrong."""
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn) as server:
        api = Api(server.port, server.identifier, server.secret)
        client = api.client()
        api.ok("AddCredit", clientid=client, amount="5.00", description="x")
        assert api.balance(client) == "5.00"
        assert seen(server).value("creditledger_verification_age_seconds", kind="full") is None
        assert creditledger("verify", CREDITLEDGER_DSN=own_dsn).returncode == 0
        page = seen(server)
        age_s = page.value("creditledger_verification_age_seconds", kind="full")
        assert age_s is not None
        assert 0 <= age_s < 600
        assert page.value("creditledger_verification_problems", kind="full") == 0
        asyncio.run(damage(own_dsn, "update projection_balances.balance set balance = balance + 1"))
        assert creditledger("verify", CREDITLEDGER_DSN=own_dsn).returncode == 1
        problems = seen(server).value("creditledger_verification_problems", kind="full")
        assert problems is not None
        assert problems > 0


def test_who_may_read_it(server: Server, own_dsn: str, tmp_path: Path) -> None:
    """By default a credential is needed; the setting opens the page to all, or takes it away."""
    assert read(server).status == 401
    assert read(server, server.identifier, "wrong").status == 403
    for openness, status in (("open", 200), ("off", 404)):
        with Server(
            tmp_path / f"log-{openness}",
            *("--port", "0", "--dsn", own_dsn, "--metrics-access", openness),
            is_new=openness == "open",
        ) as other:
            assert read(other).status == status


def test_any_worker_tells_of_all(own_dsn: str, tmp_path: Path) -> None:
    """However the kernel spreads connections over two processes, the sum of what they answered is shown."""
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn, "--workers", "2") as server:
        for _ in range(30):  # each on a connection of its own
            Api(server.port, server.identifier, server.secret).ok("GetCurrencies")
        for _ in range(10):
            assert answers(seen(server), "getcurrencies", "success") == 30
