"""`GET /events`: a page of events after a position, at once or as soon as there is one."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

from service.feed.access import Refused
from service.feed.pages import as_json, as_lines
from service.feed.query import read_question, takes_gzip
from service.http.whole_answer import WholeAnswer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp import web

    from service.feed.access import Subscriber
    from service.feed.pages import Page, Pages
    from service.feed.pulse import Pulse
    from service.feed.query import Question
    from service.feed.selection import Selection
    from service.http.php_arrays import Form

_GZIP_BYTES_MIN = 1_000
_GZIP_LEVEL = 3


async def pull(
    request: web.BaseRequest,
    form: Form,
    subscriber: Subscriber,
    pages: Pages,
    pulse: Pulse,
    *,
    shared_fields: Mapping[str, str],
    limits: Callable[[str], Awaitable[Selection | None]],
) -> WholeAnswer:
    """The answer. Raises Refused, also for rights lost while waiting, and what reading the log raises."""
    question = read_question(form, request.headers.get("Accept", ""))
    selection = allowed(question.selection, subscriber)
    await check_position(question.after, pages)
    page = await _awaited(question, selection, pages, pulse)
    if question.wait_s and await limits(subscriber.credential) != subscriber.limits:
        raise Refused("What this credential may follow has changed; please ask again", 403)
    fields = {
        "Content-Type": "application/json" if question.is_json else "application/x-ndjson",
        "Cache-Control": "no-store",
        "Ledger-Position": str(page.position),
        "Ledger-Head": str(page.head),
        "Vary": "Accept, Accept-Encoding",
        **shared_fields,
    }
    body = as_json(page, is_complete=selection.is_everything) if question.is_json else as_lines(page)
    if len(body) >= _GZIP_BYTES_MIN and takes_gzip(request.headers.get("Accept-Encoding", "")):
        fields["Content-Encoding"] = "gzip"
        body = await asyncio.to_thread(gzip.compress, body, _GZIP_LEVEL)
    return WholeAnswer(200, fields, body)


def allowed(selection: Selection, subscriber: Subscriber) -> Selection:
    """What of a selection the subscriber may see. Raises Refused for personal data without the right."""
    if selection.is_personal and not subscriber.limits.is_personal:
        raise Refused("This credential may not read personal data", 403)
    return selection.within(subscriber.limits)


async def check_position(after: int, pages: Pages) -> None:
    """Raises Refused for a position that is not in the log: whoever comes from there has seen another log."""
    head = await pages.head()
    if after > head:
        raise Refused(
            f"Position {after} is beyond the end of the log, {head}: this is another log, or an older copy",
            409,
        )


async def _awaited(question: Question, selection: Selection, pages: Pages, pulse: Pulse) -> Page:
    """The page; an empty one only after the time to wait."""
    after, beats = question.after, pulse.beats
    page = await pages.next(after, question.limit, selection)
    try:
        async with asyncio.timeout(question.wait_s):
            while question.wait_s and not page.entries and not pulse.stopping:
                if page.position >= page.head:
                    await pulse.after(beats)
                after, beats = page.position, pulse.beats
                page = await pages.next(after, question.limit, selection)
    except TimeoutError:
        pass
    return page
