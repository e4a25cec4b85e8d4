"""Reads asked for together go together, and never answer with what was read before the question."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from eventstore.coalesce import Coalescer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Source:
    """Counts fetches; answers each key with the number of the fetch that read it."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.started = asyncio.Event()
        self.fetches: list[list[str]] = []
        self.failing = False

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, int]:
        """What a database would do."""
        self.fetches.append(list(keys))
        number = len(self.fetches)
        self.started.set()
        await self.gate.wait()
        if self.failing:
            raise ConnectionError("gone")
        return {key: number for key in keys if key != "absent"}


async def test_keys_asked_for_during_a_fetch_share_the_next() -> None:
    """One fetch in the air; the same key asked again during it is read again."""
    source = Source()
    coalescer = Coalescer(source.fetch)
    first = asyncio.create_task(coalescer.get("a"))
    await source.started.wait()
    rest = [asyncio.create_task(coalescer.get(key)) for key in ("a", "b", "b", "absent")]
    await asyncio.sleep(0)
    source.gate.set()

    assert await first == 1
    assert await asyncio.gather(*rest) == [2, 2, 2, None]
    assert source.fetches == [["a"], ["a", "b", "absent"]]


async def test_a_failed_fetch_fails_its_callers_and_the_next_works() -> None:
    """Everybody who waited is told; nothing sticks."""
    source = Source()
    source.gate.set()
    source.failing = True
    coalescer = Coalescer(source.fetch)
    for outcome in await asyncio.gather(coalescer.get("a"), coalescer.get("b"), return_exceptions=True):
        assert isinstance(outcome, ConnectionError)
    source.failing = False
    assert await coalescer.get("a") == 2


async def test_a_cancelled_caller_does_not_take_the_others_with_it() -> None:
    """Two wait for one key; one gives up, the other is answered."""
    source = Source()
    coalescer = Coalescer(source.fetch)
    leaving, staying = asyncio.create_task(coalescer.get("a")), asyncio.create_task(coalescer.get("a"))
    await source.started.wait()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    source.gate.set()
    assert await staying == 1
