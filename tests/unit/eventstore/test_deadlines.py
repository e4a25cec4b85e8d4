"""One timer for all answers: each one that is late is told so at its own deadline, and none else."""

from __future__ import annotations

import asyncio
from typing import Any

from eventstore.deadlines import Deadlines


async def test_each_answer_is_ended_at_its_own_deadline() -> None:
    """In the order of the deadlines, whatever the order in which the watches began."""
    ended: list[asyncio.Future[Any]] = []

    def expire(answer: asyncio.Future[Any]) -> None:
        ended.append(answer)
        answer.set_result(None)

    loop = asyncio.get_running_loop()
    deadlines = Deadlines(expire)
    late, early, middle = loop.create_future(), loop.create_future(), loop.create_future()
    now = loop.time()
    deadlines.watch(late, now + 0.03)
    deadlines.watch(early, now + 0.01)
    deadlines.watch(middle, now + 0.02)
    await asyncio.gather(late, early, middle)
    assert ended == [early, middle, late]


async def test_an_answer_that_is_there_is_left_alone() -> None:
    """Also by the timer that was set for it."""
    ended: list[asyncio.Future[Any]] = []
    loop = asyncio.get_running_loop()

    def expire(answer: asyncio.Future[Any]) -> None:
        ended.append(answer)
        answer.set_result(None)

    deadlines = Deadlines(expire)
    answered, last = loop.create_future(), loop.create_future()
    deadlines.watch(answered, loop.time() + 0.005)
    deadlines.watch(last, loop.time() + 0.01)
    answered.set_result("in time")
    await last
    assert ended == [last]
    assert answered.result() == "in time"


async def test_answers_that_came_are_not_kept() -> None:
    """A busy service gives hundreds of thousands of answers before the first deadline."""
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(lambda _: None)
    for _ in range(100):
        answer = loop.create_future()
        deadlines.watch(answer, loop.time() + 60)
        answer.set_result(None)
    assert len(deadlines) <= 1
