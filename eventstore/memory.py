"""The log in memory: the honest twin of `PostgresStore`, for tests and for trying things out.

It keeps the same promises except durability; the contract tests run against both.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eventstore.chain import GENESIS_HASH, block_hash
from eventstore.records import Head, Outcome, Proposal, RecordedEvent, Snapshot, StreamTail, Verdict
from eventstore.store import READ_STREAM_EVENTS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID


class MemoryStore:
    """One lane in plain Python structures."""

    def __init__(self, *, lane: int = 0) -> None:
        self.lane = lane
        self.events: list[RecordedEvent] = []
        self._head = Head(0, GENESIS_HASH, None)
        self._streams: dict[str, list[RecordedEvent]] = {}
        self._receipts: dict[UUID, tuple[bytes | None, Verdict]] = {}
        self._keys: dict[str, tuple[str, int]] = {}
        self._snapshots: dict[tuple[str, int], Snapshot] = {}
        self._counters: dict[str, int] = {}
        self._subject_keys: dict[str, bytes | None] = {}
        self._secrets: dict[str, bytes] = {}

    async def append(self, batch: Sequence[Proposal]) -> list[Verdict]:
        """See `EventStore.append`."""
        now = max(datetime.now(UTC), self._head.recorded_at or datetime.min.replace(tzinfo=UTC))
        first = self._head.position + 1
        broken: set[str] = set()
        verdicts = [self._judge(proposal, now, broken) for proposal in batch]
        flushed = self.events[first - 1 :]
        if flushed:
            digest = block_hash(self._head.hash, first, now, (event.content_hash for event in flushed))
            self._head = Head(len(self.events), digest, now)
        return verdicts

    def _judge(self, proposal: Proposal, now: datetime, broken: set[str]) -> Verdict:
        """One verdict; what is appended is in effect for the proposals after it."""
        if (receipt := self._receipts.get(proposal.command_id)) is not None:
            broken.add(proposal.stream)
            request_hash, first_time = receipt
            outcome = Outcome.DUPLICATE if request_hash == proposal.request_hash else Outcome.MISMATCH
            return Verdict(
                outcome,
                first_time.stream,
                first_time.first_version,
                first_time.last_version,
                first_time.first_position,
                first_time.last_position,
            )
        version = len(self._streams.get(proposal.stream, ()))
        if proposal.stream in broken or proposal.expected_version != version:
            broken.add(proposal.stream)
            return Verdict(Outcome.CONFLICT, proposal.stream)
        for name in proposal.claims:
            if name in self._keys and name not in proposal.releases:
                broken.add(proposal.stream)
                owner, position = self._keys[name]
                return Verdict(Outcome.TAKEN, owner, first_position=position)
        return self._record(proposal, now)

    def _record(self, proposal: Proposal, now: datetime) -> Verdict:
        if not proposal.events:
            return Verdict(Outcome.APPENDED, proposal.stream)
        stream = self._streams.get(proposal.stream, [])
        first_position = len(self.events) + 1
        for offset, event in enumerate(proposal.events):
            recorded = RecordedEvent(
                lane=self.lane,
                position=first_position + offset,
                stream=proposal.stream,
                version=proposal.expected_version + 1 + offset,
                event_id=event.event_id,
                type=event.type,
                schema_version=event.schema_version,
                recorded_at=now,
                data=event.data,
                metadata=event.metadata,
                content_hash=event.content_hash,
            )
            self.events.append(recorded)
            stream.append(recorded)
        verdict = Verdict(
            Outcome.APPENDED,
            proposal.stream,
            proposal.expected_version + 1,
            proposal.expected_version + len(proposal.events),
            first_position,
            first_position + len(proposal.events) - 1,
        )
        self._streams[proposal.stream] = stream
        self._receipts[proposal.command_id] = (proposal.request_hash, verdict)
        for name in proposal.releases:
            self._keys.pop(name, None)
        self._keys.update(dict.fromkeys(proposal.claims, (proposal.stream, first_position)))
        self._subject_keys.update(dict.fromkeys(self._subject_keys.keys() & set(proposal.erases)))
        return verdict

    async def head(self) -> Head:
        """See `EventStore.head`."""
        return self._head

    async def read_range(self, first: int, last: int) -> list[RecordedEvent]:
        """See `EventStore.read_range`."""
        return self.events[max(first, 1) - 1 : max(last, 0)]

    async def read_streams(
        self, after: Mapping[str, int], fold_version: int, limit: int = READ_STREAM_EVENTS_MAX
    ) -> dict[str, StreamTail]:
        """See `EventStore.read_streams`."""
        tails = {}
        for stream, version in after.items():
            snapshot = None if version else self._snapshots.get((stream, fold_version))
            start = snapshot.version if snapshot else version
            tails[stream] = StreamTail(
                stream, snapshot, tuple(self._streams.get(stream, ())[start : start + limit])
            )
        return tails

    async def resolve(self, names: Sequence[str]) -> dict[str, str]:
        """See `EventStore.resolve`."""
        return {name: self._keys[name][0] for name in names if name in self._keys}

    async def save_snapshot(self, stream: str, snapshot: Snapshot) -> None:
        """See `EventStore.save_snapshot`."""
        kept = self._snapshots.get((stream, snapshot.fold_version))
        if kept is None or kept.version < snapshot.version:
            self._snapshots[stream, snapshot.fold_version] = snapshot

    async def take_numbers(self, counts: Mapping[str, int]) -> dict[str, int]:
        """See `EventStore.take_numbers`."""
        firsts = {name: self._counters.get(name, 1) for name in counts}
        self._counters |= {name: firsts[name] + count for name, count in counts.items()}
        return firsts

    async def return_numbers(self, name: str, first: int, end: int) -> bool:
        """See `EventStore.return_numbers`."""
        if self._counters.get(name) != end:
            return False
        self._counters[name] = first
        return True

    async def subject_keys(self, subjects: Sequence[str]) -> dict[str, bytes | None]:
        """See `EventStore.subject_keys`."""
        return {subject: self._subject_keys[subject] for subject in subjects if subject in self._subject_keys}

    async def create_subject_key(self, subject: str, key: bytes) -> bytes | None:
        """See `EventStore.create_subject_key`."""
        return self._subject_keys.setdefault(subject, key)

    async def put_secret(self, name: str, value: bytes) -> bytes:
        """See `EventStore.put_secret`."""
        return self._secrets.setdefault(name, value)

    async def secret(self, name: str) -> bytes | None:
        """See `EventStore.secret`."""
        return self._secrets.get(name)
