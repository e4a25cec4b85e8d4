"""A loop of its own: what runs in it, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import threading

import pytest

from service.feed.relay.own_loop import OwnLoop, end_others


async def leave_behind() -> asyncio.Task[bool]:
    """As a library does: it begins a task without end."""
    return asyncio.create_task(asyncio.Event().wait())


async def test_what_comes_of_it_comes_here() -> None:
    """Results and exceptions, from a loop that is not this one."""

    async def fail() -> None:
        raise KeyError("this one")

    async def its_loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    async with OwnLoop("own") as loop:
        assert await loop.run(its_loop()) is not asyncio.get_running_loop()
        with pytest.raises(KeyError, match="this one"):
            await loop.run(fail())


async def test_nothing_is_left_of_it() -> None:
    """What goes on in it is cancelled when that is asked for, and at the end; the thread is gone."""
    async with OwnLoop("left alone") as loop:
        first = await loop.run(leave_behind())
        await loop.run(end_others())
        assert first.cancelled()
        second = await loop.run(leave_behind())
        assert not second.done()
    assert second.cancelled()
    assert "left alone" not in [thread.name for thread in threading.enumerate()]


async def test_a_caller_that_is_cancelled_cancels_it() -> None:
    """Cancellation carries over, and the loop runs on."""
    begun, ended = threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with OwnLoop("own") as loop:
        asking = asyncio.create_task(loop.run(work()))
        await asyncio.to_thread(begun.wait)
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
        assert await asyncio.to_thread(ended.wait, 30)
        assert not (await loop.run(leave_behind())).done()
