"""`auth.php` and `whmcs.php`: from a request to its answer, and one line in the log about it.

Lives here: the order of checks (form, action named, action known, token, the method's own), and what a
failure looks like. Business failures are HTTP 200, as HOSTKEY's own panel expects; 503 is for a ledger that
cannot do it now. Never logged: parameters, keys, tokens, query strings.
"""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING

import structlog

from eventstore.refusals import ACCESS, COMMAND
from service.handling.answers import Call
from service.handling.refusals import Refused
from service.http.addresses import CallerAddresses
from service.http.form import FormError
from service.http.idempotency import FIELD, key_of, named
from service.http.request_form import parse_request
from service.http.request_id import request_id_of
from service.http.request_metrics import SUCCESS
from service.http.unavailable import NOT_NOW, why_not_now
from service.http.whole_answer import WholeAnswer
from service.invapi.answer import NO_SESSION, Answer, Failure, written
from service.invapi.auth import Auth
from service.invapi.method import Asked
from service.invapi.methods import METHODS
from service.invapi.parameters import Parameters

if TYPE_CHECKING:
    from aiohttp import web

    from service.handling.answers import Idempotency
    from service.http.php_arrays import Form
    from service.http.request_metrics import RequestMetrics
    from service.invapi.method import Method, Services

LISTS = frozenset({"invoices"})
"""Parameters that some clients repeat without brackets."""

_ACTION = re.compile(r"[a-z0-9_]{1,64}")
_SECRETS = frozenset(
    {"action", "token", "key", "password", "password1", "password2", "pass", "code", "reset_token", FIELD}
)
"""Parameters that are no part of a command, or must be in no hash, wherever they stand."""
_NOT_AUTHENTICATED = "not_authenticated"
_NOT_LET_IN = frozenset({_NOT_AUTHENTICATED, "address_held", "account_held", "reset_token_not_valid"})


class _Exchange:
    """What is known of a request so far, for the headers and the log whatever becomes of it."""

    __slots__ = ("action", "address", "client_id", "credential", "form", "request_id", "started")

    def __init__(self, request: web.BaseRequest, address: str) -> None:
        self.started = perf_counter()
        self.request_id = request_id_of(request)
        self.address = address
        self.action = ""
        self.credential = ""
        self.client_id = 0
        self.form: Form = {}


