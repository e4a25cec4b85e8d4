"""`GET /events/stream`: Server-Sent Events, first what there is after a position, then what comes.

The id of an event is its position, so a browser's EventSource goes on where it was. An id without data says
how far was looked, when nothing selected came. Who has caught up is told together with others. A follower
that does not read is let go with a last event that says so; what it has not taken is no more than a page and
what the system buffers.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson
import structlog
from aiohttp import HttpVersion11, web

from eventstore.records import StoreError, Unavailable
from service.feed.pages import GZIP_HEAD, LIVE_EVENTS_MAX, Page, packed
from service.feed.pull import allowed, check_position
from service.feed.query import read_position, read_selection, takes_gzip
from service.http.form import text_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from service.feed.access import Subscriber
    from service.feed.live import Live
    from service.feed.pages import Pages
    from service.feed.pulse import Pulse
    from service.feed.selection import Selection
    from service.http.php_arrays import Form

_log = structlog.get_logger(__name__)
_RIGHTS_GOOD_S = 5.0
"""How long a follower goes on before it is asked again what it may see."""
_RIGHTS_CHANGED = "what this credential may follow has changed; connect again"
_RETRY_MS = 2000
"""How long a browser waits before it connects again."""
GRACE_S = 5.0
"""For a slow follower to take its last event."""


async def stream(
    request: web.BaseRequest,
    form: Form,
    subscriber: Subscriber,
    pages: Pages,
    pulse: Pulse,
    live: Live,
    *,
    heartbeat_s: float,
    stall_s: float,
    fields: Mapping[str, str],
    limits: Callable[[str], Awaitable[Selection | None]],
) -> web.StreamResponse:
    """Answer until the follower, its rights or the service end. Raises Refused before the first byte."""
    selection = allowed(read_selection(form), subscriber)
    sent = request.headers.get("Last-Event-ID", "").strip()
    name = "Last-Event-ID" if sent else "after"
    after = read_position(sent or text_of(form, "after") or "0", name)
    await check_position(after, pages)
    is_packed = takes_gzip(request.headers.get("Accept-Encoding", ""))
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            "Vary": "Accept-Encoding",
            **({"Content-Encoding": "gzip"} if is_packed else {}),
            "X-Accel-Buffering": "no",  # nginx would hold events back
            **fields,
        }
    )
    await response.prepare(request)
    follower = _Follower(request, response, after, stall_s, is_packed=is_packed)
    try:
        await follower.begin(b"retry: %d\n\n" % _RETRY_MS)
        while not pulse.stopping and await _may_go_on(subscriber, limits):
            await _follow(follower, selection, pages, pulse, live, heartbeat_s)
        reason = "the service stops; connect again" if pulse.stopping else _RIGHTS_CHANGED
    except TimeoutError:
        reason = "too slow: what was sent was not taken; connect again"
    except ConnectionError:
        _log.info("follower_left", position=follower.position)
        return response
    except StoreError as problem:
        _log.error("feed stopped", exc_info=problem)
        reason = "the log cannot be read; an operator has to look"
    await follower.let_go(reason)
    return response


async def _may_go_on(subscriber: Subscriber, limits: Callable[[str], Awaitable[Selection | None]]) -> bool:
    """Whether the subscriber may follow what it could at first. While nobody can tell it goes on."""
    try:
        return await limits(subscriber.credential) == subscriber.limits
    except (Unavailable, TimeoutError):
        return True


async def _follow(
    follower: _Follower, selection: Selection, pages: Pages, pulse: Pulse, live: Live, heartbeat_s: float
) -> None:
    """For a while, or until the service stops. Raises TimeoutError when nothing is taken, and Corrupt."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _RIGHTS_GOOD_S
    after = follower.looked
    while not pulse.stopping and loop.time() < until:
        beats = pulse.beats
        page = await _next(pages, after, selection)
        after = page.position
        if page.entries:
            await follower.send_page(page)
        elif loop.time() - follower.sent_at >= heartbeat_s:
            await follower.send(
                b": still here\n\n" if follower.position == after else b"id: %d\n\n" % after, after
            )
        follower.looked = after
        if after >= page.head:
            beat_at = max(follower.sent_at + heartbeat_s, loop.time())
            if not await live.tell(follower, selection, min(until, beat_at)):
                await pulse.after(beats)
            after = follower.looked


async def _next(pages: Pages, after: int, selection: Selection) -> Page:
    """The next page; an empty one while the database is away, whose return is worth waiting for."""
    try:
        return await pages.next(after, LIVE_EVENTS_MAX, selection)
    except (Unavailable, TimeoutError):
        return Page((), after, after)


class _Follower:
    """One connection, and up to which position it was told."""

    def __init__(
        self,
        request: web.BaseRequest,
        response: web.StreamResponse,
        position: int,
        stall_s: float,
        *,
        is_packed: bool,
    ) -> None:
        self.position = position
        self.looked = position
        """Up to where there was nothing for it that it did not get."""
        self._loop = asyncio.get_running_loop()
        self.sent_at = self._loop.time()
        self._request = request
        self._response = response
        self._is_chunked = request.version >= HttpVersion11
        self._stall_s = stall_s
        self._is_packed = is_packed

    async def begin(self, data: bytes) -> None:
        """As `send`, once, before anything else."""
        await self._write((GZIP_HEAD if self._is_packed else b"") + self._coded(data))

    async def send(self, data: bytes, position: int) -> None:
        """Send, and wait while more is under way than is buffered. Raises TimeoutError when that lasts."""
        self.position = max(self.position, position)
        await self._write(self._coded(data))

    async def send_page(self, page: Page) -> None:
        """As `send`; what all followers get is coded once."""
        self.position = max(self.position, page.entries[-1].position)
        await self._write(page.packed_sse if self._is_packed else page.sse)

    def take(self, page: Page) -> bool:
        """See `live`. Past aiohttp, whose writer would frame the same page anew for each follower."""
        transport = self._request.transport
        if not self._is_chunked or transport is None or transport.is_closing():
            return False
        page = page.after(self.looked)
        if page.entries:
            if transport.get_write_buffer_size():
                return False
            transport.write(page.packed_chunk if self._is_packed else page.chunk)
            self.position = max(self.position, page.entries[-1].position)
            self.sent_at = self._loop.time()
        self.looked = max(self.looked, page.position)
        return True

    def _coded(self, data: bytes) -> bytes:
        return packed(data) if self._is_packed else data

    async def _write(self, data: bytes) -> None:
        async with asyncio.timeout(self._stall_s):
            await self._response.write(data)
        self.sent_at = self._loop.time()

    async def let_go(self, reason: str) -> None:
        """Say why, behind what is under way, and close; a follower that still does not read is cut off."""
        body = orjson.dumps({"reason": reason, "position": self.position})
        with suppress(TimeoutError):
            async with asyncio.timeout(0):  # it is buffered; whether it is taken is the follower's affair
                await self._response.write(
                    self._coded(b"event: end\nid: %d\ndata: %b\n\n" % (self.position, body))
                )
        self._response.force_close()
        _log.info("follower_let_go", reason=reason, position=self.position)
        if self._request.transport is not None:
            self._loop.call_later(GRACE_S, self._request.transport.abort)
