"""The shapes that cross the log's border: what is proposed, the verdict, and what was recorded.

Plain data, no behaviour; what is made for every command is a named tuple, as that is made quickest.
Everything in `eventstore/` may import this; so may `projections/` and `service/handling/`. Positions
start at 1 in a lane, versions at 1 in a stream; 0 means "before the first".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


POSITION_MAX = 2**63 - 1
"""None is beyond it: to the end of the log, wherever that is."""


class NewEvent(NamedTuple):
    """An encoded event, not yet in the log.

    `data` and `metadata` are canonical JSON text, stored verbatim; `content_hash` is 32 bytes of SHA-256
    over `eventstore.chain.content_bytes`, so it already commits to lane, stream and version.
    """

    event_id: UUID
    type: str
    schema_version: int
    data: str
    metadata: str
    content_hash: bytes


class Proposal(NamedTuple):
    """One command's wish: append `events` to `stream` if the stream stands at `expected_version`.

    No events makes it a check: the verdict says whether `expected_version` was true, which is how a
    refusal decided from memory is confirmed against the log. `claims` are names that must be unique in
    the lane, `releases` names given back. `erases` are subjects whose keys are destroyed in the same moment
    as the events are appended. `request_hash` (32 bytes) is compared when the same
    `command_id` comes again; None compares equal to None.
    """

    command_id: UUID
    request_hash: bytes | None
    stream: str
    expected_version: int
    events: tuple[NewEvent, ...] = ()
    claims: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    erases: tuple[str, ...] = ()


class Outcome(StrEnum):
    """What the log says to one proposal."""

    APPENDED = "appended"
    """The events are in the log (for a check: the expected version was true)."""
    CONFLICT = "conflict"
    """The stream stands elsewhere; decide again."""
    DUPLICATE = "duplicate"
    """This command id is in the log already, with the same request; the coordinates are the first ones."""
    MISMATCH = "mismatch"
    """This command id is in the log already, with another request."""
    TAKEN = "taken"
    """A claimed name belongs to another event, at `stream` and `first_position`."""


class Verdict(NamedTuple):
    """The log's answer to one proposal, with the coordinates of what it is about.

    CONFLICT, and a check that came true, have none. For TAKEN `stream` and `first_position` name the owner
    of a claim that was refused.
    """

    outcome: Outcome
    stream: str
    first_version: int = 0
    last_version: int = 0
    first_position: int = 0
    last_position: int = 0


class RecordedEvent(NamedTuple):
    """One event as it stands in the log."""

    lane: int
    position: int
    stream: str
    version: int
    event_id: UUID
    type: str
    schema_version: int
    recorded_at: datetime
    data: str
    metadata: str
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a lane: its last position, the block hash that covers everything, and its time."""

    position: int
    hash: bytes
    recorded_at: datetime | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A droppable cache of folded state: `state` is JSON text made by fold number `fold_version`."""

    version: int
    fold_version: int
    state: str


@dataclass(frozen=True, slots=True)
class StreamTail:
    """What a stream holds after some version, oldest first, on top of a snapshot if one was used."""

    stream: str
    snapshot: Snapshot | None
    events: tuple[RecordedEvent, ...]


class StoreError(Exception):
    """Something about the log itself went wrong."""


class Unavailable(StoreError):
    """The log cannot be reached or did not answer in time; nothing of this call was recorded."""


class OutcomeUnknown(StoreError):
    """The log stopped answering while it may have been committing; repeating with the same id is safe."""


class QueueFull(StoreError):
    """Too many commands are waiting already; nothing of this one was recorded."""


class Corrupt(StoreError):
    """The log or a follower of it broke a promise: a gap, a wrong hash, an unknown event."""
