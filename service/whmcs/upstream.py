"""Actions that are not served here are passed on to a WHMCS that serves them, where there is one.

Lives here: what is sent there, and what of its answer comes back. The caller's own credential never leaves;
the operator's for that WHMCS stands in its place, and neither is ever logged. Redirects are not followed:
they could carry the secret to somebody else. Only the endpoint and the composition root import it.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import aiohttp
import structlog
from aiohttp import web

from service.domain.values import value
from service.http.whole_answer import WholeAnswer
from service.whmcs.action import refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.http.php_arrays import Form, FormValue
    from service.whmcs.action import Reply

AT_ONCE_BYTES = 65_536
"""A shorter answer is sent when it is whole, so that it can still be refused; a longer one as it comes."""

_CREDENTIAL = frozenset({"identifier", "secret", "username", "password", "accesskey"})
_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept-Encoding": "identity",
    "User-Agent": "creditledger",
}
_WITHOUT_BODY = {HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT}
_PASSED = frozenset(
    status.value
    for status in HTTPStatus
    if (HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES and status not in _WITHOUT_BODY)
    or HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
)
"""Answers of the WHMCS itself; the others are of what stands before it, or of its failing."""
_PLAIN = re.compile(r"[ -~]{1,200}")

_log = structlog.get_logger(__name__)


@value()
class Passed:
    """An answer that came from there. `broken` says why it is not whole, "" if it is."""

    answer: web.StreamResponse
    broken: str = ""


class Upstream:
    """One WHMCS, asked with one credential. `fields` are that credential as form variables."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, fields: dict[str, str], *, answer_bytes_max: int
    ) -> None:
        self._session = session
        self._url = url
        self._fields = fields
        self._answer_bytes_max = answer_bytes_max

    async def pass_on(self, request: web.BaseRequest, form: Form, request_id: str) -> Passed | Reply:
        """Its answer to the form, with status, type and bytes as they are, or why there is none."""
        try:
            async with self._session.post(
                self._url,
                data=urlencode(list(self._sent(form))).encode(),
                headers={**_HEADERS, "X-Request-Id": request_id},
                allow_redirects=False,
            ) as answer:
                return await self._answered(request, answer, request_id)
        except aiohttp.ClientConnectorError as problem:
            _log.warning("upstream not reachable", request_id=request_id, error=type(problem).__name__)
            return refused("upstream_unreachable", "The upstream WHMCS cannot be reached", 502)
        except TimeoutError:
            return refused(
                "upstream_too_slow",
                "The upstream WHMCS did not answer in time; it is not known whether this was carried out",
                504,
            )
        except aiohttp.ClientError as problem:
            _log.warning("upstream broke off", request_id=request_id, error=type(problem).__name__)
            return refused(
                "upstream_broke_off",
                "The upstream WHMCS broke off; it is not known whether this was carried out",
                502,
            )

    def _sent(self, form: Form) -> Iterator[tuple[str, str]]:
        for name, variable in form.items():
            if name not in _CREDENTIAL:
                yield from _pairs(name, variable)
        yield from self._fields.items()

    async def _answered(
        self, request: web.BaseRequest, answer: aiohttp.ClientResponse, request_id: str
    ) -> Passed | Reply:
        if answer.status not in _PASSED:
            return refused("upstream_failed", f"The upstream WHMCS answered with HTTP {answer.status}", 502)
        if (answer.content_length or 0) > self._answer_bytes_max:
            return self._too_large()
        begin = bytearray()
        while len(begin) <= AT_ONCE_BYTES:
            chunk = await answer.content.readany()
            begin += chunk
            if len(begin) > self._answer_bytes_max:
                return self._too_large()
            if not chunk and answer.content.at_eof():
                fields = _fields(answer, request_id)
                return Passed(WholeAnswer(answer.status, fields, bytes(begin)))
        return await self._streamed(request, answer, begin, request_id)

    async def _streamed(
        self, request: web.BaseRequest, answer: aiohttp.ClientResponse, begin: bytearray, request_id: str
    ) -> Passed:
        """After the head all that can be done about a trouble is to hang up, so that it is noticed."""
        response = web.StreamResponse(status=answer.status, headers=_fields(answer, request_id))
        broken, size, chunk = "", 0, bytes(begin)
        try:
            await response.prepare(request)
            while chunk and not broken:
                await response.write(chunk)
                size += len(chunk)
                try:
                    chunk = await answer.content.readany()
                except (aiohttp.ClientError, TimeoutError):
                    broken = "upstream_broke_off"
                if size + len(chunk) > self._answer_bytes_max:
                    broken = "upstream_answer_too_large"
        except ConnectionError:
            broken = "caller_hung_up"
        if broken and request.transport is not None:
            request.transport.abort()
        return Passed(response, broken)

    def _too_large(self) -> Reply:
        message = f"The answer of the upstream WHMCS is larger than {self._answer_bytes_max} bytes"
        return refused("upstream_answer_too_large", message, 502)


def _pairs(name: str, variable: FormValue) -> Iterator[tuple[str, str]]:
    """As PHP's http_build_query writes them."""
    if isinstance(variable, str):
        yield name, variable
        return
    for key, inner in variable.items():
        yield from _pairs(f"{name}[{key}]", inner)


def _fields(answer: aiohttp.ClientResponse, request_id: str) -> dict[str, str]:
    """Of its headers only those that say what the body is; no cookies."""
    fields = {"Content-Type": "application/octet-stream", "X-Request-Id": request_id}
    for name in ("Content-Type", "Content-Encoding"):
        said = answer.headers.get(name, "")
        if _PLAIN.fullmatch(said):
            fields[name] = said
    return fields
