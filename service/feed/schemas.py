"""JSON Schema (2020-12) of the data of every event type, in every version that the log may hold.

Made from the events themselves, so that it cannot say anything else. What was told once stays true: a copy is
kept in the repository, and a change of a published schema fails the tests. Only the feed imports it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import override

from service.domain.events import EVENT_TYPES, Event

DIALECT = GenerateJsonSchema.schema_dialect
_SINCE = {
    ("payment.recorded", "recorded_at"): 2,
    ("credit.applied", "recorded_at"): 2,
    ("invoice.settled", "recorded_at"): 2,
    ("account.deleted", "servers"): 2,
}
"""In which version of its type a field came that was not there from the beginning."""


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """By `type` and version, such as `credit.added.1`, the newest version last."""
    return {
        f"{name}.{version}": schema(event, version)
        for name, event in sorted(EVENT_TYPES.items())
        for version in range(1, event.VERSION + 1)
    }


def schema(event: type[Event], version: int) -> dict[str, Any]:
    """The schema of one version of an event type. Fields may join in later versions, none ever leaves."""
    made = TypeAdapter(event).json_schema(schema_generator=_Untitled)
    properties = made["properties"]
    for name in event.SEALED:
        # Whatever it holds, it is null for whoever may not read it, and after the person was erased.
        if {"type": "null"} not in properties[name].get("anyOf", ()):
            properties[name] = {"anyOf": [properties[name], {"type": "null"}]}
    later = {name for (kind, name), since in _SINCE.items() if kind == event.TYPE and since > version}
    return {
        "$schema": DIALECT,
        "title": f"{event.TYPE} version {version}",
        "description": made.get("description", ""),
        "type": "object",
        "properties": {name: what for name, what in properties.items() if name not in later},
        "required": [name for name in made.get("required", []) if name not in later],
        **({"$defs": made["$defs"]} if "$defs" in made else {}),
    }


class _Untitled(GenerateJsonSchema):
    """Without titles, which would only say the names once more."""

    @override
    def field_title_should_be_set(self, schema: object) -> bool:
        return False
