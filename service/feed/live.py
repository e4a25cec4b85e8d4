"""Tells all who follow the same events live: one page for all of them, read and coded once, one write each.

A follower that came to the end of the log joins for a while; who is slow is put out, and goes on by itself
from where it was told (see `stream`). So nearly all that many followers cost is their writes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from eventstore.records import StoreError, Unavailable
from service.feed.pages import LIVE_EVENTS_MAX, Page

if TYPE_CHECKING:
    from service.feed.pages import Pages
    from service.feed.pulse import Pulse
    from service.feed.selection import Selection


class Follower(Protocol):
    """Somebody who can be told at once."""

    looked: int
    """Up to where it was told all that was selected."""

    def take(self, page: Page) -> bool:
        """Send what is beyond `looked`, which moves; False if that has to wait, and it does not move."""
        ...


class Live:
    """All who follow live, by what they follow."""

    def __init__(self, pages: Pages, pulse: Pulse) -> None:
        self._pages = pages
        self._pulse = pulse
        self._groups: dict[Selection, _Group] = {}

    async def tell(self, follower: Follower, selection: Selection, until: float) -> bool:
        """Tell a follower what comes until a moment of the loop's clock, it is slow, or the service stops.

        False, at once, if others who follow the same were told beyond where it is. Raises Corrupt.
        """
        group = self._groups.get(selection)
        if group is None:
            group = self._groups[selection] = _Group(self._pages, self._pulse, selection, follower.looked)
            group.task.add_done_callback(lambda _: self._groups.pop(selection))
        return await group.tell(follower, until)


class _Group:
    """Those who follow one selection; ends when nobody does."""

    def __init__(self, pages: Pages, pulse: Pulse, selection: Selection, position: int) -> None:
        self._pages = pages
        self._pulse = pulse
        self._selection = selection
        self._position = position
        self._members: dict[Follower, asyncio.Future[None]] = {}
        self._loop = asyncio.get_running_loop()
        self.task = self._loop.create_task(self._run())

    async def tell(self, follower: Follower, until: float) -> bool:
        """See `Live`."""
        if self.task.done() or follower.looked < self._position:
            return False
        over = self._members[follower] = self._loop.create_future()
        timer = self._loop.call_at(until, _end, over)
        try:
            await over
        finally:
            timer.cancel()
            del self._members[follower]
        return True

    async def _run(self) -> None:
        """Tell them page after page; who joins while one is read is told what of it is news."""
        try:
            while self._members and not self._pulse.stopping:
                beats = self._pulse.beats
                page = await self._next()
                self._position = page.position
                for follower, over in self._members.items():
                    if not over.done() and not follower.take(page):
                        _end(over)
                if page.position >= page.head:
                    await self._pulse.after(beats, followers=len(self._members))
        except StoreError as problem:
            for over in self._members.values():
                if not over.done():
                    over.set_exception(problem)
        finally:
            for over in self._members.values():
                _end(over)

    async def _next(self) -> Page:
        """The next page; an empty one while the database is away, whose return is worth waiting for."""
        try:
            return await self._pages.next(self._position, LIVE_EVENTS_MAX, self._selection)
        except (Unavailable, TimeoutError):
            return Page((), self._position, self._position)


def _end(over: asyncio.Future[None]) -> None:
    if not over.done():
        over.set_result(None)
