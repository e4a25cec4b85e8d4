"""What a follower gets of the log: which types, which clients, and whether with personal data. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from service.domain.events import EVENT_TYPES
from service.domain.streams import account_stream
from service.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable


@value(kw_only=True)
class Selection:
    """None stands for everything. What is not selected is passed over, never missing."""

    types: frozenset[str] | None = None
    streams: frozenset[str] | None = None
    is_personal: bool = False
    """Personal data is opened; otherwise it is null."""

    @property
    def is_everything(self) -> bool:
        """Whether no event is passed over."""
        return self.types is None and self.streams is None

    def takes(self, event_type: str, stream: str) -> bool:
        """Whether an event is part of it."""
        return (self.types is None or event_type in self.types) and (
            self.streams is None or stream in self.streams
        )

    def within(self, limits: Selection) -> Selection:
        """What is left of it where somebody may see no more than `limits`."""
        return Selection(
            types=_both(self.types, limits.types),
            streams=_both(self.streams, limits.streams),
            is_personal=self.is_personal and limits.is_personal,
        )


def types_named(patterns: Iterable[str]) -> frozenset[str] | None:
    """The event types of names such as `credit.added` and `invoice.*`; None without any.

    Raises ValueError for a name that fits no type: whoever waits for it would wait for ever.
    """
    found: set[str] = set()
    any_pattern = False
    for pattern in patterns:
        any_pattern = True
        matching = [name for name in EVENT_TYPES if fnmatchcase(name, pattern)]
        if not matching:
            raise ValueError(f"there is no event type {pattern}")
        found.update(matching)
    return frozenset(found) if any_pattern else None


def streams_of(clients: Iterable[int]) -> frozenset[str] | None:
    """The streams of these clients' accounts; None without any."""
    return frozenset(map(account_stream, clients)) or None


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
