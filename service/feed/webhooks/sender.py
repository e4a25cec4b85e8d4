"""One POST to an endpoint that nobody vouches for: its cost is bounded, and whatever comes is an outcome.

Redirects are not followed, no proxy of the environment is asked, cookies are forgotten, and of what is
answered only the status counts; a little of the rest is read so that the connection can be used again.
"""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientError,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from yarl import URL

from service.domain.values import value
from service.feed.tls import trusting
from service.feed.webhooks.guard import AddressRefusedError, Lookups

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from aiohttp import ClientResponse

    from service.feed.webhooks.guard import AddressGuard

ANSWER_BYTES_MAX = 65_536
"""Read of an answer; the rest is not worth a connection."""
ANSWER_REST_S = 1.0
"""How long the rest of an answer may take once its status is known."""
ERROR_CHARACTERS_MAX = 300
_SECONDS = re.compile("[0-9]{1,9}")
_AGENT = "creditledger-webhooks"


@value(kw_only=True)
class Outcome:
    """What came of an attempt: a status, or why there is none."""

    is_taken: bool
    latency_ms: int
    status: int | None = None
    error: str = ""
    retry_after_s: int = 0
    """What the endpoint asked to be left in peace for."""


class Sender:
    """Sends for all webhooks of a process."""

    def __init__(
        self, session: ClientSession, guard: AddressGuard, *, timeout_s: float, allow_http: bool
    ) -> None:
        self._session = session
        self._guard = guard
        self._timeout_s = timeout_s
        self._allow_http = allow_http

    async def post(self, url: str, fields: Mapping[str, str], body: bytes) -> Outcome:
        """Send once; never raises but when cancelled."""
        began = time.monotonic()
        status, error, retry_after = None, "", ""
        try:
            target = URL(url)
            if target.scheme != "https" and not self._allow_http:
                raise AddressRefusedError("http is not allowed by the settings")
            self._guard.check(target.host or "")
            async with self._session.post(target, data=body, headers=fields, allow_redirects=False) as answer:
                status = answer.status
                retry_after = answer.headers.get("Retry-After", "")
                await _read_rest(answer)
        except TimeoutError:
            # The status is the answer, even if the rest never comes.
            error = "" if status else f"no answer within {self._timeout_s:g} s"
        except (ClientError, OSError, ValueError) as problem:
            error = "" if status else _reason(problem)
        is_taken = status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
        return Outcome(
            is_taken=is_taken,
            latency_ms=round((time.monotonic() - began) * 1000),
            status=status,
            error=error or ("" if is_taken else _status_text(status)),
            retry_after_s=pause_asked_s(retry_after, datetime.now(UTC)),
        )


@asynccontextmanager
async def open_sender(
    guard: AddressGuard, *, timeout_s: float, allow_http: bool, ca_file: Path | None
) -> AsyncIterator[Sender]:
    """A sender until the block is left. Raises OSError for a file of certificates that cannot be used."""
    # How many connections there are is bounded by what each webhook may have open: none waits for another's.
    connector = TCPConnector(limit=0, ssl=trusting(ca_file), resolver=Lookups(), socket_factory=guard.socket)
    async with ClientSession(
        connector=connector,
        timeout=ClientTimeout(total=timeout_s),
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        headers={"User-Agent": _AGENT},
    ) as session:
        yield Sender(session, guard, timeout_s=timeout_s, allow_http=allow_http)


def pause_asked_s(retry_after: str, now: datetime) -> int:
    """What a field Retry-After asks for at a moment: seconds, or until a date (RFC 9110, 10.2.3); else 0."""
    if _SECONDS.fullmatch(retry_after):
        return int(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0
    if until.tzinfo is None:  # -0000, by which a clock says that it is in UTC
        until = until.replace(tzinfo=UTC)
    return max(0, ceil((until - now).total_seconds()))


async def _read_rest(answer: ClientResponse) -> None:
    """A little of the body; a connection on which more is under way is closed."""
    left = ANSWER_BYTES_MAX
    try:
        async with asyncio.timeout(ANSWER_REST_S):
            while left > 0 and (chunk := await answer.content.read(left)):
                left -= len(chunk)
    except (TimeoutError, ClientError, OSError):
        left = 0
    if left <= 0:
        answer.close()


def _reason(problem: Exception) -> str:
    match problem:
        case ClientConnectorCertificateError():
            text = f"the certificate is not accepted: {_plain(problem.certificate_error)}"
        case ClientConnectorDNSError():
            text = "the name of the host is not known"
        case ClientResponseError():
            text = "what it answers is not HTTP as it should be"  # aiohttp's own words quote the answer
        case AddressRefusedError():
            text = str(problem)
        case _:
            inner = getattr(problem, "os_error", None) or problem
            text = str(inner) or type(problem).__name__
    return _plain(text)


def _plain(text: object) -> str:
    return "".join(char if char.isprintable() else " " for char in str(text)[:ERROR_CHARACTERS_MAX])


def _status_text(status: int | None) -> str:
    if status is None:
        return "no answer"
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"redirects are not followed ({status})"
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"
