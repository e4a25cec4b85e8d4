"""What all live followers share: when they are told, and bytes that are made once."""

from __future__ import annotations

import asyncio
import zlib

from eventstore.doorbell import Doorbell
from service.feed.pages import GZIP_HEAD, Entry, Page, packed
from service.feed.pulse import FOLLOWER_S, Pulse


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
