"""A handler behind the product's own HTTP server, on a free port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.test_utils import BaseTestServer
from typing_extensions import override

from service.http.server import Server
from service.routes import error_body

if TYPE_CHECKING:
    from service.routes import Handler


class Listening(BaseTestServer):
    """For `aiohttp.test_utils.TestClient`, or by itself in `async with`."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        super().__init__()

    @override
    async def _make_runner(self, **_: Any) -> web.ServerRunner:
        return web.ServerRunner(Server(self._handler, error_body))
