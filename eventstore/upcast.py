"""Upcasters: pure dict-to-dict steps that bring an old event's data to the newest schema, on read.

The log is never rewritten. Register a step for each (type, schema version) that a newer one replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Step = Callable[[dict[str, Any]], dict[str, Any]]


class Upcasters:
    """Steps keyed by (event type, the schema version they start from)."""

    def __init__(self) -> None:
        self._steps: dict[tuple[str, int], Step] = {}

    def register(self, event_type: str, from_version: int, step: Step) -> None:
        """`step` turns data of `from_version` into data of `from_version + 1`. Once per pair."""
        key = (event_type, from_version)
        if key in self._steps:
            raise ValueError(f"an upcaster for {event_type} version {from_version} exists already")
        self._steps[key] = step

    def upcast(self, event_type: str, schema_version: int, data: dict[str, Any]) -> dict[str, Any]:
        """`data` brought up as far as the steps go; unchanged where there is none."""
        while (step := self._steps.get((event_type, schema_version))) is not None:
            data = step(data)
            schema_version += 1
        return data
