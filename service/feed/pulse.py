"""Tells all who follow live that there is something new, not more often than it pays to send.

One task for however many followers: each would otherwise keep a clock of its own.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eventstore.doorbell import Doorbell


class Pulse:
    """Beats when the doorbell rings, at most every `interval_s`; every `poll_s` even if it does not."""

    def __init__(self, doorbell: Doorbell, *, interval_s: float, poll_s: float) -> None:
        self._doorbell = doorbell
        self._interval_s = interval_s
        self._poll_s = poll_s
        self._beat = asyncio.Event()
        self.beats = 0
        self.stopping = False

    async def run(self) -> None:
        """Beat until cancelled."""
        heard = 0
        while True:
            await self._doorbell.wait(heard, self._poll_s)
            heard = self._doorbell.head
            self._tell()
            await asyncio.sleep(self._interval_s)

    def stop(self) -> None:
        """Tell all that it is over."""
        self.stopping = True
        self._tell()

    async def after(self, beats: int) -> None:
        """Return once it has beaten more than `beats` times."""
        while self.beats <= beats:
            await self._beat.wait()

    def _tell(self) -> None:
        self.beats += 1
        self._beat.set()
        self._beat = asyncio.Event()
