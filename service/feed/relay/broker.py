"""What the relay needs of a message broker, and nothing about any one of them.

A stream counts its messages by itself. The relay publishes every position once, so that the count and the
position it stands for go on together: from their difference, which the log keeps, can be told whether a
stream still holds all that it had. Only the relay and the brokers' adapters import this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

    from service.feed.pages import Entry


class BrokerError(Exception):
    """The broker cannot be reached, or does not take what is published; a sentence says why."""


class Known(NamedTuple):
    """What the log knows of a stream: relayed up to `position`, which was `ahead` of its count then."""

    position: int
    ahead: int | None
    """None if nothing was relayed to it yet."""
    after: int
    """The position after which a new stream begins."""


class End(NamedTuple):
    """Where a stream ends: how many messages it ever took, and up to which position it has them all."""

    sequence: int
    position: int | None
    """None if no message is left to tell."""
    newest: int = 0
    """The highest position in it, which may be further: brokers with partitions take events side by side."""


class Stream(Protocol):
    """A lane's stream at a broker, as long as the connection lasts. Everything may raise BrokerError."""

    async def end(self, known: Known) -> End:
        """What is in the stream now. Raises BrokerError also where it holds events of another ledger."""
        ...

    async def publish(self, entries: Sequence[Entry], sequence: int) -> int:
        """Add entries to a stream of `sequence` messages, all of them confirmed; how many it has then.

        What `end` found in it beyond its position is left out. See each broker for what happens where
        somebody else publishes, too.
        """
        ...

    def check(self) -> None:
        """Raise BrokerError if the connection is lost."""
        ...


class Broker(Protocol):
    """Where events are passed on to."""

    @property
    def stream_name(self) -> str:
        """What the lane's stream is called there."""
        ...

    def connected(self) -> AbstractAsyncContextManager[Stream]:
        """The stream until the block is left; made if missing, never altered. May raise BrokerError."""
        ...


def stream_name(prefix: str, lane: int) -> str:
    """The name of a lane's stream; brokers do not allow dots in it."""
    return f"{prefix.replace('.', '_')}-{lane}"


def checkpoint_name(stream: str) -> str:
    """Under which the log keeps how far a stream is."""
    return f"relay:{stream}"


def label_of(lane: int, position: int) -> str:
    """What a message is known by, wherever it is: two with the same label are the same event."""
    return f"{lane}:{position}"


def position_in(label: str, body: bytes, lane: int, source: str, stream: str) -> int:
    """The position that a message's label says. Raises BrokerError for one that is not of this ledger."""
    its_lane, _, position = label.partition(":")
    try:
        its_source = orjson.loads(body)["source"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        its_source = None
    if its_lane != str(lane) or not position.isdecimal() or its_source != source:
        whose = f"events of {its_source}" if its_source else "messages of somebody else"
        raise BrokerError(f"the stream {stream} holds {whose}: choose another prefix")
    return int(position)
