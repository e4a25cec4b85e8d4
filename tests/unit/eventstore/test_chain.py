"""The canonical bytes are a published format: these vectors may never change."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from eventstore.chain import block_hash, content_bytes, content_hash, leaf_bytes
from eventstore.merkle import leaf_hash

VECTORS = json.loads((Path(__file__).parents[2] / "golden" / "chain.json").read_text(encoding="utf-8"))


def test_content_vectors() -> None:
    """The published events give the published bytes and hashes."""
    for vector in VECTORS["content"]:
        event = vector["event"]
        arguments = (
            event["lane"],
            event["stream"],
            event["version"],
            UUID(event["event_id"]),
            event["type"],
            event["schema_version"],
            event["data"],
            event["metadata"],
        )
        assert content_bytes(*arguments).hex() == vector["bytes"]
        assert content_hash(content_bytes(*arguments)).hex() == vector["hash"]


def test_block_vectors() -> None:
    """The published blocks give the published hashes, to the microsecond."""
    for vector in VECTORS["block"]:
        digest = block_hash(
            bytes.fromhex(vector["previous"]),
            vector["first_position"],
            datetime.fromisoformat(vector["recorded_at"]),
            [bytes.fromhex(content) for content in vector["content_hashes"]],
        )
        assert digest.hex() == vector["hash"]


def test_leaf_vectors() -> None:
    """The published leaves of the Merkle tree give the published bytes and hashes."""
    for vector in VECTORS["leaf"]:
        leaf = leaf_bytes(
            vector["lane"],
            vector["position"],
            datetime.fromisoformat(vector["recorded_at"]),
            bytes.fromhex(vector["content_hash"]),
        )
        assert leaf.hex() == vector["bytes"]
        assert leaf_hash(leaf).hex() == vector["hash"]


@given(st.text(), st.text(), st.text(), st.text())
def test_fields_cannot_run_into_each_other(stream: str, kind: str, data: str, metadata: str) -> None:
    """Length prefixes: moving a character from one field to the next changes the bytes."""
    first = content_bytes(0, stream + "x", 1, UUID(int=1), kind, 1, data, metadata)
    second = content_bytes(0, stream, 1, UUID(int=1), "x" + kind, 1, data, metadata)
    assert first != second
