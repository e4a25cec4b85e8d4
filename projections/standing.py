"""What this process knows of where the projections stand, and who waits for them. No I/O."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, NamedTuple

from eventstore.deadlines import Deadlines
from eventstore.subscription import RUNNING, Checkpoint
from projections.views import BehindError, HaltedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Arrival = asyncio.Future[None]

_UNKNOWN = Checkpoint(0, RUNNING)
_ABSENT = Checkpoint(0, "absent")
"""Never prepared, or the tables belong to another version of this program by now."""


class _Wish(NamedTuple):
    """What somebody waits for."""

    position: int
    projections: Iterable[str] | None
    question: int


class Standing:
    """Checkpoints by subscription; projections are asked for by name."""

    def __init__(self, subscriptions: Mapping[str, str]) -> None:
        self._subscriptions = dict(subscriptions)
        self._checkpoints = dict.fromkeys(subscriptions.values(), _UNKNOWN)
        self._loop = asyncio.get_running_loop()  # asked once: before Python 3.12 each asking is a system call
        self._wishes: dict[Arrival, _Wish] = {}
        self._deadlines = Deadlines(self._too_late)
        self._lingering: Arrival | None = None
        self._asked = 0
        self._answered = 0

    def checkpoint(self, subscription: str) -> Checkpoint:
        """The last that is known."""
        return self._checkpoints[subscription]

    def learn(self, checkpoints: Mapping[str, Checkpoint | None]) -> list[str]:
        """What the database says, by subscription; None where it has none (any more).

        Returns the subscriptions whose state is another than before.
        """
        news = {name: found or _ABSENT for name, found in checkpoints.items()}
        turned = [name for name, found in news.items() if found.state != self._checkpoints[name].state]
        self._checkpoints |= news
        self._tell()
        return turned

    def asked(self) -> int:
        """The last question whether a stopped projection runs again; goes back into `answer`."""
        return self._asked

    def answer(self, question: int) -> None:
        """Everything up to this question was answered by a `learn` that began after it was asked."""
        self._answered = question
        self._tell()

    def groups(self) -> list[list[str]]:
        """Running subscriptions that stand at the same position, the hindmost first."""
        groups: dict[int, list[str]] = {}
        for name, (position, state) in sorted(self._checkpoints.items()):
            if state == RUNNING:
                groups.setdefault(position, []).append(name)
        return [groups[position] for position in sorted(groups)]

    def lowest(self) -> int:
        """Where the hindmost running one stands; beyond every position if none runs."""
        running = (position for position, state in self._checkpoints.values() if state == RUNNING)
        return min(running, default=sys.maxsize)

    def room(self, group: Sequence[str], limit: int) -> int:
        """How many events a group may take, so that it meets the next one ahead instead of passing it."""
        position, _ = self._checkpoints[group[0]]
        ahead = [
            at - position for at, state in self._checkpoints.values() if state == RUNNING and at > position
        ]
        return min([limit, *ahead])

    async def linger(self, timeout_s: float) -> None:
        """Let events gather, unless somebody waits for them already or comes to."""
        if self._wishes:
            return
        self._lingering = self._loop.create_future()
        timer = self._loop.call_later(timeout_s, self._hurry)
        try:
            await self._lingering
        finally:
            timer.cancel()

    async def wait_until(self, position: int, deadline: float, projections: Iterable[str] | None) -> None:
        """See `Runner.wait_until`."""
        self._asked += 1
        wish = _Wish(position, projections, self._asked)
        if self._reached(wish):
            return
        arrival: Arrival = self._loop.create_future()
        self._wishes[arrival] = wish
        self._deadlines.watch(arrival, deadline)
        self._hurry()
        try:
            await arrival
        finally:
            del self._wishes[arrival]

    def _hurry(self) -> None:
        if self._lingering is not None and not self._lingering.done():
            self._lingering.set_result(None)

    def _tell(self) -> None:
        """Wake those whose wish is settled by what is known now."""
        for arrival, wish in self._wishes.items():
            if arrival.done():
                continue
            try:
                if self._reached(wish):
                    arrival.set_result(None)
            except HaltedError as halted:
                arrival.set_exception(halted)

    def _too_late(self, arrival: Arrival) -> None:
        position = self._wishes[arrival].position
        arrival.set_exception(BehindError(f"the read models did not reach position {position} in time"))

    def _reached(self, wish: _Wish) -> bool:
        """Raises HaltedError if it never will be."""
        position, projections, question = wish
        named = projections is not None
        reached = True
        for projection in self._subscriptions if projections is None else projections:
            at, state = self._checkpoints[self._subscriptions[projection]]
            if state == RUNNING:
                reached = reached and at >= position
            elif named and at < position:
                if self._answered < question:
                    return False  # it may run again meanwhile: what is known is older than the question
                raise HaltedError(f"{projection} is {state} at position {at}, {position} is needed")
        return reached