class InvapiEndpoint:
    """Answers the protocol; `auth` and `whmcs` are the handlers of its two routes."""

    def __init__(self, services: Services, metrics: RequestMetrics) -> None:
        self._services = services
        self._metrics = metrics
        self._options = services.options
        self._auth = Auth(tuple(METHODS))
        self._addresses = CallerAddresses(services.options.trusted_proxies)
        self._loop = asyncio.get_running_loop()
        self._log = structlog.get_logger("service.invapi").bind()

    async def auth(self, request: web.BaseRequest) -> web.StreamResponse:
        """`auth.php`."""
        return await self._handle(request, "auth")

    async def whmcs(self, request: web.BaseRequest) -> web.StreamResponse:
        """`whmcs.php`."""
        return await self._handle(request, "whmcs")

    async def _handle(self, request: web.BaseRequest, module: str) -> web.StreamResponse:
        exchange = _Exchange(request, self._addresses.of(request))
        failure: Failure | None = None
        answer = Answer({})
        try:
            answer = await self._answer(request, module, exchange)
            body = written(answer.body) if answer.file is None else answer.file.content
        except Failure as wrong:
            failure = wrong
        except FormError as wrong:
            failure = Failure(wrong.message, "request_not_valid", status=wrong.status)
        except NOT_NOW as problem:
            reason, text = why_not_now(problem)
            failure = Failure(text, reason, status=HTTPStatus.SERVICE_UNAVAILABLE)
            self._log.warning("ledger not available", request_id=exchange.request_id, exc_info=problem)
        except Exception as problem:  # noqa: BLE001 - the last stop: a client gets an answer it can read
            text = f"Internal error, reference {exchange.request_id}"
            failure = Failure(text, "internal_error", status=HTTPStatus.INTERNAL_SERVER_ERROR)
            self._log.error("internal error", request_id=exchange.request_id, exc_info=problem)
        if failure is not None:
            body = written(failure.body)
            self._remember(failure, module, exchange)
        self._write_log(failure, module, exchange, answer)
        return self._response(body, failure, answer, exchange)

    async def _answer(self, request: web.BaseRequest, module: str, exchange: _Exchange) -> Answer:
        form = exchange.form = await parse_request(request, self._options.form, LISTS)
        parameters = Parameters(form)
        name = parameters.text("action", bytes_max=1 << 16)
        if not name:
            # Recorded from a live Invapi for `auth.php`.
            raise Failure(f"{module}: malformed request #1", "action_empty", code=NO_SESSION)
        asked = Asked(self._services, self._call(exchange), 0, parameters)
        if module == "auth":
            action = self._auth.actions.get(name)
            if action is None:
                raise _unknown(module, name)
            exchange.action = name
            return await action(asked)
        method = METHODS.get(name)
        if method is None:
            raise _unknown(module, name)
        exchange.action = name
        if method.needs_token or (method.takes_token and parameters.text("token")):
            asked = await self._let_in(request, method, asked, exchange)
        return await method.run(asked)

    async def _let_in(
        self, request: web.BaseRequest, method: Method, asked: Asked, exchange: _Exchange
    ) -> Asked:
        """The same request with its client, as whom the ledger is called."""
        try:
            session = await self._auth.session(asked)
        except Failure as wrong:
            if method.no_token is not None and wrong.reason == _NOT_AUTHENTICATED:
                code, text = method.no_token
                raise Failure(text, wrong.reason, code=code) from wrong
            raise
        exchange.credential, exchange.client_id = session.credential, session.client_id
        idempotency: Idempotency | None = None
        if method.is_command:
            key = key_of(request.headers, exchange.form)
            if key is not None:
                plain = _without_secrets(exchange.form)
                idempotency = named(
                    session.credential, key, f"invapi {method.name}", plain, self._options.request_hash_key
                )
        call = self._call(exchange, idempotency)
        return Asked(self._services, call, session.client_id, asked.parameters)

    def _call(self, exchange: _Exchange, idempotency: Idempotency | None = None) -> Call:
        return Call(
            credential=exchange.credential,
            admin_id=0,
            address=exchange.address,
            request_id=exchange.request_id,
            deadline=self._loop.time() + self._options.answer_timeout_s,
            idempotency=idempotency,
        )

    def _remember(self, failure: Failure, module: str, exchange: _Exchange) -> None:
        """Commands that were refused, and who was not let in; never a parameter's text."""
        is_access = failure.reason in _NOT_LET_IN
        method = METHODS.get(exchange.action) if module == "whmcs" else None
        is_command = method is not None and method.is_command and exchange.client_id > 0
        if failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR or not (is_access or is_command):
            return
        parameters = Parameters({name: exchange.form[name] for name in _NUMBERS if name in exchange.form})
        self._services.refusals.remember(
            Refused(
                kind=ACCESS if is_access else COMMAND,
                action=f"invapi {exchange.action}",
                code=failure.reason,
                message=failure.message,
                credential=exchange.credential,
                address=exchange.address,
                client_id=exchange.client_id,
                invoice_id=parameters.count("invoice_id") if is_command else 0,
                amount=parameters.amount("amount") if is_command and parameters.has("amount") else None,
            ),
            exchange.request_id,
        )

    def _response(
        self, body: bytes, failure: Failure | None, answer: Answer, exchange: _Exchange
    ) -> WholeAnswer:
        headers = {"Content-Type": "application/json", "X-Request-Id": exchange.request_id}
        if answer.file is not None:
            headers |= answer.file.headers
        if answer.position:
            headers["Ledger-Position"] = str(answer.position)
        if answer.replayed:
            headers["Idempotency-Hit"] = "true"
        status = HTTPStatus.OK.value if failure is None else int(failure.status)
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = str(self._options.retry_after_s)
        return WholeAnswer(status, headers, body)

    def _write_log(self, failure: Failure | None, module: str, exchange: _Exchange, answer: Answer) -> None:
        duration_s = perf_counter() - exchange.started
        result = SUCCESS if failure is None else failure.reason
        self._metrics.answered("invapi", exchange.action, result, duration_s)
        self._log.info(
            "request",
            module=module,
            action=exchange.action,
            result="OK" if failure is None else "error",
            status=HTTPStatus.OK.value if failure is None else int(failure.status),
            duration_ms=round(duration_s * 1000, 3),
            request_id=exchange.request_id,
            credential=exchange.credential,
            refusal="" if failure is None else failure.reason,
            replayed=answer.replayed,
        )


_NUMBERS = ("invoice_id", "amount")


def _unknown(module: str, name: str) -> Failure:
    """As `net/add_ipv4: invalid request`, recorded from a live Invapi; no other text comes back."""
    told = f"{module}/{name}" if _ACTION.fullmatch(name) else module
    return Failure(f"{told}: invalid request", "action_unknown", code=NO_SESSION)


def _without_secrets(form: Form) -> Form:
    return {
        name: _without_secrets(value) if isinstance(value, dict) else value
        for name, value in form.items()
        if name not in _SECRETS
    }
