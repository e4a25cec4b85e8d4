"""Domain events to and from the log's records: field names, sealing, schema versions.

The only place where the words of the domain meet the words of the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventstore import privacy
from eventstore.codec import Codec, open_sealed, sealed_subjects
from eventstore.records import Corrupt
from eventstore.upcast import Upcasters
from projections.fact import Fact
from service.domain.events import EVENT_TYPES, Event, from_data, to_data

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eventstore.records import NewEvent, RecordedEvent
    from eventstore.store import EventStore

UPCASTERS = Upcasters()
"""No event type has had a second version yet; each new one registers its step here."""


class Translator:
    """Encodes events for one store's lane and decodes its records, fetching keys of subjects as needed."""

    def __init__(self, store: EventStore, upcasters: Upcasters = UPCASTERS) -> None:
        self._store = store
        self._codec = Codec(store.lane, upcasters)

    def encode(
        self,
        stream: str,
        expected_version: int,
        events: Sequence[Event],
        metadata: str,
        subject_key: bytes | None = None,
    ) -> tuple[NewEvent, ...]:
        """Events ready to be appended after `expected_version`; `subject_key` seals the stream's subject."""
        return tuple(
            self._codec.encode(
                stream, version, event.TYPE, event.VERSION, _data(event, stream, subject_key), metadata
            )
            for version, event in enumerate(events, expected_version + 1)
        )

    async def decode(self, records: Sequence[RecordedEvent]) -> list[Fact]:
        """The facts behind records, personal data opened (None once erased). Raises Corrupt."""
        rows = [self._codec.decode(record) for record in records]
        keys = await self._keys(rows)
        return [
            Fact(_event(record, open_sealed(data, keys)), record.position, record.stream, record.recorded_at)
            for record, data in zip(records, rows, strict=True)
        ]

    def decode_for_decision(self, record: RecordedEvent) -> Event:
        """The event alone, its sealed fields left out: deciders never look at personal data."""
        data = self._codec.decode(record)
        for name in EVENT_TYPES[record.type].SEALED if record.type in EVENT_TYPES else ():
            data[name] = None
        return _event(record, data)

    async def _keys(self, rows: list[dict[str, Any]]) -> Mapping[str, bytes | None]:
        subjects = sealed_subjects(rows)
        return await self._store.subject_keys(sorted(subjects)) if subjects else {}


def _data(event: Event, stream: str, subject_key: bytes | None) -> dict[str, Any]:
    data = to_data(event)
    for name in event.SEALED:
        if subject_key is None:
            raise ValueError(f"{event.TYPE} holds personal data and needs its subject's key")
        data[name] = privacy.seal(data[name], stream, subject_key)
    return data


def _event(record: RecordedEvent, data: dict[str, Any]) -> Event:
    try:
        return from_data(record.type, data)
    except (KeyError, TypeError) as error:
        raise Corrupt(
            f"position {record.position}: {record.type} v{record.schema_version} cannot be read: {error!r}"
        ) from error
