"""Reads that are asked for at the same time go to the database as one: the reading twin of the flusher."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

Key = TypeVar("Key")
Value = TypeVar("Value")


class Coalescer(Generic[Key, Value]):
    """Collects keys while one fetch is in the air and fetches them all with the next.

    A key asked for during a fetch is fetched again by the next one, so what a caller gets was read after
    it asked. Keys absent from the fetched mapping give None.
    """

    def __init__(
        self, fetch: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]], *, keys_max: int = 500
    ) -> None:
        self._fetch = fetch
        self._keys_max = keys_max
        self._loop = asyncio.get_running_loop()  # asked once: before Python 3.12 each asking is a system call
        self._wanted: dict[Key, list[asyncio.Future[Value | None]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: Key) -> Value | None:
        """The value of `key`, read after this call began. Raises what the fetch raised."""
        return await self.ask(key)

    def ask(self, key: Key) -> asyncio.Future[Value | None]:
        """As `get`, for a caller that wants to end its wait by itself. Callers of one key share its value."""
        answer: asyncio.Future[Value | None] = self._loop.create_future()
        others = self._wanted.get(key)
        if others is None:
            self._wanted[key] = [answer]
        else:
            others.append(answer)
        if self._task is None:
            self._task = self._loop.create_task(self._run())
        return answer

    async def _run(self) -> None:
        try:
            while self._wanted:
                keys = list(self._wanted)[: self._keys_max]
                await self._answer({key: self._wanted.pop(key) for key in keys})
        finally:
            self._task = None

    async def _answer(self, wanted: dict[Key, list[asyncio.Future[Value | None]]]) -> None:
        try:
            found = await self._fetch(list(wanted))
        except Exception as error:  # noqa: BLE001 -- every waiting caller raises it
            for answer in (answer for answers in wanted.values() for answer in answers if not answer.done()):
                answer.set_exception(error)
        else:
            for key, answers in wanted.items():
                value = found.get(key)
                for answer in answers:
                    if not answer.done():
                        answer.set_result(value)
