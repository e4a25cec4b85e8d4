"""Numbers that people see: dense while used, given back when not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from eventstore.memory import MemoryStore
from eventstore.numbers import BLOCK_MAX, NumberPool
from eventstore.records import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Gone(MemoryStore):
    """A store that can be taken away."""

    def __init__(self) -> None:
        super().__init__()
        self.is_gone = False

    @override
    async def take_numbers(self, counts: Mapping[str, int]) -> dict[str, int]:
        if self.is_gone:
            raise Unavailable("gone")
        return await super().take_numbers(counts)


async def _use_until_more_is_on_its_way(pool: NumberPool) -> int:
    """The last number used."""
    for _ in range(BLOCK_MAX):
        last = await pool.reserve("credit")
        if len(asyncio.all_tasks()) > 1:
            return last
    pytest.fail("nothing was taken ahead")


async def test_a_busy_counter_is_refilled_before_it_is_empty() -> None:
    """While numbers are used up quickly nobody has to wait for a block."""
    pool = NumberPool(MemoryStore())
    await _use_until_more_is_on_its_way(pool)
    for _ in range(3 * BLOCK_MAX):
        assert pool.peek("credit")
        pool.use("credit", pool.peek("credit"))
        await asyncio.sleep(0)  # a turn of the loop is what the store in memory takes to answer


async def test_a_block_on_its_way_goes_back_at_a_clean_stop() -> None:
    """Nothing that was taken ahead is lost."""
    store = MemoryStore()
    pool = NumberPool(store)
    last = await _use_until_more_is_on_its_way(pool)
    await pool.give_back()
    assert await NumberPool(store).reserve("credit") == last + 1


async def test_a_block_that_cannot_be_taken_ahead_is_missed_only_when_it_is_needed() -> None:
    """Whoever finds no number left is told, and is served once there are some again."""
    store = _Gone()
    pool = NumberPool(store)
    last = await _use_until_more_is_on_its_way(pool)
    store.is_gone = True
    await asyncio.sleep(0)
    while pool.peek("credit"):
        last = await pool.reserve("credit")
    with pytest.raises(Unavailable):
        await pool.reserve("credit")
    store.is_gone = False
    assert await pool.reserve("credit") == last + 1


async def test_numbers_run_on_without_gaps() -> None:
    """However blocks grow, the numbers used are 1, 2, 3 ..."""
    pool = NumberPool(MemoryStore())
    used = []
    for _ in range(3 * BLOCK_MAX):
        await pool.ensure({"credit": 1})
        used.append(pool.peek("credit"))
        pool.use("credit", pool.peek("credit"))
    assert used == list(range(1, 3 * BLOCK_MAX + 1))


async def test_many_at_once_never_get_the_same_number() -> None:
    """Waiting for a block and using from it do not get in each other's way."""
    pool = NumberPool(MemoryStore())
    used: list[int] = []

    async def use(count: int) -> None:
        await pool.ensure({"item": count, "invoice": 1})
        first = pool.peek("item", count)
        used.extend(range(first, first + count))
        pool.use("item", first, count)
        pool.use("invoice", pool.peek("invoice"))

    await asyncio.gather(*(use(1 + n % 7) for n in range(200)))
    assert len(used) == len(set(used))
    assert pool.peek("invoice") == 201


async def test_a_clean_stop_leaves_no_gap() -> None:
    """What a process did not use is the next one's."""
    store = MemoryStore()
    first = NumberPool(store)
    for _ in range(5):
        await first.ensure({"credit": 3})
        first.use("credit", first.peek("credit"))
    await first.give_back()
    second = NumberPool(store)
    await second.ensure({"credit": 1})
    assert second.peek("credit") == 6


async def test_two_processes_never_share_a_number() -> None:
    """Blocks of two pools are disjoint; a block that does not follow on starts anew."""
    store = MemoryStore()
    pools = [NumberPool(store), NumberPool(store)]
    used = []
    for round_number in range(100):
        pool = pools[round_number % 2]
        await pool.ensure({"credit": 2})
        first = pool.peek("credit", 2)
        used += [first, first + 1]
        pool.use("credit", first, 2)
    assert len(used) == len(set(used))


async def test_two_busy_processes_use_all_that_they_take_and_share_nothing() -> None:
    """A block that was taken ahead and does not follow on wastes nothing of the one before."""
    store = MemoryStore()
    pools = [NumberPool(store), NumberPool(store)]
    used = []
    for _ in range(BLOCK_MAX):
        for pool in pools:
            await pool.ensure({"credit": 3})
            first = pool.peek("credit", 3)
            pool.use("credit", first, 3)
            used += [first, first + 1, first + 2]
            await asyncio.sleep(0)  # for the block that is taken ahead
    for pool in reversed(pools):
        while number := pool.peek("credit"):
            pool.use("credit", number)
            used.append(number)
        await pool.give_back()
    assert sorted(used) == list(range(1, max(used) + 1))


async def test_numbers_that_were_not_recorded_are_the_next_ones_again() -> None:
    """Whatever comes back, in whatever order, is used before anything new: no gap stays."""
    pool = NumberPool(MemoryStore())
    numbers = [await pool.reserve("client") for _ in range(5)]
    for number in (2, 4, 3):
        pool.put_back("client", number)
    assert [await pool.reserve("client") for _ in range(4)] == [2, 3, 4, 6]
    assert numbers == [1, 2, 3, 4, 5]


async def test_what_came_back_is_given_back_at_a_clean_stop() -> None:
    """Unused numbers at the end of the block go to the next process, returned ones among them."""
    store = MemoryStore()
    pool = NumberPool(store)
    for _ in range(4):
        last = await pool.reserve("client")
    pool.put_back("client", last)
    await pool.give_back()
    assert await NumberPool(store).reserve("client") == last


async def test_only_the_next_numbers_can_be_used() -> None:
    """Using what was not offered is a defect and says so."""
    pool = NumberPool(MemoryStore())
    await pool.ensure({"credit": 1})
    with pytest.raises(AssertionError, match="not the next ones"):
        pool.use("credit", 7)
    assert pool.peek("unknown") == 0


async def test_a_command_that_needs_none_is_answered_by_a_new_process() -> None:
    """An invoice without lines asks for no number of a line; once asked for, the first block is not lost."""
    pool = NumberPool(MemoryStore())
    async with asyncio.timeout(60):
        await pool.ensure({"invoice": 1, "item": 0})
    assert (pool.peek("invoice"), pool.peek("item", 0), pool.peek("item")) == (1, 1, 1)
