"""Facts as projections are given them, without a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.fact import Fact

if TYPE_CHECKING:
    from service.domain.events import Event


def facts(*events: Event, stream: str = "account-7") -> list[Fact]:
    """The events as positions 1, 2, 3 ... of one stream."""
    return [Fact(event, position, stream) for position, event in enumerate(events, 1)]
