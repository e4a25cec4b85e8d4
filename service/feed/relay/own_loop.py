"""An event loop of its own, in a thread of its own, for a library that leaves tasks which nobody can end.

Whatever runs in such a loop is the library's, so that all of it can be cancelled, which in a loop that others
use cannot be told apart. Knows nothing of brokers; only their adapters import this.
"""

from __future__ import annotations

import asyncio
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType
    from typing import Self

_END_S = 5.0
"""For what is cancelled to end: it is waited for no longer, and is in no process's way then."""
_Result = TypeVar("_Result")


class OwnLoop:
    """An async context manager. Nothing that was begun in it goes on after the block."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._serve, name=name, daemon=True)

    async def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """What comes of it; it is cancelled with its caller."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:  # it cancels what is left at its end
            runner.get_loop().run_forever()

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join, _END_S)


async def end_others() -> None:
    """Cancel whatever else there is in this loop, and see it end; only for use in an `OwnLoop`."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=_END_S)
