"""What a process knows of its projections: groups, waiting, deadlines."""

from __future__ import annotations

import asyncio

import pytest

from eventstore.subscription import Checkpoint
from projections.standing import Standing
from projections.views import BehindError, HaltedError

NEVER = float("inf")


def standing(**positions: int) -> Standing:
    """Running projections at these positions, each its own subscription."""
    known = Standing({name: name for name in positions})
    known.learn({name: Checkpoint(position, "running") for name, position in positions.items()})
    return known


async def test_those_who_stand_together_are_fed_together() -> None:
    """Groups are by position, the hindmost first; who does not run is in none."""
    known = standing(a=5, b=3, c=5, d=1)
    known.learn({"d": Checkpoint(1, "halted")})
    assert known.groups() == [["b"], ["a", "c"]]
    assert known.lowest() == 3


async def test_a_group_does_not_overtake_the_next() -> None:
    """The hindmost gets just as many events as bring it level, so that both are fed together from then on."""
    known = standing(a=5, b=3)
    assert known.room(["b"], 100) == 2
    assert known.room(["a"], 100) == 100


async def test_a_change_of_state_is_told_once() -> None:
    """`learn` names who started or stopped, so that it is logged once."""
    known = standing(a=1)
    assert known.learn({"a": None}) == ["a"]
    assert known.learn({"a": None}) == []


async def test_waiting_ends_when_all_named_have_arrived() -> None:
    """A waiter goes on as soon as its projections have seen the position, whoever else is behind."""
    known = standing(a=1, b=1)
    waiter = asyncio.create_task(known.wait_until(2, NEVER, ["a"]))
    await asyncio.sleep(0)
    known.learn({"a": Checkpoint(2, "running")})
    await waiter


async def test_who_waits_is_not_woken_for_others() -> None:
    """News that does not settle a wish leaves it waiting, and the next that does ends it."""
    known = standing(a=1, b=1)
    waiters = [asyncio.create_task(known.wait_until(position, NEVER, ["a"])) for position in (2, 3)]
    await asyncio.sleep(0)
    known.learn({"b": Checkpoint(9, "running")})
    known.learn({"a": Checkpoint(2, "running")})
    await waiters[0]
    assert not waiters[1].done()
    known.learn({"a": Checkpoint(3, "running")})
    await waiters[1]


async def test_a_waiter_that_left_hurries_nobody() -> None:
    """A caller that hung up is forgotten: the next batch lingers as if it had never come."""
    known = standing(a=1)
    waiter = asyncio.create_task(known.wait_until(2, NEVER, ["a"]))
    await asyncio.sleep(0)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    lingering = asyncio.create_task(known.linger(NEVER))
    await asyncio.sleep(0)
    known.learn({"a": Checkpoint(2, "running")})
    await asyncio.sleep(0)
    assert not lingering.done()
    lingering.cancel()


async def test_waiting_ends_at_the_deadline() -> None:
    """Past the deadline the waiter is told that the read models are behind."""
    with pytest.raises(BehindError):
        await standing(a=1).wait_until(2, asyncio.get_running_loop().time(), ["a"])


async def test_a_halted_projection_is_not_waited_for() -> None:
    """Who needs it learns at once that it stopped; who names nobody waits only for those that run."""
    known = standing(a=1, b=2)
    known.learn({"a": Checkpoint(1, "halted")})
    await known.wait_until(2, NEVER, None)
    await known.wait_until(1, NEVER, ["a"])
    waiter = asyncio.create_task(known.wait_until(2, NEVER, ["a"]))
    await asyncio.sleep(0)
    known.answer(known.asked())
    with pytest.raises(HaltedError, match="a is halted at position 1"):
        await waiter


async def test_a_projection_that_runs_again_is_waited_for() -> None:
    """What is known may be older than the question: a halt is believed only if it was looked up since."""
    known = standing(a=1)
    known.learn({"a": Checkpoint(1, "halted")})
    known.answer(known.asked())
    waiter = asyncio.create_task(known.wait_until(2, NEVER, ["a"]))
    await asyncio.sleep(0)
    known.learn({"a": Checkpoint(2, "running")})
    await waiter


async def test_lingering_ends_when_somebody_waits() -> None:
    """A reader that waits hurries the batch on."""
    known = standing(a=1)
    lingering = asyncio.create_task(known.linger(NEVER))
    waiter = asyncio.create_task(known.wait_until(2, NEVER, None))
    await lingering
    waiter.cancel()
