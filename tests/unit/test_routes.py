"""Which URLs are answered, before anything behind them is asked."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import pytest
from aiohttp import ClientSession, web
from yarl import URL

from service.routes import handler
from tests.support.listening import Listening

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import ClientResponse

    from service.http.health import Health
    from service.whmcs.endpoint import Endpoint

PATH = "/includes/api.php"


class Reached:
    """Stands where the endpoint and the health checks are."""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answers that it was reached."""
        return web.Response(text=f"{request.method} reached")

    alive = ready = handle


class Asking:
    """Asks a server with these routes."""

    def __init__(self, session: ClientSession, root: str) -> None:
        self._session = session
        self._root = root

    async def get(self, path: str) -> ClientResponse:
        """GET of exactly this path."""
        return await self._session.get(URL(self._root + path, encoded=True))

    async def post(self, path: str) -> ClientResponse:
        """POST to exactly this path."""
        return await self._session.post(URL(self._root + path, encoded=True))


@asynccontextmanager
async def _serving(base_path: str = "", *, allow_get: bool = True) -> AsyncIterator[Asking]:
    reached = Reached()
    route = handler(
        cast("Endpoint", reached), cast("Health", reached), base_path=base_path, allow_get=allow_get
    )
    async with Listening(route) as server, ClientSession() as session:
        yield Asking(session, f"http://127.0.0.1:{server.port}")


@pytest.mark.parametrize(
    ("base_path", "path", "status"),
    [
        ("", PATH, 200),
        ("", f"/{PATH}", 200),
        ("", "/includes///api.php", 200),
        ("", f"/billing{PATH}", 404),
        ("", f"{PATH}/", 404),
        ("/billing", f"/billing{PATH}", 200),
        ("/billing", f"//billing/{PATH}", 200),
        ("/a/whmcs", f"/a/whmcs{PATH}", 200),
        ("/billing", PATH, 404),
        ("/billing", f"/Billing{PATH}", 404),
        ("/billing", "/healthz", 200),
        ("/billing", "/billing/healthz", 404),
        ("/billing", "/billing/openapi.json", 200),
        ("/billing", "/openapi.json", 404),
    ],
)
async def test_the_protocol_stands_below_the_base_path(base_path: str, path: str, status: int) -> None:
    """With as many slashes as clients make of it; what orchestrators ask stays where it is."""
    async with _serving(base_path) as client:
        assert (await client.get(path)).status == status


async def test_get_can_be_switched_off() -> None:
    """Then credentials in a URL are refused, before they are looked at."""
    async with _serving(allow_get=False) as client:
        refused = await client.get(PATH)
        assert (refused.status, refused.headers["Allow"]) == (405, "POST")
        assert await refused.json() == {"result": "error", "message": "Method Not Allowed"}
        assert (await client.post(PATH)).status == 200


async def test_the_openapi_document_names_the_path_it_is_for() -> None:
    """So that a generated client asks the right URL."""
    async with _serving("/billing") as client:
        answer = await client.get("/billing/openapi.json")
        assert answer.headers["Content-Type"] == "application/json"
        assert list((await answer.json())["paths"]) == [f"/billing{PATH}"]
