"""Domain events to and from the log's records: field names, sealing, schema versions.

The only place where the words of the domain meet the words of the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventstore import canonical, privacy
from eventstore.codec import Codec, open_sealed, sealed_subjects
from eventstore.records import Corrupt
from eventstore.upcast import Upcasters
from projections.fact import Fact
from service.domain.events import EVENT_TYPES, Event, from_data, to_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventstore.records import NewEvent, RecordedEvent
    from eventstore.store import EventStore
    from eventstore.subscription import Body

UPCASTERS = Upcasters()
"""Each new version of an event type registers its step here."""


def _recorded_sometime(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "recorded_at": ""}


UPCASTERS.register("payment.recorded", 1, _recorded_sometime)
UPCASTERS.register("credit.applied", 1, _recorded_sometime)
UPCASTERS.register("account.deleted", 1, lambda data: {**data, "servers": []})
UPCASTERS.register("invoice.settled", 1, lambda data: {**data, "recorded_at": data["settled_at"]})

_SEALED = {name: event.SEALED for name, event in EVENT_TYPES.items() if event.SEALED}
"""The sealed fields by event type: most events have none, and are not looked through for any."""


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
        encode = self._codec.encode
        return tuple(
            [
                encode(
                    stream, version, event.TYPE, event.VERSION, _data(event, stream, subject_key), metadata
                )
                for version, event in enumerate(events, expected_version + 1)
            ]
        )

    async def decode(self, records: Sequence[Body | RecordedEvent]) -> list[Fact]:
        """The facts behind records, personal data opened (None once erased). Raises Corrupt."""
        decode = self._codec.decode
        # What is sealed is opened together, with keys read at once. All else becomes facts one by one: the
        # dicts of thousands of events would fall out of the processor's cache before they are used.
        personal = {record.position: decode(record) for record in records if record.type in _SEALED}
        if personal:
            await self._open(
                [(personal[each.position], _SEALED[each.type]) for each in records if each.type in _SEALED]
            )
        return [
            Fact(
                _event(record, personal.get(record.position) or decode(record)),
                record.position,
                record.stream,
            )
            for record in records
        ]

    async def stored_data(self, records: Sequence[RecordedEvent], *, is_personal: bool) -> list[bytes]:
        """The data of records as JSON, in the schema version it was stored in.

        What is sealed is null, or opened if `is_personal` (null still where it was erased). Raises Corrupt.
        """
        personal = [
            (number, canonical.loads(record.data), _SEALED[record.type])
            for number, record in enumerate(records)
            if record.type in _SEALED
        ]
        if is_personal:
            await self._open([(data, names) for _, data, names in personal])
        texts = [record.data.encode() for record in records]
        for number, data, names in personal:
            shown = data if is_personal else {**data, **dict.fromkeys(names)}
            texts[number] = canonical.dumps(shown).encode()
        return texts

    def decode_for_decision(self, record: RecordedEvent) -> Event:
        """The event alone, its sealed fields left out: deciders never look at personal data."""
        data = self._codec.decode(record)
        for name in _SEALED.get(record.type, ()):
            data[name] = None
        return _event(record, data)

    async def _open(self, personal: Sequence[tuple[dict[str, Any], tuple[str, ...]]]) -> None:
        """Open the sealed fields of these rows in place, with the keys of all of them read at once."""
        subjects = set[str]().union(*(sealed_subjects(data, names) for data, names in personal))
        keys = await self._store.subject_keys(sorted(subjects)) if subjects else {}
        for data, names in personal:
            open_sealed(data, names, keys)


def _data(event: Event, stream: str, subject_key: bytes | None) -> dict[str, Any]:
    data = to_data(event)
    for name in event.SEALED:
        if subject_key is None and not data[name]:
            data[name] = None  # there is nothing to seal, and no key any more: as what was sealed reads now
            continue
        if subject_key is None:
            raise ValueError(f"{event.TYPE} holds personal data and needs its subject's key")
        data[name] = privacy.seal(data[name], stream, subject_key)
    return data


def _event(record: Body | RecordedEvent, data: dict[str, Any]) -> Event:
    try:
        return from_data(record.type, data)
    except (KeyError, TypeError) as error:
        raise Corrupt(
            f"position {record.position}: {record.type} v{record.schema_version} cannot be read: {error!r}"
        ) from error
