"""What a log can do: the port that `PostgresStore` and `MemoryStore` fill, held to by contract tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eventstore.records import Head, Proposal, RecordedEvent, Snapshot, StreamTail, Verdict


READ_STREAM_EVENTS_MAX = 10_000
"""Events of one stream that one read brings, unless it says otherwise."""


class EventStore(Protocol):
    """One lane of an append-only log.

    Every call may raise Unavailable. `append` may raise OutcomeUnknown, after which the same batch may be
    sent again: what is in the log already is answered as DUPLICATE.
    """

    lane: int

    async def append(self, batch: Sequence[Proposal]) -> list[Verdict]:
        """Append a batch in one transaction, a verdict per proposal in order.

        Proposals on one stream are judged in order, each as if the earlier ones of the batch were in.
        Command ids must not repeat within a batch, nor may a name be claimed or released by two of it.
        What is erased with events is erased if and only if they are appended.
        """
        ...

    async def head(self) -> Head:
        """Where the lane ends."""
        ...

    async def read_range(self, first: int, last: int) -> list[RecordedEvent]:
        """Events at positions first..last, both included, as far as they exist."""
        ...

    async def read_streams(
        self, after: Mapping[str, int], fold_version: int, limit: int = READ_STREAM_EVENTS_MAX
    ) -> dict[str, StreamTail]:
        """For each stream its first `limit` events after a version; 0 may bring a snapshot of that fold."""
        ...

    async def resolve(self, names: Sequence[str]) -> dict[str, str]:
        """The stream that owns each claimed name; names nobody owns are absent."""
        ...

    async def save_snapshot(self, stream: str, snapshot: Snapshot) -> None:
        """Keep a snapshot unless a newer one of the same fold is there."""
        ...

    async def take_numbers(self, counts: Mapping[str, int]) -> dict[str, int]:
        """The first of `count` fresh numbers per counter. Numbers start at 1."""
        ...

    async def return_numbers(self, name: str, first: int, end: int) -> bool:
        """Give numbers first..end-1 back; False if somebody took later ones meanwhile (they stay a gap)."""
        ...

    async def subject_keys(self, subjects: Sequence[str]) -> dict[str, bytes | None]:
        """The keys of these subjects; None where destroyed, absent where there never was one."""
        ...

    async def create_subject_key(self, subject: str, key: bytes) -> bytes | None:
        """Keep `key` for a subject that has none; returns the one that stands (None: destroyed)."""
        ...

    async def put_secret(self, name: str, value: bytes) -> bytes:
        """Keep a secret's hash under a free name; returns the one that stands."""
        ...

    async def secret(self, name: str) -> bytes | None:
        """The value kept by `put_secret`."""
        ...
