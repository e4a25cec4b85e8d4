"""The feed over HTTP: `/events`, `/events/stream` and `/events/schema`. Errors are JSON.

Lives here: which page answers, who is let in first, and what a failure looks like. Never logged: query
strings, which may hold secrets.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import orjson
import structlog

from eventstore.records import QueueFull, StoreError, Unavailable
from service.domain.events import EVENT_TYPES
from service.feed.access import Refused
from service.feed.live import Live
from service.feed.pull import pull
from service.feed.schemas import schemas
from service.feed.stream import stream
from service.http.form import FormError, text_of
from service.http.request_form import parse_request
from service.http.whole_answer import WholeAnswer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp import web

    from service.feed.access import FeedAccess, Subscriber
    from service.feed.pages import Pages
    from service.feed.pulse import Pulse
    from service.http.form import FormLimits
    from service.http.php_arrays import Form

    _Answer = Callable[[web.BaseRequest, Form], Awaitable[web.StreamResponse]]

_SCHEMA_TYPE = "application/schema+json"
_BRIEFLY = "public, max-age=300"
_log = structlog.get_logger(__name__)


class FeedSite:
    """Answers GET below `/events`."""

    def __init__(
        self,
        pages: Pages,
        pulse: Pulse,
        access: FeedAccess,
        form_limits: FormLimits,
        *,
        heartbeat_s: float,
        stall_s: float,
        allow_origin: str = "",
    ) -> None:
        self._pages = pages
        self._pulse = pulse
        self._live = Live(pages, pulse)
        self._access = access
        self._form_limits = form_limits
        self._heartbeat_s = heartbeat_s
        self._stall_s = stall_s
        self._allow_origin = allow_origin

    async def events(self, request: web.BaseRequest) -> web.StreamResponse:
        """A page of events, at once or, with `wait`, as soon as there is one."""
        return await self._guarded(request, self._events)

    async def stream(self, request: web.BaseRequest) -> web.StreamResponse:
        """Events as they come."""
        return await self._guarded(request, self._stream)

    async def schema(self, request: web.BaseRequest) -> web.StreamResponse:
        """The schemas of all event types, or of one; open to everybody, as they say nothing of the ledger."""
        return await self._guarded(request, self._schema)

    async def _events(self, request: web.BaseRequest, form: Form) -> web.StreamResponse:
        subscriber = await self._subscriber(request, form)
        self._access.count_pull(subscriber.credential)
        # A caller that waits holds a connection open like one that follows.
        waits = text_of(form, "wait") not in {"", "0"}
        with self._access.following(subscriber.credential) if waits else nullcontext():
            return await pull(
                request,
                form,
                subscriber,
                self._pages,
                self._pulse,
                shared_fields=self._shared_fields(),
                limits=self._access.limits,
            )

    async def _stream(self, request: web.BaseRequest, form: Form) -> web.StreamResponse:
        subscriber = await self._subscriber(request, form)
        with self._access.following(subscriber.credential):
            return await stream(
                request,
                form,
                subscriber,
                self._pages,
                self._pulse,
                self._live,
                heartbeat_s=self._heartbeat_s,
                stall_s=self._stall_s,
                fields=self._shared_fields(),
                limits=self._access.limits,
            )

    async def _schema(self, _request: web.BaseRequest, form: Form) -> web.StreamResponse:
        fields = {"Cache-Control": _BRIEFLY} | self._shared_fields()
        name = text_of(form, "type")
        if not name:
            return WholeAnswer(200, {"Content-Type": "application/json"} | fields, orjson.dumps(schemas()))
        version = text_of(form, "version") or (EVENT_TYPES[name].VERSION if name in EVENT_TYPES else "")
        found = schemas().get(f"{name}.{version}")
        if found is None:
            raise Refused("There is no such event type, or not in this version", 404)
        return WholeAnswer(200, {"Content-Type": _SCHEMA_TYPE} | fields, orjson.dumps(found))

    async def _subscriber(self, request: web.BaseRequest, form: Form) -> Subscriber:
        subscriber = await self._access.subscriber(request, form)
        _log.info("feed", path=request.path, credential=subscriber.credential)
        return subscriber

    def _shared_fields(self) -> dict[str, str]:
        """What lets a page of another origin read the answer."""
        if not self._allow_origin:
            return {}
        return {
            "Access-Control-Allow-Origin": self._allow_origin,
            "Access-Control-Expose-Headers": "Ledger-Position, Ledger-Head",
        }

    async def _guarded(self, request: web.BaseRequest, answer: _Answer) -> web.StreamResponse:
        try:
            return await answer(request, await parse_request(request, self._form_limits))
        except FormError as problem:
            return self._problem(problem.message, problem.status)
        except Refused as refused:
            _log.info("feed refused", path=request.path, status=refused.status)
            return self._problem(str(refused), refused.status, refused.fields)
        except (Unavailable, QueueFull, TimeoutError) as problem:
            _log.warning("feed not available", exc_info=problem)
            return self._problem("The ledger is busy, please try again", 503, {"Retry-After": "1"})
        except StoreError as problem:
            _log.error("feed stopped", exc_info=problem)
            return self._problem("The log cannot be read; an operator has to look", 500)

    def _problem(self, message: str, status: int, fields: Mapping[str, str] | None = None) -> WholeAnswer:
        head = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        body = orjson.dumps({"error": message})
        return WholeAnswer(status, {**head, **self._shared_fields(), **(fields or {})}, body)
