"""What the relay needs of a message broker, and nothing about any one of them.

A stream numbers its messages by itself, from 1, without gaps. The relay publishes every position, so that
a message's number and its position always differ by the same: what a stream holds can be told from its
last number alone. Only the relay and the brokers' adapters import this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

    from service.feed.pages import Entry


class BrokerError(Exception):
    """The broker cannot be reached, or does not take what is published; a sentence says why."""


class End(NamedTuple):
    """Where a stream ends: how many messages it ever took, and the position in the last, if that is there."""

    sequence: int
    position: int | None


class Stream(Protocol):
    """A lane's stream at a broker, as long as the connection lasts. Everything may raise BrokerError."""

    async def end(self) -> End:
        """What is in the stream now. Raises BrokerError also where it holds events of another ledger."""
        ...

    async def publish(self, entries: Sequence[Entry], sequence: int) -> None:
        """Add entries behind message number `sequence`, all of them confirmed, or BrokerError.

        The broker refuses them where the stream has grown meanwhile: nothing comes in twice, or between.
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
