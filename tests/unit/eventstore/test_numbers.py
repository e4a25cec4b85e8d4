"""Numbers that people see: dense while used, given back when not."""

from __future__ import annotations

import asyncio

from eventstore.memory import MemoryStore
from eventstore.numbers import BLOCK_MAX, NumberPool


async def test_numbers_run_on_without_gaps() -> None:
    """However blocks grow, the numbers used are 1, 2, 3 ..."""
    pool = NumberPool(MemoryStore())
    used = []
    for _ in range(3 * BLOCK_MAX):
        await pool.ensure({"credit": 1})
        used.append(pool.peek("credit"))
        pool.consume("credit", 1)
    assert used == list(range(1, 3 * BLOCK_MAX + 1))


async def test_many_at_once_never_get_the_same_number() -> None:
    """Waiting for a block and using from it do not get in each other's way."""
    pool = NumberPool(MemoryStore())
    used: list[int] = []

    async def use(count: int) -> None:
        await pool.ensure({"item": count, "invoice": 1})
        used.extend(range(pool.peek("item"), pool.peek("item") + count))
        pool.consume("item", count)
        pool.consume("invoice", 1)

    await asyncio.gather(*(use(1 + n % 7) for n in range(200)))
    assert len(used) == len(set(used))
    assert pool.peek("invoice") == 201


async def test_a_clean_stop_leaves_no_gap() -> None:
    """What a process did not use is the next one's."""
    store = MemoryStore()
    first = NumberPool(store)
    for _ in range(5):
        await first.ensure({"credit": 3})
        first.consume("credit", 1)
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
        used += [pool.peek("credit"), pool.peek("credit") + 1]
        pool.consume("credit", 2)
    assert len(used) == len(set(used))


async def test_a_reserved_number_that_was_not_used_is_the_next_again() -> None:
    """A refused opening leaves no gap, unless others opened accounts meanwhile."""
    pool = NumberPool(MemoryStore())
    first = await pool.reserve("client")
    pool.unreserve("client", first)
    assert await pool.reserve("client") == first
    second = await pool.reserve("client")
    pool.unreserve("client", first)
    assert await pool.reserve("client") == second + 1
