"""What all live followers share: when they are told, and bytes that are made once."""

from __future__ import annotations

import asyncio
import zlib

from eventstore.doorbell import Doorbell
from service.feed.live import Live
from service.feed.pages import GZIP_HEAD, Entry, Page, packed
from service.feed.pulse import FOLLOWER_S, Pulse
from service.feed.selection import Selection


async def nobody() -> None:
    """There is no database to connect to."""
    raise AssertionError


def page(*positions: int) -> Page:
    """A page of small events."""
    entries = [Entry(at, "credit.added", "account-1", b'{"position":%d}' % at) for at in positions]
    return Page(entries, positions[-1], positions[-1])


def test_parts_of_a_gzip_stream_are_put_together_freely() -> None:
    """Made once and each by itself, they are in any order what they were, unpacked as they come."""
    pages = [page(1, 2), page(3), page(4, 5, 6)]
    for order in (pages, pages[::-1], [pages[1]] * 3):
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        found = unpacking.decompress(GZIP_HEAD + packed(b"retry: 1\n\n"))
        for each in order:
            found += unpacking.decompress(each.packed_sse)
        assert found == b"retry: 1\n\n" + b"".join(each.sse for each in order)


def test_a_page_goes_on_after_a_position() -> None:
    """What somebody has seen is left out; the page ends where it ended."""
    whole = page(4, 5, 6)
    assert whole.after(3) is whole
    assert [entry.position for entry in whole.after(5).entries] == [6]
    assert (whole.after(6).entries, whole.after(6).position) == ([], 6)
    assert page(7).chunk == b"1c\r\n" + page(7).sse + b"\r\n"


class Log:
    """A log of small events, up to `head`."""

    def __init__(self) -> None:
        self.head = 0

    async def next(self, after: int, _limit: int, _selection: Selection) -> Page:
        """What is after a position."""
        found = page(*range(after + 1, self.head + 1)) if after < self.head else Page((), after, self.head)
        await asyncio.sleep(0)
        return found


class Somebody:
    """Follows, and keeps what it is told; takes no more than `most` at a time."""

    def __init__(self, looked: int, most: int = 100) -> None:
        self.looked = looked
        self.told: list[int] = []
        self.moved = asyncio.Event()
        self._most = most

    def take(self, page: Page) -> bool:
        """See `Follower`."""
        page = page.after(self.looked)
        if len(page.entries) > self._most:
            return False
        self.told += [entry.position for entry in page.entries]
        self.looked = page.position
        self.moved.set()
        return True


async def test_together_everybody_is_told_what_is_news_to_it() -> None:
    """Who is ahead of the others is told the rest, who is behind is sent away, who is slow is put out."""
    doorbell = Doorbell(nobody, 0, listen=False)  # type: ignore[arg-type] # it never connects
    pulse = Pulse(doorbell, interval_s=0.001, poll_s=60)
    log, everything = Log(), Selection()
    live = Live(log, pulse)  # type: ignore[arg-type] # all that is asked of pages
    running = asyncio.create_task(pulse.run())
    never = asyncio.get_running_loop().time() + 60

    async def happen(until: int) -> None:
        log.head = until
        doorbell.ring(until)
        async with asyncio.timeout(30):
            while first.looked < until:
                first.moved.clear()
                await first.moved.wait()

    first, ahead, slow, late = Somebody(0), Somebody(2), Somebody(0, most=3), Somebody(0)
    following = [asyncio.create_task(live.tell(each, everything, never)) for each in (first, ahead, slow)]
    await asyncio.sleep(0)
    await happen(3)
    assert (first.told, ahead.told, slow.told) == ([1, 2, 3], [3], [1, 2, 3])
    assert not await live.tell(late, everything, never)
    await happen(10)
    assert await following[2]
    assert (slow.looked, slow.told) == (3, [1, 2, 3])
    late.looked = 10
    following.append(asyncio.create_task(live.tell(late, everything, never)))
    await asyncio.sleep(0)
    await happen(11)
    assert (late.told, ahead.told) == ([11], list(range(3, 12)))
    pulse.stop()
    assert await asyncio.gather(*following) == [True] * 4
    running.cancel()


async def test_many_followers_are_told_less_often() -> None:
    """All who wait are told by one beat; the more they are, the longer until the next one."""
    doorbell = Doorbell(nobody, 0, listen=False)  # type: ignore[arg-type] # it never connects
    pulse = Pulse(doorbell, interval_s=0.001, poll_s=60)
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(pulse.run())
    waiting = [asyncio.create_task(pulse.after(0)) for _ in range(400)]
    await asyncio.sleep(0)
    began = loop.time()
    doorbell.ring(1)
    await asyncio.gather(*waiting)
    doorbell.ring(2)
    await pulse.after(1)
    assert loop.time() - began >= 400 * FOLLOWER_S * 0.9
    running.cancel()
