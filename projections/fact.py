"""What projections fold: a decoded event with its place in the log, and how it is decoded.

Who decodes (upcasting, opening sealed fields) stands above; projections take it as an argument.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstore.subscription import Body
from service.domain import streams

if TYPE_CHECKING:
    from service.domain.events import Event


# Not frozen: a frozen dataclass takes three times as long to make, and there is one per event.
@dataclass(slots=True)
class Fact:
    """An event in the newest schema; personal data is open, or None once it was erased."""

    event: Event
    position: int
    stream: str


Decoder = Callable[[Sequence[Body]], Awaitable[list[Fact]]]
"""One fact per record, in order. Raises `eventstore.records.Corrupt` for what cannot be read."""


def client_of(fact: Fact) -> int:
    """The client whose account the fact belongs to. Raises ValueError for other streams."""
    return streams.client_of(fact.stream)
