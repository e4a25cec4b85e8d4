"""Self-contained proof files: an event as it was hashed, its path to a signed checkpoint, and the keys.

JSON, verified by `verify_proof.py`. `data` and `metadata` are the stored texts, byte for byte, so sealed
personal data stays sealed. Used by the operator's commands.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from eventstore.merkle import verify_inclusion
from eventstore.records import StoreError
from eventstore.tree import inclusion_proof
from eventstore.tree_check import leaf_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventstore.note import VerifierKey
    from eventstore.records import RecordedEvent
    from eventstore.subscription import Connection
    from eventstore.tree import SignedCheckpoint

FORMAT = "creditledger-proof/1"


class CannotProve(StoreError):
    """There is no proof to be had; the message says why."""


async def proven_event(
    connection: Connection, event: RecordedEvent, checkpoint: SignedCheckpoint
) -> dict[str, Any]:
    """An event with its path. Raises CannotProve where it is not what the checkpoint says."""
    proof = await inclusion_proof(connection, event.lane, event.position, checkpoint.size)
    digest = leaf_digest(event.lane, event.position, event.recorded_at, event.content_hash)
    if not verify_inclusion(event.position - 1, checkpoint.size, digest, proof.path, checkpoint.root):
        raise CannotProve(
            f"the event at position {event.position} is not in the tree that was signed: "
            "run creditledger verify"
        )
    return {
        "lane": event.lane,
        "position": event.position,
        "recorded_at": event.recorded_at.isoformat(timespec="microseconds"),
        "stream": event.stream,
        "version": event.version,
        "event_id": str(event.event_id),
        "type": event.type,
        "schema_version": event.schema_version,
        "data": event.data,
        "metadata": event.metadata,
        "path": [b64encode(neighbour).decode() for neighbour in proof.path],
    }


async def proof_document(
    connection: Connection,
    event: RecordedEvent,
    checkpoint: SignedCheckpoint,
    keys: Sequence[VerifierKey],
) -> dict[str, Any]:
    """The whole file as a JSON object. Raises CannotProve."""
    return {
        "format": FORMAT,
        "event": await proven_event(connection, event, checkpoint),
        "checkpoint": checkpoint.note,
        "keys": [key.text for key in keys],
    }
