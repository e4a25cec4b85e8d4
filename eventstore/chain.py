"""The canonical bytes that are hashed, and the check that a stored log still hashes to its head.

Version 1, all integers big-endian and signed, published with test vectors in `tests/golden/chain.json`:

content hash = SHA-256 of
    0x01 | lane int16 | version int64 | schema version int16 | event id 16 bytes
    | for each of stream, type, data, metadata: byte length uint32, UTF-8 bytes
block hash = SHA-256 of
    0x01 | previous block hash 32 bytes | first position int64 | recorded_at int64 microseconds since 1970
    | the content hashes of its events in order, 32 bytes each
leaf of the Merkle tree (RFC 6962; its hash is SHA-256 of 0x00 and this; `eventstore.merkle`) =
    0x01 | lane int16 | position int64 | recorded_at int64 microseconds since 1970 | content hash 32 bytes
The block before the first is 32 zero bytes. Position and recorded_at, which the database assigns, are
covered by the block and the leaf; everything the writer knows is covered by the content hash.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from struct import Struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

GENESIS_HASH = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FORMAT = b"\x01"
_FIXED = Struct(">chqh16s")
_LENGTH = Struct(">I")
_BLOCK = Struct(">c32sqq")
_LEAF = Struct(">chqq32s")


def content_bytes(
    lane: int,
    stream: str,
    version: int,
    event_id: UUID,
    event_type: str,
    schema_version: int,
    data: str,
    metadata: str,
) -> bytes:
    """The canonical bytes of one event, as the module docstring lays them out."""
    length = _LENGTH.pack
    name, kind, body, about = stream.encode(), event_type.encode(), data.encode(), metadata.encode()
    return b"".join(
        (
            _FIXED.pack(_FORMAT, lane, version, schema_version, event_id.bytes),
            length(len(name)),
            name,
            length(len(kind)),
            kind,
            length(len(body)),
            body,
            length(len(about)),
            about,
        )
    )


def content_hash(canonical_bytes: bytes) -> bytes:
    """SHA-256 of what `content_bytes` gave, 32 bytes."""
    return sha256(canonical_bytes).digest()


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970-01-01 UTC, exactly (a float timestamp would round)."""
    return (moment - _EPOCH) // _MICROSECOND


def block_hash(
    previous: bytes, first_position: int, recorded_at: datetime, content_hashes: Iterable[bytes]
) -> bytes:
    """SHA-256 over one flush; `content_hashes` in order of position. Microseconds are exact."""
    header = _BLOCK.pack(_FORMAT, previous, first_position, microseconds(recorded_at))
    return sha256(header + b"".join(content_hashes)).digest()


def leaf_bytes(lane: int, position: int, recorded_at: datetime, digest: bytes) -> bytes:
    """The canonical bytes of one event in the Merkle tree, 51 of them; `digest` is its content hash."""
    return _LEAF.pack(_FORMAT, lane, position, microseconds(recorded_at), digest)
