"""Tells all who follow live that there is something new, not more often than it pays to send.

One task for however many followers: each would otherwise keep a clock of its own.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eventstore.doorbell import Doorbell


FOLLOWER_S = 0.00025
"""Of an interval for each who is told: sending costs about 10 us, so that it takes a 25th of it."""


class Pulse:
    """Beats when the doorbell rings, at most every `interval_s`; every `poll_s` even if it does not.

    With more than 80 followers the interval grows with them, so that they do not slow those who write.
    """

    def __init__(self, doorbell: Doorbell, *, interval_s: float, poll_s: float) -> None:
        self._doorbell = doorbell
        self._interval_s = interval_s
        self._poll_s = poll_s
        self._beat = asyncio.Event()
        self._waiting = 0
        self.beats = 0
        self.stopping = False

    async def run(self) -> None:
        """Beat until cancelled."""
        heard = 0
        while True:
            await self._doorbell.wait(heard, self._poll_s)
            heard = self._doorbell.head
            told = self._waiting
            self._tell()
            await asyncio.sleep(max(self._interval_s, told * FOLLOWER_S))

    def stop(self) -> None:
        """Tell all that it is over."""
        self.stopping = True
        self._tell()

    async def after(self, beats: int, followers: int = 1) -> None:
        """Return once it has beaten more than `beats` times; so many are told by whoever waits here."""
        self._waiting += followers
        try:
            while self.beats <= beats:
                await self._beat.wait()
        finally:
            self._waiting -= followers

    def _tell(self) -> None:
        self.beats += 1
        self._beat.set()
        self._beat = asyncio.Event()
