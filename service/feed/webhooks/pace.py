"""How many deliveries a process makes in a second, so that catching up leaves it time for commands. Pure."""

from __future__ import annotations

BURST_S = 0.1
"""What was not sent for so long may be sent at once."""
WAIT_MIN_S = 0.005
"""Several at a time are cheaper than each by itself."""


class Pace:
    """Shared by all deliveries of a process."""

    def __init__(self, per_second_max: int) -> None:
        self._gap_s = 1 / per_second_max
        self._next = 0.0

    def wait_s(self, now: float) -> float:
        """After how many seconds one may be made; 0.0 for now."""
        return 0.0 if self._next <= now else max(WAIT_MIN_S, self._next - now)

    def count(self, now: float) -> None:
        """One is made."""
        self._next = max(self._next, now - BURST_S) + self._gap_s
