"""What one delivery has in its hands: events read and not all delivered yet, in order per account.

An account whose event failed waits by itself while the others go on; `position` stays before it. How many
events may be ahead of that, and how many bytes, is bounded. Pure: time comes from outside.
"""

from __future__ import annotations

from collections import deque
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from service.feed.pages import Entry

EVENTS_MAX = 500
"""Read since the first event that has not arrived, and a page more: what may be repeated after a crash."""
BYTES_MAX = 4_000_000


class Failing(NamedTuple):
    """An event that did not arrive: since when it fails, after how many attempts."""

    position: int
    since: datetime
    attempts: int


class Account:
    """The events of one stream, of which the first is to be sent."""

    __slots__ = ("attempts", "entries", "failing_since", "last_error")

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque()
        self.attempts = 0
        self.failing_since: datetime | None = None
        self.last_error = ""


class Window:
    """Begins after a position, and remembers what failed before it was made."""

    def __init__(self, after: int, failed_before: Failing | None = None) -> None:
        self.looked = after
        self._failed_before = failed_before
        self._order: deque[int] = deque()
        self._arrived: set[int] = set()
        self._accounts: dict[str, Account] = {}
        self._ready: deque[Account] = deque()
        self._later: list[tuple[float, int, Account]] = []
        self._bytes = 0

    @property
    def position(self) -> int:
        """Everything up to here has arrived, or was not selected."""
        return self._order[0] - 1 if self._order else self.looked

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to be sent."""
        return not self._order

    @property
    def has_room(self) -> bool:
        """Whether more may be read."""
        return len(self._order) < EVENTS_MAX and self._bytes < BYTES_MAX

    def take(self, entries: Sequence[Entry], position: int) -> None:
        """What was read, up to a position."""
        for entry in entries:
            self._order.append(entry.position)
            self._bytes += len(entry.text)
            account = self._accounts.get(entry.stream)
            if account is None:
                account = self._accounts[entry.stream] = Account()
            account.entries.append(entry)
            if len(account.entries) == 1:
                self._has_next(account)
        self.looked = position
        before = self._failed_before
        if before is not None and position >= before.position and before.position not in self._order:
            self._failed_before = None  # it is not selected any more

    def next(self, now: float) -> Account | None:
        """An account whose first event is to be sent now; it is out of the window until that is told of."""
        while self._later and self._later[0][0] <= now:
            self._ready.append(heappop(self._later)[2])
        return self._ready.popleft() if self._ready else None

    def next_due(self) -> float | None:
        """When somebody is to be sent something: 0.0 for now, None for nobody."""
        if self._ready:
            return 0.0
        return self._later[0][0] if self._later else None

    def arrived(self, account: Account) -> None:
        """The account's first event arrived."""
        entry = account.entries.popleft()
        self._bytes -= len(entry.text)
        self._arrived.add(entry.position)
        while self._order and self._order[0] in self._arrived:
            self._arrived.discard(self._order.popleft())
        account.attempts, account.failing_since, account.last_error = 0, None, ""
        if account.entries:
            self._has_next(account)
        else:
            del self._accounts[entry.stream]

    def failed(self, account: Account, due: float, moment: datetime, error: str) -> datetime:
        """The account's first event did not arrive and is to be sent again; since when it fails."""
        account.attempts += 1
        account.failing_since = account.failing_since or moment
        account.last_error = error
        heappush(self._later, (due, account.entries[0].position, account))
        return account.failing_since

    def hurry(self) -> None:
        """Whoever waits after a failure is to be tried now."""
        self._later = [(0.0, position, account) for _, position, account in self._later]
        heapify(self._later)

    def failing(self) -> tuple[Failing, str] | None:
        """What has failed for longest, and why the last time."""
        found = [
            (
                Failing(account.entries[0].position, account.failing_since, account.attempts),
                account.last_error,
            )
            for account in self._accounts.values()
            if account.failing_since is not None
        ]
        if self._failed_before is not None:
            found.append((self._failed_before, ""))
        return min(found, key=lambda each: each[0].since, default=None)

    def _has_next(self, account: Account) -> None:
        before = self._failed_before
        if before is not None and account.entries[0].position == before.position:
            account.failing_since, account.attempts = before.since, before.attempts
            self._failed_before = None
        self._ready.append(account)
