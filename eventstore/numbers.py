"""Numbers that people see (client 7, invoice 17): dense, taken from the database in small blocks.

A decision is offered the next numbers and uses some of them, without an await in between. What a command
used that was not recorded after all comes back and goes to the next one. While they are used up quickly the
next block is taken before it is needed, so that nobody waits for it. What is left at a clean stop is given
back to the database; a crash, or several processes that stop in the wrong order, may leave a gap.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from eventstore.records import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eventstore.store import EventStore

BLOCK_MAX = 512
AHEAD_FROM = 16
"""Blocks of this size and more are followed by the next one when a quarter is left."""
_BUSY_S = 0.2
"""A block that lasts less is followed by one of twice its size."""
_PAUSE_S = 1.0
"""After a longer time without need blocks start small again."""


@dataclass(slots=True)
class _Held:
    """What this process holds of one counter: next..end-1 in a row, and single ones that came back."""

    next: int = 0
    end: int = 0
    later: range | None = None
    """The block that is used after this one; where no other process took numbers between, it follows on."""
    returned: list[int] = field(default_factory=list)
    block: int = 1
    taken_at: float = 0.0


class NumberPool:
    """The numbers that this process may give out, by counter."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._held: dict[str, _Held] = {}
        self._lock = asyncio.Lock()
        self._ahead: asyncio.Task[None] | None = None

    async def ensure(self, needs: Mapping[str, int]) -> None:
        """Hold at least that many numbers in a row of each counter when this returns."""
        while not self._holds(needs):
            async with self._lock:
                if not self._holds(needs):
                    await self._take({name: n for name, n in needs.items() if not self.peek(name, n)})

    def peek(self, name: str, count: int = 1) -> int:
        """The first of the next `count` numbers in a row, also of none; 0 if they are not held."""
        held = self._held.get(name)
        if held is None:
            return 0
        if count == 1 and held.returned:
            return held.returned[0]
        if held.end - held.next < max(count, 1) and held.later is not None:
            self._go_on(name, held, held.later)
        return held.next if held.end - held.next >= count else 0

    def use(self, name: str, first: int, count: int = 1) -> None:
        """Use up the numbers that `peek` showed."""
        held = self._held[name]
        if held.returned and held.returned[0] == first:
            heappop(held.returned)
        elif held.next == first and held.end - first >= count:
            held.next += count
        else:
            raise AssertionError(f"{count} numbers of {name} from {first} are not the next ones")
        if self._ahead is None and _is_running_out(held):
            self._ahead = asyncio.create_task(self._take_ahead(name, held))

    def put_back(self, name: str, first: int, count: int = 1) -> None:
        """These were used by a command that was not recorded: they are the next ones again."""
        for number in range(first, first + count):
            heappush(self._held[name].returned, number)

    async def reserve(self, name: str) -> int:
        """Use up the next number before it is known whether it will be recorded."""
        await self.ensure({name: 1})
        number = self.peek(name)
        self.use(name, number)
        return number

    async def give_back(self) -> None:
        """Return what is unused to the database, as far as nobody took later numbers."""
        if self._ahead is not None:
            await self._ahead
        for name, held in self._held.items():
            unused = {*held.returned, *range(held.next, held.end), *(held.later or ())}
            first = end = held.later.stop if held.later is not None else held.end
            while first - 1 in unused:
                first -= 1
            if first < end:
                await self._store.return_numbers(name, first, end)
        self._held.clear()

    def _holds(self, needs: Mapping[str, int]) -> bool:
        return all(self.peek(name, count) for name, count in needs.items())

    async def _take_ahead(self, name: str, held: _Held) -> None:
        try:
            async with self._lock:
                if _is_running_out(held):
                    await self._take({name: 1})
        except StoreError:
            pass  # whoever finds none left asks again, and is told
        finally:
            self._ahead = None

    async def _take(self, needs: Mapping[str, int]) -> None:
        """Another block of each counter, of at least so many numbers."""
        now = asyncio.get_running_loop().time()
        counts = {}
        for name, count in needs.items():
            held = self._held.setdefault(name, _Held())
            lasted = now - held.taken_at
            if lasted < _BUSY_S:
                held.block = min(held.block * 2, BLOCK_MAX)
            elif lasted > _PAUSE_S:
                held.block = 1
            held.taken_at = now
            counts[name] = max(count, held.block)
        for name, first in (await self._store.take_numbers(counts)).items():
            self._held[name].later = range(first, first + counts[name])

    def _go_on(self, name: str, held: _Held, later: range) -> None:
        """To the block taken last. If it does not follow on, what is left of the one before is single now."""
        if held.end != later.start:
            self.put_back(name, held.next, held.end - held.next)
            held.next = later.start
        held.end = later.stop
        held.later = None


def _is_running_out(held: _Held) -> bool:
    is_busy = held.block >= AHEAD_FROM
    return is_busy and held.later is None and held.end - held.next <= held.block // 4
