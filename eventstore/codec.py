"""Between plain dicts and the log's bytes: canonical JSON, content hash, upcasting, opening sealed fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventstore import canonical, privacy
from eventstore.chain import content_bytes, content_hash
from eventstore.identifiers import uuid7
from eventstore.records import NewEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from eventstore.records import RecordedEvent
    from eventstore.subscription import Body
    from eventstore.upcast import Upcasters


class Codec:
    """Encodes for one lane; decodes anything that the upcasters know."""

    def __init__(self, lane: int, upcasters: Upcasters) -> None:
        self._lane = lane
        self._upcasters = upcasters

    def encode(
        self,
        stream: str,
        version: int,
        event_type: str,
        schema_version: int,
        data: Mapping[str, Any],
        metadata: str,
    ) -> NewEvent:
        """An event ready to be appended as `version` of `stream`; `metadata` is canonical JSON already."""
        event_id = uuid7()
        body = canonical.dumps(data)
        canonical_bytes = content_bytes(
            self._lane, stream, version, event_id, event_type, schema_version, body, metadata
        )
        digest = content_hash(canonical_bytes)
        return NewEvent(event_id, event_type, schema_version, body, metadata, digest)

    def decode(self, record: Body | RecordedEvent) -> dict[str, Any]:
        """The record's data in the newest schema, sealed fields still sealed."""
        data: dict[str, Any] = canonical.loads(record.data)
        return self._upcasters.upcast(record.type, record.schema_version, data)


def sealed_subjects(data: Mapping[str, Any], names: Iterable[str]) -> set[str]:
    """Whose keys are needed to open these fields of `data`."""
    return {data[name]["subject"] for name in names if privacy.is_sealed(data.get(name))}


def open_sealed(data: dict[str, Any], names: Iterable[str], keys: Mapping[str, bytes | None]) -> None:
    """Open these fields of `data` in place: None where the subject's key was destroyed. Raises Corrupt."""
    for name in names:
        if privacy.is_sealed(data.get(name)):
            data[name] = privacy.unseal(data[name], keys.get(data[name]["subject"]))
