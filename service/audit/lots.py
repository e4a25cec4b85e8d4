"""Which top-up paid what: credit is used up first in, first out.

A lot is what one addition brought. Pure, integer hundredths; knows nothing of events.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_COVERED = 0
"""The lot of what was taken beyond all that was there: an intact history has no such part."""


class Movement(NamedTuple):
    """A row of the credit log: `amount` above 0 came in, below 0 went out. Numbers start at 1."""

    credit_id: int
    amount: int


class Part(NamedTuple):
    """`amount`, above 0, of what the lot with this number brought or still has."""

    credit_id: int
    amount: int


class Used(NamedTuple):
    """What each movement took from which lots, in order (nothing, for what came in), and what is left."""

    parts: tuple[tuple[Part, ...], ...]
    left: tuple[Part, ...]


def first_in_first_out(movements: Iterable[Movement]) -> Used:
    """Trace every outgoing amount to the oldest lots that still had something."""
    lots: deque[Part] = deque()
    parts = []
    for movement in movements:
        if movement.amount > 0:
            lots.append(Part(movement.credit_id, movement.amount))
        parts.append(tuple(_take(lots, -movement.amount)))
    return Used(tuple(parts), tuple(lots))


def _take(lots: deque[Part], amount: int) -> Iterable[Part]:
    while amount > 0:
        if not lots:
            yield Part(NOT_COVERED, amount)
            return
        oldest = lots.popleft()
        used = min(oldest.amount, amount)
        if used < oldest.amount:
            lots.appendleft(Part(oldest.credit_id, oldest.amount - used))
        amount -= used
        yield Part(oldest.credit_id, used)
