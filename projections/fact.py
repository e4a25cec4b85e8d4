"""What projections fold: a decoded event with its place in the log, and how it is decoded.

Who decodes (upcasting, opening sealed fields) stands above; projections take it as an argument.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstore.subscription import Body

if TYPE_CHECKING:
    from service.domain.events import Event

_ACCOUNT_PREFIX = "account-"
_HOUSE = "house"
HOUSE_STREAM = "house"
"""The stream of transactions that belong to no client."""


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
    return int(fact.stream.removeprefix(_ACCOUNT_PREFIX))


def stream_of(client_id: int) -> str:
    """The stream of a client's account."""
    return f"{_ACCOUNT_PREFIX}{client_id}"


def is_account(stream: str) -> bool:
    """Whether it is the stream of a client's account."""
    return stream.startswith(_ACCOUNT_PREFIX)


def client_or_nobody(stream: str) -> int | None:
    """The client whose account the stream is, 0 for what belongs to no client, None for all others."""
    if stream == _HOUSE:
        return 0
    return int(stream.removeprefix(_ACCOUNT_PREFIX)) if is_account(stream) else None
