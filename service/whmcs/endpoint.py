"""`/includes/api.php`: from a request to its answer, and one line in the log about it.

Lives here: the order of checks (form, action named, caller let in, action known, the action's own), what a
failure looks like to a client library, and the headers. No middlewares: this runs for every request.
Never logged: parameters, secrets, query strings.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING

import structlog

from service.handling.answers import Call
from service.http.addresses import CallerAddresses
from service.http.callers import AuthFailure
from service.http.form import FormError, text_of
from service.http.request_form import parse_request
from service.http.request_id import request_id_of
from service.http.request_metrics import PASSED_ON
from service.http.unavailable import NOT_NOW, why_not_now
from service.http.whole_answer import WholeAnswer
from service.whmcs.action import Reply, refused
from service.whmcs.actions import ACTIONS
from service.whmcs.as_of import is_about_the_past
from service.whmcs.encoder import JSON, encoder_for
from service.whmcs.idempotency import idempotency
from service.whmcs.known_actions import KNOWN_ACTIONS
from service.whmcs.refused_requests import Asked, refused_access, refused_command
from service.whmcs.upstream import Passed
from service.whmcs.wording import ASOF_UPSTREAM, COMMAND_NOT_FOUND, EMPTY_ACTION

if TYPE_CHECKING:
    from aiohttp import web

    from service.http.callers import Authenticator, Caller
    from service.http.php_arrays import Form
    from service.http.request_metrics import RequestMetrics
    from service.whmcs.action import AnyAction
    from service.whmcs.encoder import Encoder
    from service.whmcs.ports import Services
    from service.whmcs.upstream import Upstream


class Endpoint:
    """Answers the protocol over the services it was given; `handle` is the route's handler."""

    def __init__(
        self,
        services: Services,
        authenticator: Authenticator,
        metrics: RequestMetrics,
        upstream: Upstream | None = None,
    ) -> None:
        self._services = services
        self._metrics = metrics
        self._refusals = services.system.refusals
        self._upstream = upstream
        self._loop = asyncio.get_running_loop()  # asked once: before Python 3.12 each asking is a system call
        self._authenticator = authenticator
        self._addresses = CallerAddresses(services.options.trusted_proxies)
        self._log = structlog.get_logger(
            "service.whmcs"
        ).bind()  # bound once: it is looked up for every call else

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to any request; it never raises but for a caller that hung up."""
        exchange = _Exchange(request)
        try:
            reply = await self._reply(request, exchange)
            if isinstance(reply, Passed):
                passed = Reply({"result": PASSED_ON}, reply.answer.status, refusal=reply.broken)
                self._write_log(passed, exchange)
                return reply.answer
            body = exchange.encoder.write(reply.body)
        except FormError as problem:
            reply = refused("request_not_valid", problem.message, problem.status)
        except NOT_NOW as problem:
            reply = unavailable(problem)
            self._log.warning("ledger not available", request_id=exchange.request_id, exc_info=problem)
        except Exception as problem:  # noqa: BLE001 - the last stop: a client library gets an answer it can read
            reply = refused("internal_error", f"Internal error, reference {exchange.request_id}", 500)
            self._log.error("internal error", request_id=exchange.request_id, exc_info=problem)
        else:
            self._write_log(reply, exchange)
            return self._response(reply, body, exchange)
        self._write_log(reply, exchange)
        return self._response(reply, exchange.encoder.write(reply.body), exchange)

    async def _reply(self, request: web.BaseRequest, exchange: _Exchange) -> Reply | Passed:
        form = await parse_request(request, self._services.options.form)
        exchange.encoder = encoder_for(form, request.headers, ids_as_text=self._services.options.ids_as_text)
        name = text_of(form, "action").strip().lower()
        if not name:
            return refused("action_empty", EMPTY_ACTION, 400)
        exchange.action = name if name in KNOWN_ACTIONS else "unknown"
        address = self._addresses.of(request)
        caller = await self._authenticator.check(form, address, name)
        exchange.credential = caller.credential
        if isinstance(caller, AuthFailure):
            self._refusals.remember(refused_access(caller, name, form, address), exchange.request_id)
            return refused(caller.code, caller.message, caller.status)
        action = ACTIONS.get(name)
        if self._upstream is not None and (action is None or action.is_about_services):
            if is_about_the_past(form):
                return refused("asof_upstream", ASOF_UPSTREAM)
            return await self._upstream.pass_on(request, form, exchange.request_id)
        if action is None:
            code = "action_not_served" if name in KNOWN_ACTIONS else "action_unknown"
            reply = refused(code, COMMAND_NOT_FOUND, 400)
        else:
            try:
                call = self._call(request, form, action, caller, address, exchange)
                reply = await action.perform(self._services, call, form)
            except FormError as problem:
                reply = refused("request_not_valid", problem.message, problem.status)
        if reply.refusal:
            asked = Asked(name, form, caller.credential, caller.admin_id, address)
            past = refused_command(reply, asked)
            if past is not None:
                self._refusals.remember(past, exchange.request_id)
        return reply

    def _call(
        self,
        request: web.BaseRequest,
        form: Form,
        action: AnyAction,
        caller: Caller,
        address: str,
        exchange: _Exchange,
    ) -> Call:
        named = None
        if action.is_command:
            hash_key = self._services.options.request_hash_key
            named = idempotency(request.headers, form, caller.credential, action.name, hash_key)
        return Call(
            credential=caller.credential,
            admin_id=caller.admin_id,
            address=address,
            request_id=exchange.request_id,
            deadline=self._loop.time() + self._services.options.answer_timeout_s,
            idempotency=named,
        )

    def _response(self, reply: Reply, body: bytes, exchange: _Exchange) -> WholeAnswer:
        headers = {"Content-Type": exchange.encoder.content_type, "X-Request-Id": exchange.request_id}
        if reply.position or reply.is_past:
            headers["Ledger-Position"] = str(reply.position)
        if reply.replayed:
            headers["Idempotency-Hit"] = "true"
        if reply.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = str(self._services.options.retry_after_s)
        return WholeAnswer(reply.status, headers, body)

    def _write_log(self, reply: Reply, exchange: _Exchange) -> None:
        duration_s = perf_counter() - exchange.started
        result = reply.body["result"]
        self._metrics.answered("whmcs", exchange.action, reply.refusal or result, duration_s)
        self._log.info(
            "request",
            action=exchange.action,
            result=result,
            status=reply.status,
            duration_ms=round(duration_s * 1000, 3),
            request_id=exchange.request_id,
            credential=exchange.credential,
            refusal=reply.refusal,
            replayed=reply.replayed,
        )


class _Exchange:
    """What is known of a request so far, for the headers and the log whatever becomes of it."""

    __slots__ = ("action", "credential", "encoder", "request_id", "started")

    def __init__(self, request: web.BaseRequest) -> None:
        self.started = perf_counter()  # an event loop's own time may be cached, and count milliseconds
        self.request_id = request_id_of(request)
        self.action = ""
        self.credential = ""
        self.encoder: Encoder = JSON


def unavailable(problem: Exception) -> Reply:
    """What a ledger that cannot do it now answers."""
    return refused(*why_not_now(problem), HTTPStatus.SERVICE_UNAVAILABLE)
