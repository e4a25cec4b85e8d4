"""Payments over the web, below `/pay/`: a link's page for payers, and callbacks of providers.

Lives here: who is believed, the order of checks, and one line in the log about each. Wrong signatures are
counted by address as failed logins are; a good one is taken from anywhere, as it cannot be guessed and money
must not get lost. Never logged: bodies, links, signatures.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from eventstore.refusals import ACCESS, COMMAND
from service.domain.refusals import Refusal
from service.handling.answers import Call
from service.handling.refusals import Refused
from service.http.form import FormError
from service.http.idempotency import named
from service.http.request_form import body_of
from service.http.request_id import request_id_of
from service.http.request_metrics import SUCCESS
from service.http.unavailable import NOT_NOW, why_not_now
from service.pay import callback, page
from service.pay.callback import NotTaken
from service.pay.signature import is_signed

if TYPE_CHECKING:
    from aiohttp import web

    from projections.reader import Reader
    from service.domain.gateways import Gateway
    from service.handling.callback_secrets import CallbackSecrets
    from service.handling.configuration import Configuration
    from service.handling.ledger import Ledger
    from service.handling.payment_links import PaymentLinks
    from service.handling.refusals import Refusals
    from service.http.addresses import CallerAddresses
    from service.http.failed_logins import FailedLogins
    from service.http.form import FormLimits
    from service.http.request_metrics import RequestMetrics
    from service.http.whole_answer import WholeAnswer

CALLBACK = "/callback/"
ACTION = "payment callback"
_METHOD_NOT_ALLOWED = 405
_RETRY_AFTER_S = {429: 60, 503: 1}
_UNKNOWN = (404, "gateway_not_found", "There is no such gateway, or it takes no callbacks")
_WRONG = (401, "signature_not_valid", "The signature is wrong, or the time is not ours")
_HELD = (429, "address_held", "Too many wrong signatures, please try again later")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayServices:
    """Everything that payments over the web use."""

    ledger: Ledger
    reader: Reader
    configuration: Configuration
    secrets: CallbackSecrets
    links: PaymentLinks | None
    """None where the operator wants no links."""
    refusals: Refusals
    failed: FailedLogins
    """Of its own: an adapter with a wrong secret must not hold up who logs in from the same machine."""
    metrics: RequestMetrics
    addresses: CallerAddresses
    form: FormLimits
    seller: str
    answer_timeout_s: float
    request_hash_key: bytes


class _Exchange:
    """What is known of a callback so far, for the log whatever becomes of it."""

    __slots__ = ("address", "gateway", "payment", "replayed", "request_id", "started")

    def __init__(self, request: web.BaseRequest, address: str) -> None:
        self.started = perf_counter()
        self.request_id = request_id_of(request)
        self.address = address
        self.gateway: Gateway | None = None
        self.payment: callback.Payment | None = None
        self.replayed = False

    @property
    def invoice_id(self) -> int:
        """0 if it is not known."""
        return self.payment.invoice if self.payment else 0


class PaySite:
    """Answers what stands below `/pay`."""

    def __init__(self, services: PayServices) -> None:
        self._services = services
        self._loop = asyncio.get_running_loop()
        self._log = structlog.get_logger("service.pay").bind()

    async def handle(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        """The answer to what stands behind `/pay`: `/callback/GATEWAY`, or a link."""
        if path.startswith(CALLBACK):
            return await self._callback(request, path.removeprefix(CALLBACK))
        return await self._page(request, path.removeprefix("/"))

    async def _page(self, request: web.BaseRequest, text: str) -> WholeAnswer:
        seller = self._services.seller
        if request.method not in {"GET", "HEAD"}:
            return page.message_page(405, seller, "Method Not Allowed", {"Allow": "GET, HEAD"})
        try:
            return await self._invoice_page(text, self._services.addresses.of(request))
        except NOT_NOW as problem:
            self._log.warning("ledger not available", exc_info=problem)
            return page.message_page(503, seller, page.BUSY, {"Retry-After": str(_RETRY_AFTER_S[503])})
        except Exception as problem:  # noqa: BLE001 - the last stop: a payer gets a page that can be read
            self._log.error("internal error", exc_info=problem)
            return page.message_page(500, seller, page.BUSY)

    async def _invoice_page(self, text: str, address: str) -> WholeAnswer:
        services = self._services
        link = services.links.read(text) if services.links else None
        if link is None:
            if services.links is not None:
                services.failed.count(address, "payment link", text)
            if services.failed.is_held(address):
                later = {"Retry-After": str(_RETRY_AFTER_S[429])}
                return page.message_page(429, services.seller, page.TOO_MANY, later)
            return page.message_page(404, services.seller, page.NOT_VALID)
        if link.is_over:
            return page.message_page(410, services.seller, page.NO_MORE)
        configuration = await services.configuration.current()
        gateway = configuration.gateways.get(link.gateway.casefold())
        if gateway is None:
            return page.message_page(410, services.seller, page.NOT_OFFERED)
        invoice = await services.reader.invoice(
            link.invoice_id, deadline=self._loop.time() + services.answer_timeout_s
        )
        if invoice is None:
            return page.message_page(404, services.seller, page.NOT_VALID)
        currency = configuration.currency(invoice.currency)
        return page.invoice_page(services.seller, invoice, currency, gateway)

    async def _callback(self, request: web.BaseRequest, name: str) -> WholeAnswer:
        exchange = _Exchange(request, self._services.addresses.of(request))
        status, code, fields = 200, SUCCESS, {"X-Request-Id": exchange.request_id}
        try:
            told = await self._recorded(request, name, exchange)
        except FormError as wrong:
            status, code = wrong.status, "request_not_valid"
            told = _error(code, wrong.message)
        except NotTaken as wrong:
            status, code = wrong.status, wrong.code
            told = _error(code, str(wrong))
            self._remember(wrong, exchange)
        except NOT_NOW as problem:
            code, text = why_not_now(problem)
            status, told = 503, _error(code, text)
            self._log.warning("ledger not available", request_id=exchange.request_id, exc_info=problem)
        except Exception as problem:  # noqa: BLE001 - the last stop: a provider is told, and tells it again
            status, code = 500, "internal_error"
            told = _error(code, f"Internal error, reference {exchange.request_id}")
            self._log.error("internal error", request_id=exchange.request_id, exc_info=problem)
        if status in _RETRY_AFTER_S:
            fields["Retry-After"] = str(_RETRY_AFTER_S[status])
        if status == _METHOD_NOT_ALLOWED:
            fields["Allow"] = "POST"
        if exchange.replayed:
            fields["Idempotency-Hit"] = "true"
        duration_s = perf_counter() - exchange.started
        self._services.metrics.answered("pay", "callback", code, duration_s)
        self._log.info(
            "payment callback",
            gateway=exchange.gateway.name if exchange.gateway else "",
            invoice=exchange.invoice_id,
            result=code,
            status=status,
            replayed=exchange.replayed,
            duration_ms=round(duration_s * 1000, 3),
            request_id=exchange.request_id,
        )
        return callback.written(status, orjson.dumps(told), fields)

    async def _recorded(self, request: web.BaseRequest, name: str, exchange: _Exchange) -> dict[str, Any]:
        if request.method != "POST":
            raise NotTaken(_METHOD_NOT_ALLOWED, "method_not_allowed", "A callback is a POST")
        body = await body_of(request, self._services.form)
        gateway = exchange.gateway = await self._proven(name, request, body, exchange.address)
        payment = exchange.payment = callback.read(body)
        call = self._call(gateway, payment, exchange)
        outcome = await self._services.ledger.on_invoice(payment.command(gateway.name), call)
        if isinstance(outcome, Refusal):
            raise callback.refused(outcome)
        exchange.replayed = outcome.replayed
        return callback.answer(payment, outcome)

    async def _proven(self, name: str, request: web.BaseRequest, body: bytes, address: str) -> Gateway:
        """The gateway that signed the body. What a process knows may be outdated, so it looks twice."""
        services = self._services
        found = False
        for ask in (services.configuration.recent, services.configuration.current):
            gateway = (await ask()).gateways.get(name.casefold())
            if gateway is not None and gateway.secret_id:
                found = True
                moment = datetime.now(UTC)
                if is_signed(request.headers, body, await services.secrets.of(gateway, moment), moment):
                    return gateway
            if services.failed.is_held(address):
                raise NotTaken(*_HELD)
        services.failed.count(address, name, request.headers.get("webhook-signature", "") if found else "")
        raise NotTaken(*(_WRONG if found else _UNKNOWN))

    def _call(self, gateway: Gateway, payment: callback.Payment, exchange: _Exchange) -> Call:
        """The provider's number is the name of the command: told again, it is answered as the first time."""
        credential = _credential(gateway)
        hash_key = self._services.request_hash_key
        return Call(
            credential=credential,
            admin_id=0,
            address=exchange.address,
            request_id=exchange.request_id,
            deadline=self._loop.time() + self._services.answer_timeout_s,
            idempotency=named(credential, payment.transaction, ACTION, payment.facts(), hash_key),
        )

    def _remember(self, wrong: NotTaken, exchange: _Exchange) -> None:
        """Wrong signatures, and what a believed provider was refused."""
        gateway = exchange.gateway
        if gateway is None and wrong.status not in {_WRONG[0], _HELD[0]}:
            return
        refused = Refused(
            kind=COMMAND if gateway else ACCESS,
            action=ACTION,
            code=wrong.code,
            message=str(wrong),
            credential=_credential(gateway) if gateway else "",
            address=exchange.address,
            invoice_id=exchange.invoice_id,
            amount=exchange.payment.hundredths if exchange.payment else None,
        )
        self._services.refusals.remember(refused, exchange.request_id)


def _credential(gateway: Gateway) -> str:
    """Who does it, in the events."""
    return f"gateway:{gateway.name}"


def _error(code: str, message: str) -> dict[str, Any]:
    return {"result": "error", "error": code, "message": message}
