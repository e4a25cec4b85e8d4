"""Every URL of the service, and the answer to all others: a client of the protocol gets JSON even there."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from service.http.whole_answer import WholeAnswer
from service.whmcs.encoder import JSON, error

if TYPE_CHECKING:
    from service.http.health import Health
    from service.whmcs.endpoint import Endpoint

_SLASHES = re.compile("/{2,}")
API_PATH = "/includes/api.php"

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def handler(whmcs: Endpoint, health: Health) -> Handler:
    """The routes as one function: path to handler, all methods that it answers."""
    routes: dict[str, tuple[set[str], Handler]] = {
        API_PATH: ({"GET", "POST"}, whmcs.handle),
        "/healthz": ({"GET", "HEAD"}, health.alive),
        "/readyz": ({"GET", "HEAD"}, health.ready),
    }

    async def route(request: web.BaseRequest) -> web.StreamResponse:
        # A client whose base URL ends in a slash asks for //includes/api.php.
        found = routes.get(request.path) or routes.get(_SLASHES.sub("/", request.path))
        if found is None:
            return _refused("Not Found", 404)
        methods, answer = found
        if request.method not in methods:
            return _refused("Method Not Allowed", 405, {"Allow": ", ".join(sorted(methods))})
        return await answer(request)

    return route


def error_body(message: str) -> bytes:
    """What a refusal looks like before any protocol had a say."""
    return JSON.write(error(message))


def _refused(message: str, status: int, headers: dict[str, str] | None = None) -> WholeAnswer:
    return WholeAnswer(status, {"Content-Type": JSON.content_type} | (headers or {}), error_body(message))
