"""What goes wrong with Kafka, in a sentence: aiokafka raises little of it and logs the rest.

Its log is kept out of the service's, where every attempt to reach a broker that is away would be a line.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaConnectionError, KafkaError, UnknownTopicOrPartitionError
from typing_extensions import override

from service.feed.relay.broker import BrokerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

_LOGGER = logging.getLogger("aiokafka")
_UNTOLD = (KafkaConnectionError, TimeoutError)
"""Raised without a reason; it was logged before."""


class Heard(logging.Handler):
    """The last thing that aiokafka warned of, as long as the block runs; `text` is empty if nothing was."""

    text = ""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()

    def __enter__(self) -> Self:
        self.setLevel(logging.WARNING)
        _LOGGER.addHandler(self)
        _LOGGER.propagate = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        _LOGGER.removeHandler(self)


@contextmanager
def broker_errors(what: str, heard: Heard) -> Iterator[None]:
    """Whatever aiokafka raises in the block becomes a BrokerError that says what does not work, and why."""
    heard.text = ""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as problem:
        if isinstance(problem, UnknownTopicOrPartitionError):
            reason = "there is no such topic, and the broker makes none"
        elif isinstance(problem, _UNTOLD) and heard.text:
            reason = heard.text
        else:
            reason = str(problem) or "it did not answer in time"
        raise BrokerError(f"{what}: {reason}") from problem
