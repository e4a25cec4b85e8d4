"""The register of services over HTTP, below `/services`: JSON both ways. Errors are JSON, too.

    GET   /services?client=7&start=0&limit=100     a page of services
    POST  /services                                registers one; the same again changes nothing
    GET   /services/9001                           the service on server 9001
    PATCH /services/9001                           changes it

Whoever asks needs an API credential, sent by HTTP Basic, that may do everything or has the right `Services`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import orjson
import structlog

from eventstore.records import OutcomeUnknown
from eventstore.refusals import COMMAND
from service.domain.refusals import Refusal, RefusalCode
from service.handling.answers import Call
from service.handling.refusals import Refused as PastRefused
from service.http.basic import CHALLENGE, credential_of
from service.http.callers import AuthFailure
from service.http.form import FormError, text_of
from service.http.guards import Refused
from service.http.request_form import body_of, parse_request
from service.http.request_id import request_id_of
from service.http.unavailable import NOT_NOW, why_not_now
from service.http.values import read_id
from service.http.whole_answer import WholeAnswer
from service.register.asking import AskedChange, AskedService, read

if TYPE_CHECKING:
    from aiohttp import web

    from service.handling.refusals import Refusals
    from service.http.addresses import CallerAddresses
    from service.http.callers import Authenticator
    from service.http.form import FormLimits
    from service.register.desk import Desk

SERVICES = "services"
"""The name in roles, beside those of actions, that lets a credential use the register."""
LIMIT = 100
LIMIT_MAX = 1000
START_MAX = 10**9
_UNAUTHORISED = 401
_UNKNOWN = "It is not known whether this was recorded; repeat it: what was is not done twice"
_MESSAGES = {
    RefusalCode.CLIENT_NOT_FOUND: ("There is no such client", 404),
    RefusalCode.SERVICE_NOT_FOUND: ("There is no service on this server", 404),
    RefusalCode.SERVICE_EXISTS: ("Another service has this relid", 409),
    RefusalCode.DUE_DATE_MISSING: ("next_due_date is needed for a service that is paid periodically", 409),
    RefusalCode.SERVER_TAKEN: ("The server belongs to another service", 409),
    RefusalCode.KEY_REUSED: ("The idempotency key was used before with another request", 409),
}
_log = structlog.get_logger(__name__)
_Told = TypeVar("_Told")


class _Asking(NamedTuple):
    """A request of somebody who may ask."""

    request: web.BaseRequest
    server: str
    call: Call


class RegisterSite:
    """Answers below `/services`."""

    def __init__(
        self,
        desk: Desk,
        authenticator: Authenticator,
        addresses: CallerAddresses,
        refusals: Refusals,
        *,
        form_limits: FormLimits,
        answer_timeout_s: float,
    ) -> None:
        self._desk = desk
        self._authenticator = authenticator
        self._addresses = addresses
        self._refusals = refusals
        self._form_limits = form_limits
        self._answer_timeout_s = answer_timeout_s

    async def handle(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        """The answer to what stands behind `/services`: "" or `/9001`."""
        try:
            asking = await self._let_in(request, path.strip("/"))
            _log.info("services", method=request.method, credential=asking.call.credential)
            status, answer = await self._answer(asking)
            return WholeAnswer(status, _fields(), orjson.dumps(answer))
        except FormError as problem:
            return _problem(problem.message, problem.status)
        except Refused as refused:
            return _problem(str(refused), refused.status)
        except ValueError as wrong:
            return _problem(str(wrong), 400)
        except NOT_NOW as problem:
            _log.warning("the register is not available", exc_info=problem)
            text = _UNKNOWN if isinstance(problem, OutcomeUnknown) else why_not_now(problem)[1]
            return _problem(text, 503, {"Retry-After": "1"})

    async def _let_in(self, request: web.BaseRequest, server: str) -> _Asking:
        sent = credential_of(request)
        if not sent.get("identifier"):
            text = "An API credential is needed: identifier and secret, by HTTP Basic"
            raise Refused(text, _UNAUTHORISED)
        address = self._addresses.of(request)
        caller = await self._authenticator.check(sent, address, SERVICES)
        if isinstance(caller, AuthFailure):
            raise Refused(caller.message, caller.status)
        deadline = asyncio.get_running_loop().time() + self._answer_timeout_s
        call = Call(caller.credential, caller.admin_id, address, request_id_of(request), deadline)
        return _Asking(request, server, call)

    async def _answer(self, asking: _Asking) -> tuple[int, Any]:
        method = asking.request.method
        if not asking.server:
            _must(method, "GET", "POST")
            return await (self._listed(asking) if method == "GET" else self._register(asking))
        server_id = read_id(asking.server)
        if server_id is None:
            raise Refused("Not Found", 404)
        _must(method, "GET", "PATCH")
        if method == "GET":
            outcome = await self._desk.show(server_id, asking.call)
        else:
            asked = read(AskedChange, await body_of(asking.request, self._form_limits))
            outcome = await self._desk.change(server_id, asked, asking.call)
        return 200, self._done(outcome, asking)

    async def _listed(self, asking: _Asking) -> tuple[int, Any]:
        form = await parse_request(asking.request, self._form_limits)
        client = text_of(form, "client")
        client_id = read_id(client)
        if client and client_id is None:
            raise ValueError("client: the number of a client")
        start = _number(text_of(form, "start") or "0", "start", 0, START_MAX)
        limit = _number(text_of(form, "limit") or str(LIMIT), "limit", 1, LIMIT_MAX)
        return 200, await self._desk.listed(client_id, start, limit, asking.call)

    async def _register(self, asking: _Asking) -> tuple[int, Any]:
        asked = read(AskedService, await body_of(asking.request, self._form_limits))
        outcome = self._done(await self._desk.register(asked, asking.call), asking, asked.client_id)
        service, is_new = outcome
        return 201 if is_new else 200, service

    def _done(self, outcome: _Told | Refusal, asking: _Asking, client_id: int = 0) -> _Told:
        """What was answered. A command's refusal is remembered. Raises Refused."""
        if not isinstance(outcome, Refusal):
            return outcome
        message, status = _MESSAGES.get(outcome.code, (outcome.code.replace("_", " "), 409))
        if asking.request.method != "GET":
            past = PastRefused(
                kind=COMMAND,
                action="services register" if asking.request.method == "POST" else "services change",
                code=outcome.code.value,
                message=message,
                credential=asking.call.credential,
                admin_id=asking.call.admin_id,
                address=asking.call.address,
                client_id=client_id,
            )
            self._refusals.remember(past, asking.call.request_id)
        raise Refused(message, status)


def _must(method: str, *methods: str) -> None:
    if method not in methods:
        raise Refused(f"Method Not Allowed; allowed are {' and '.join(methods)}", 405)


def _number(text: str, name: str, least: int, most: int) -> int:
    number = int(text) if text.isdecimal() and text.isascii() and len(text) <= len(str(most)) else -1
    if not least <= number <= most:
        raise ValueError(f"{name}: a number from {least} to {most}")
    return number


def _problem(message: str, status: int, fields: dict[str, str] | None = None) -> WholeAnswer:
    challenge = {"WWW-Authenticate": CHALLENGE} if status == _UNAUTHORISED else {}
    return WholeAnswer(status, {**_fields(), **challenge, **(fields or {})}, orjson.dumps({"error": message}))


def _fields() -> dict[str, str]:
    return {"Content-Type": "application/json", "Cache-Control": "no-store"}
