"""Webhooks over HTTP, below `/events/webhooks`: JSON both ways. Errors are JSON, too.

A credential sees and changes the webhooks that it made; one that may do everything those of all. What it may
not follow of the events it cannot have sent.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from eventstore.identifiers import uuid7_hex
from eventstore.records import Corrupt, OutcomeUnknown, QueueFull, StoreError
from service.domain.refusals import Refusal, RefusalCode
from service.feed.access import Refused
from service.feed.pull import allowed
from service.feed.query import read_number
from service.feed.webhooks.asking import (
    AskedChange,
    AskedPause,
    AskedReplay,
    AskedResume,
    AskedRotation,
    AskedWebhook,
    read,
)
from service.feed.webhooks.plans import selection_of
from service.handling.answers import Call
from service.http.form import FormError, is_true, text_of
from service.http.request_form import body_of, parse_request
from service.http.whole_answer import WholeAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from aiohttp import web

    from service.domain.webhooks import Target
    from service.feed.access import FeedAccess, Subscriber
    from service.feed.webhooks.desk import Desk
    from service.http.form import FormLimits
    from service.http.php_arrays import Form

    class Standing(Protocol):
        """Knows who may do everything."""

        async def is_unrestricted(self, credential: str) -> bool:
            """Whether this credential may do everything."""
            ...


ANSWER_WITHIN_S = 10.0
ATTEMPTS = 100
ATTEMPTS_MAX = 1000
_MESSAGES = {
    RefusalCode.WEBHOOK_NOT_FOUND: ("There is no such webhook", 404),
    RefusalCode.WEBHOOK_PAUSED: ("The webhook is paused already", 409),
    RefusalCode.WEBHOOK_NOT_PAUSED: ("The webhook is not paused", 409),
    RefusalCode.TOO_MANY_WEBHOOKS: ("There are too many webhooks", 409),
}
_NUMBER = re.compile("[0-9]{1,18}")
_log = structlog.get_logger(__name__)


class WebhookSite:
    """Answers below `/events/webhooks`."""

    def __init__(
        self,
        desk: Desk,
        access: FeedAccess,
        standing: Standing,
        form_limits: FormLimits,
        changed: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._access = access
        self._standing = standing
        self._form_limits = form_limits
        self._changed = changed

    async def handle(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        """The answer to what stands behind `/events/webhooks`: "", `/7` or `/7/pause`."""
        try:
            status, answer = await self._answer(await self._asking(request, path))
            return WholeAnswer(status, _fields(), orjson.dumps(answer))
        except FormError as problem:
            return _problem(problem.message, problem.status)
        except Refused as refused:
            return _problem(str(refused), refused.status, refused.fields)
        except ValueError as wrong:
            return _problem(str(wrong), 400)
        except (StoreError, QueueFull, TimeoutError) as problem:
            _log.warning("webhooks not available", exc_info=problem)
            return _unavailable(problem)

    async def _asking(self, request: web.BaseRequest, path: str) -> _Asking:
        body = await body_of(request, self._form_limits) if request.method in {"POST", "PATCH"} else b""
        form = await parse_request(request, self._form_limits)
        subscriber = await self._access.subscriber(request, form)
        self._access.count_pull(subscriber.credential)
        _log.info("webhooks", method=request.method, path=request.path, credential=subscriber.credential)
        return _Asking(request.method, path.strip("/"), body, form, subscriber)

    async def _answer(self, asking: _Asking) -> tuple[int, Any]:
        number, _, verb = asking.path.partition("/")
        if not number:
            return await self._collection(asking)
        if not _NUMBER.fullmatch(number):
            raise Refused("Not Found", 404)
        webhook_id = int(number)
        found = await self._desk.find(webhook_id)
        is_its_own = found is not None and found.owner == asking.subscriber.credential
        if found is None or not (is_its_own or await self._is_unrestricted(asking)):
            raise Refused(*_MESSAGES[RefusalCode.WEBHOOK_NOT_FOUND])
        if verb == "deliveries":
            _must(asking, "GET")
            limit = read_number(text_of(asking.form, "limit") or str(ATTEMPTS), "limit", 1, ATTEMPTS_MAX)
            only_failed = is_true(text_of(asking.form, "failed"))
            found_attempts = await self._desk.deliveries(webhook_id, limit, only_failed=only_failed)
            return 200, {"deliveries": found_attempts}
        if not verb and asking.method == "GET":
            return 200, await self._desk.show(webhook_id)
        return 200, await self._change(webhook_id, verb, asking, found.target)

    async def _collection(self, asking: _Asking) -> tuple[int, Any]:
        if asking.method == "GET":
            owner = None if await self._is_unrestricted(asking) else asking.subscriber.credential
            return 200, {"webhooks": await self._desk.listed(owner)}
        _must(asking, "GET", "POST")
        asked = read(AskedWebhook, asking.body)
        _check_allowed(self._desk.reader.target(asked), asking.subscriber)
        answer = await self._desk.add(asked, asking.subscriber.credential, asking.call)
        return 201, self._done(answer)

    async def _change(self, webhook_id: int, verb: str, asking: _Asking, target: Target) -> Any:
        desk, call, body = self._desk, asking.call, asking.body
        if not verb:
            _must(asking, "GET", "PATCH", "DELETE")
            if asking.method == "DELETE":
                return self._done(await desk.remove(webhook_id, call))
            asked = read(AskedChange, body)
            _check_allowed(replace(target, **desk.reader.changes(asked)), asking.subscriber)
            return self._done(await desk.change(webhook_id, asked, call))
        if verb not in {"pause", "resume", "rotate-secret", "replay"}:
            raise Refused("Not Found", 404)
        _must(asking, "POST")
        match verb:
            case "pause":
                return self._done(await desk.pause(webhook_id, read(AskedPause, body), call))
            case "resume":
                return self._done(await desk.resume(webhook_id, read(AskedResume, body), call))
            case "rotate-secret":
                return self._done(await desk.rotate(webhook_id, read(AskedRotation, body), call))
            case _:
                return self._done(await desk.replay(webhook_id, read(AskedReplay, body), call))

    def _done(self, answer: dict[str, Any] | Refusal) -> dict[str, Any]:
        if isinstance(answer, Refusal):
            raise Refused(*_MESSAGES.get(answer.code, (answer.code.replace("_", " "), 409)))
        self._changed()
        return answer

    async def _is_unrestricted(self, asking: _Asking) -> bool:
        return await self._standing.is_unrestricted(asking.subscriber.credential)


class _Asking:
    """A request of somebody who may ask."""

    def __init__(self, method: str, path: str, body: bytes, form: Form, subscriber: Subscriber) -> None:
        self.method = method
        self.path = path
        self.body = body
        self.form = form
        self.subscriber = subscriber

    @property
    def call(self) -> Call:
        """For the ledger."""
        who = self.subscriber
        deadline = asyncio.get_running_loop().time() + ANSWER_WITHIN_S
        return Call(who.credential, who.admin_id, who.address, uuid7_hex(), deadline)


def _must(asking: _Asking, *methods: str) -> None:
    if asking.method not in methods:
        raise Refused("Method Not Allowed", 405, Allow=", ".join(methods))


def _check_allowed(target: Target, subscriber: Subscriber) -> None:
    """Raises Refused for personal data without the right, and where nothing would ever be sent."""
    selection = allowed(selection_of(target), subscriber)
    if selection.types == frozenset() or selection.streams == frozenset():
        raise Refused("This credential may follow none of these events", 403)


def _unavailable(problem: Exception) -> WholeAnswer:
    if isinstance(problem, Corrupt):
        return _problem("The log cannot be read; an operator has to look", 500)
    if isinstance(problem, OutcomeUnknown):
        return _problem("It may have been recorded or not, please look", 503, {"Retry-After": "1"})
    return _problem("The ledger is busy, please try again", 503, {"Retry-After": "1"})


def _problem(message: str, status: int, fields: Mapping[str, str] | None = None) -> WholeAnswer:
    return WholeAnswer(status, {**_fields(), **(fields or {})}, orjson.dumps({"error": message}))


def _fields() -> dict[str, str]:
    return {"Content-Type": "application/json", "Cache-Control": "no-store"}
