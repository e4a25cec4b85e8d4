"""The Merkle tree as RFC 6962 defines it, recursively: what the product's trees are compared with."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from eventstore.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventstore.merkle import Span


def leaves_of(size: int) -> list[bytes]:
    """Distinct leaf hashes."""
    return [leaf_hash(number.to_bytes(8, "big")) for number in range(size)]


def model_root(digests: Sequence[bytes]) -> bytes:
    """MTH as RFC 6962 defines it, over leaf hashes."""
    if not digests:
        return sha256().digest()
    if len(digests) == 1:
        return digests[0]
    half = 1
    while half * 2 < len(digests):
        half *= 2
    return sha256(b"\x01" + model_root(digests[:half]) + model_root(digests[half:])).digest()


def proof(digests: Sequence[bytes], spans: Sequence[Span]) -> list[bytes]:
    """The hashes of spans, by the model."""
    return [model_root(digests[span.start : span.end]) for span in spans]
