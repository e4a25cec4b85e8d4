"""Ends the wait for answers that come too late, with one timer for all of them.

A timer per command cost more than the decision that it watched over. Anyone above the log may use it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = asyncio.Future[Any]


class Deadlines:
    """Calls `expire` for each watched answer that is not there at its deadline (`loop.time()`)."""

    def __init__(self, expire: Callable[[Answer], None]) -> None:
        self._expire = expire
        self._loop = asyncio.get_running_loop()
        self._watched: deque[tuple[float, Answer]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, answer: Answer, deadline: float) -> None:
        """Watch over `answer`. Answers come in order, more or less: the oldest are let go of here."""
        watched = self._watched
        while watched and watched[0][1].done():
            watched.popleft()
        watched.append((deadline, answer))
        if self._timer is None or deadline < self._timer.when():
            self._arm(deadline)

    def __len__(self) -> int:
        """Answers watched now; some may have come in the meantime."""
        return len(self._watched)

    def _arm(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._sweep, at)

    def _sweep(self, at: float) -> None:
        self._timer = None
        now = max(self._loop.time(), at)  # a timer may go off a moment early
        waiting: deque[tuple[float, Answer]] = deque()
        for deadline, answer in self._watched:
            if answer.done():
                continue
            if deadline <= now:
                self._expire(answer)
            else:
                waiting.append((deadline, answer))
        self._watched = waiting
        if waiting:
            self._arm(min(deadline for deadline, _ in waiting))
