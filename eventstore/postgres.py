"""The log on PostgreSQL: `EventStore` over an asyncpg pool, every statement in a file of its own."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import asyncpg

from eventstore.database import connection_of, is_busy, is_lost, reachable
from eventstore.flush_arguments import erase_arguments, flush_arguments
from eventstore.records import (
    Head,
    Outcome,
    OutcomeUnknown,
    RecordedEvent,
    Snapshot,
    StreamTail,
    Unavailable,
    Verdict,
)
from eventstore.statements import statement
from eventstore.store import READ_STREAM_EVENTS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eventstore.records import Proposal

_OUTCOMES = {str(outcome): outcome for outcome in Outcome}


class PostgresStore:
    """One lane. `notify` rings the doorbell of other processes once per flush."""

    def __init__(self, pool: asyncpg.Pool, *, lane: int, notify: bool = True) -> None:
        self.lane = lane
        self._pool = pool
        self._notify = notify

    async def append(self, batch: Sequence[Proposal]) -> list[Verdict]:
        """One round trip, one transaction. See `EventStore.append`."""
        name, arguments = "append_batch", flush_arguments(batch)
        if erased := erase_arguments(batch):
            name, arguments = "append_and_erase", (*arguments, *erased)
        sent = False
        try:
            async with connection_of(self._pool) as connection:
                sent = True
                rows = await connection.fetch(statement(name), self.lane, self._notify, *arguments)
        except (
            OSError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            asyncpg.PostgresError,
        ) as error:
            if is_lost(error) and sent:
                raise OutcomeUnknown(f"the connection was lost during an append: {error}") from error
            if is_lost(error) or is_busy(error):
                raise Unavailable(f"PostgreSQL did not take an append: {error}") from error
            raise
        return [Verdict(_OUTCOMES[row[0]], *row[1:]) for row in map(tuple, rows)]

    async def head(self) -> Head:
        """See `EventStore.head`."""
        row = await self._one("read_head", self.lane)
        if row is None:
            raise Unavailable(f"lane {self.lane} does not exist: run init")
        position, digest, moment = row
        return Head(position, digest, moment if position else None)

    async def read_range(self, first: int, last: int) -> list[RecordedEvent]:
        """See `EventStore.read_range`."""
        return [RecordedEvent(*row) for row in await self._all("read_range", self.lane, first, last)]

    async def read_streams(
        self, after: Mapping[str, int], fold_version: int, limit: int = READ_STREAM_EVENTS_MAX
    ) -> dict[str, StreamTail]:
        """See `EventStore.read_streams`; one statement, so one snapshot of the database."""
        versions = list(after.values())
        rows = await self._all("read_streams", self.lane, list(after), versions, fold_version, limit)
        tails = {stream: StreamTail(stream, None, ()) for stream in after}
        for stream, group in groupby(rows, key=lambda row: row["stream_id"]):
            tails[stream] = self._tail(stream, list(group))
        return tails

    def _tail(self, stream: str, rows: list[asyncpg.Record]) -> StreamTail:
        snapshot = None
        if rows[0]["event_id"] is None:
            first = rows.pop(0)
            snapshot = Snapshot(first["version"], first["schema_version"], first["data"])
        events = tuple(
            RecordedEvent(self.lane, row["position"], stream, row["version"], *tuple(row)[3:]) for row in rows
        )
        return StreamTail(stream, snapshot, events)

    async def resolve(self, names: Sequence[str]) -> dict[str, str]:
        """See `EventStore.resolve`."""
        return dict(map(tuple, await self._all("resolve_keys", self.lane, list(names))))

    async def save_snapshot(self, stream: str, snapshot: Snapshot) -> None:
        """See `EventStore.save_snapshot`."""
        await self._all(
            "save_snapshot", self.lane, stream, snapshot.fold_version, snapshot.version, snapshot.state
        )

    async def take_numbers(self, counts: Mapping[str, int]) -> dict[str, int]:
        """See `EventStore.take_numbers`."""
        return dict(
            map(tuple, await self._all("take_numbers", self.lane, list(counts), list(counts.values())))
        )

    async def return_numbers(self, name: str, first: int, end: int) -> bool:
        """See `EventStore.return_numbers`."""
        row = await self._one("return_numbers", self.lane, name, first, end)
        return bool(row and row[0])

    async def subject_keys(self, subjects: Sequence[str]) -> dict[str, bytes | None]:
        """See `EventStore.subject_keys`."""
        return dict(map(tuple, await self._all("subject_keys", self.lane, list(subjects))))

    async def create_subject_key(self, subject: str, key: bytes) -> bytes | None:
        """See `EventStore.create_subject_key`."""
        row = await self._one("put_subject_keys", self.lane, [subject], [key])
        return row[1] if row else None

    async def put_secret(self, name: str, value: bytes) -> bytes:
        """See `EventStore.put_secret`."""
        row = await self._one("put_secret", self.lane, name, value)
        return bytes(row[0]) if row else value

    async def secret(self, name: str) -> bytes | None:
        """See `EventStore.secret`."""
        row = await self._one("read_secret", self.lane, name)
        return row[0] if row else None

    async def _all(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        with reachable():
            async with connection_of(self._pool) as connection:
                return await connection.fetch(statement(name), *arguments)

    async def _one(self, name: str, *arguments: Any) -> tuple[Any, ...] | None:
        with reachable():
            async with connection_of(self._pool) as connection:
                row = await connection.fetchrow(statement(name), *arguments)
        return None if row is None else tuple(row)
