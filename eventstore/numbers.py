"""Numbers that people see (client 7, invoice 17): dense, taken from the database in small blocks.

A decision is offered the next numbers and consumes those it used, without an await in between, so
numbers run on without gaps while a process lives. What is left at a clean stop is given back; a crash,
or two processes stopping in the wrong order, may leave a gap.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eventstore.store import EventStore

BLOCK_MAX = 512
_BUSY_S = 0.2


class NumberPool:
    """The blocks that this process holds, one per counter."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._next: dict[str, int] = {}
        self._end: dict[str, int] = {}
        self._block: dict[str, int] = {}
        self._taken_at: dict[str, float] = {}
        self._lock = asyncio.Lock()

    async def ensure(self, needs: Mapping[str, int]) -> None:
        """Hold at least that many consecutive numbers of each counter when this returns."""
        while self._short(needs):
            async with self._lock:
                if short := self._short(needs):
                    await self._take(short)

    def peek(self, name: str) -> int:
        """The next number of a counter, not yet used up; 0 if none was ever ensured."""
        return self._next.get(name, 0)

    def consume(self, name: str, count: int) -> None:
        """Use up the next `count` numbers; they were ensured before."""
        if self._next[name] + count > self._end[name]:
            raise AssertionError(f"{count} numbers of {name} were used, fewer were held")
        self._next[name] += count

    async def reserve(self, name: str) -> int:
        """Take the next number before it is known whether it will be used."""
        await self.ensure({name: 1})
        number = self._next[name]
        self._next[name] += 1
        return number

    def unreserve(self, name: str, number: int) -> None:
        """The reserved number was not used: the next one again, unless others were taken since (a gap)."""
        if self._next.get(name) == number + 1:
            self._next[name] = number

    async def give_back(self) -> None:
        """Return what is unused, as far as nobody took later numbers."""
        for name, first in self._next.items():
            if first < self._end[name]:
                await self._store.return_numbers(name, first, self._end[name])
        self._next.clear()
        self._end.clear()

    def _short(self, needs: Mapping[str, int]) -> dict[str, int]:
        return {
            name: count
            for name, count in needs.items()
            if self._end.get(name, 0) - self._next.get(name, 0) < count
        }

    async def _take(self, short: Mapping[str, int]) -> None:
        """Blocks double while they are used up quickly, and start small again after a pause."""
        now = asyncio.get_running_loop().time()
        for name in short:
            busy = now - self._taken_at.get(name, 0.0) < _BUSY_S
            self._block[name] = min(self._block.get(name, 1) * 2, BLOCK_MAX) if busy else 1
            self._taken_at[name] = now
        counts = {name: max(count, self._block[name]) for name, count in short.items()}
        for name, first in (await self._store.take_numbers(counts)).items():
            # Two blocks in a row are one; else (another process took the numbers between) the rest is a gap.
            if self._end.get(name) != first:
                self._next[name] = first
            self._end[name] = first + counts[name]
