"""Every URL of the service, and the answer to all others: as the query asks for it, else in JSON."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import orjson
from aiohttp import web

from service.http.whole_answer import WholeAnswer
from service.whmcs.encoder import JSON, encoder_for, error
from service.whmcs.openapi import document

if TYPE_CHECKING:
    from service.audit.log_site import LogSite
    from service.feed.site import FeedSite
    from service.feed.webhooks.site import WebhookSite
    from service.http.health import Health
    from service.http.metrics_site import MetricsSite
    from service.invapi.endpoint import InvapiEndpoint
    from service.pay.site import PaySite
    from service.register.site import RegisterSite
    from service.whmcs.endpoint import Endpoint

_SLASHES = re.compile("/{2,}")
API_PATH = "/includes/api.php"
LOG_PATH = "/log/"
WEBHOOKS_PATH = "/events/webhooks"
SERVICES_PATH = "/services"
PAY_PATH = "/pay"

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Site(Protocol):
    """Answers all that is below a folder."""

    async def handle(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        """The answer to what stands behind the folder."""
        ...


def handler(
    whmcs: Endpoint,
    health: Health,
    log: LogSite | None = None,
    feed: FeedSite | None = None,
    webhooks: WebhookSite | None = None,
    invapi: InvapiEndpoint | None = None,
    metrics: MetricsSite | None = None,
    register: RegisterSite | None = None,
    pay: PaySite | None = None,
    *,
    base_path: str = "",
    allow_get: bool = True,
) -> Handler:
    """The routes as one function: path to handler, all methods that it answers.

    The protocol's own stand below `base_path`.
    """
    routes: dict[str, tuple[set[str], Handler]] = {
        base_path + API_PATH: ({"GET", "POST"} if allow_get else {"POST"}, whmcs.handle),
        base_path + "/openapi.json": ({"GET", "HEAD"}, _openapi(base_path + API_PATH)),
        "/healthz": ({"GET", "HEAD"}, health.alive),
        "/readyz": ({"GET", "HEAD"}, health.ready),
    }
    if metrics is not None:
        routes["/metrics"] = {"GET", "HEAD"}, metrics.handle
    if invapi is not None:
        methods_taken = {"GET", "POST"} if allow_get else {"POST"}
        routes |= {
            base_path + "/auth.php": (methods_taken, invapi.auth),
            base_path + "/whmcs.php": (methods_taken, invapi.whmcs),
        }
    if feed is not None:
        routes |= {
            base_path + "/events": ({"GET"}, feed.events),
            base_path + "/events/stream": ({"GET"}, feed.stream),
            base_path + "/events/schema": ({"GET"}, feed.schema),
        }

    sites = {
        base_path + WEBHOOKS_PATH: webhooks,
        base_path + SERVICES_PATH: register,
        base_path + PAY_PATH: pay,
    }
    return _routed(routes, {path: site for path, site in sites.items() if site}, log, base_path + LOG_PATH)


def _routed(
    routes: Mapping[str, tuple[set[str], Handler]],
    sites: Mapping[str, Site],
    log: LogSite | None,
    log_path: str,
) -> Handler:
    """By path; `sites` are folders that know their methods themselves."""

    async def route(request: web.BaseRequest) -> web.StreamResponse:
        # A client whose base URL ends in a slash asks for //includes/api.php.
        found = routes.get(request.path) or routes.get(_SLASHES.sub("/", request.path))
        if found is None and log is not None and request.path.startswith(log_path):
            # A folder of its own, so not in the table; looked for last, as calls of the API go first.
            found = {"GET", "HEAD"}, _below(log, log_path)
        if found is None:
            for folder, site in sites.items():
                if _is_below(request.path, folder):
                    return await site.handle(request, request.path.removeprefix(folder))
            return _refused(request, "Not Found", 404)
        methods, answer = found
        if request.method not in methods:
            return _refused(request, "Method Not Allowed", 405, {"Allow": ", ".join(sorted(methods))})
        return await answer(request)

    return route


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _below(log: LogSite, log_path: str) -> Handler:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return await log.handle(request, request.path.removeprefix(log_path))

    return answer


def _openapi(path: str) -> Handler:
    body = orjson.dumps(document(path))

    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        return WholeAnswer(200, {"Content-Type": "application/json"}, body)

    return answer


def error_body(message: str) -> bytes:
    """What a refusal looks like, in JSON, where the request could not be read."""
    return JSON.write(error(message))


def _refused(
    request: web.BaseRequest, message: str, status: int, headers: dict[str, str] | None = None
) -> WholeAnswer:
    # The body of a request that leads nowhere is not read: only in the query can another format be asked for.
    query = request.query
    encoder = encoder_for(dict(query), request.headers) if query.get("responsetype") else JSON
    fields = {"Content-Type": encoder.content_type} | (headers or {})
    return WholeAnswer(status, fields, encoder.write(error(message)))
