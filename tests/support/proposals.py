"""Proposals with made-up events, for tests of the log itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventstore.codec import Codec
from eventstore.identifiers import uuid7
from eventstore.records import Proposal
from eventstore.upcast import Upcasters

if TYPE_CHECKING:
    from uuid import UUID

_CODEC = Codec(0, Upcasters())


def proposal(
    stream: str,
    expected_version: int,
    events: int = 1,
    *,
    command_id: UUID | None = None,
    request_hash: bytes | None = None,
    claims: tuple[str, ...] = (),
    releases: tuple[str, ...] = (),
    data: dict[str, Any] | None = None,
    erases: tuple[str, ...] = (),
) -> Proposal:
    """A wish to append that many events, or a check with none."""
    return Proposal(
        command_id or uuid7(),
        request_hash,
        stream,
        expected_version,
        tuple(
            _CODEC.encode(stream, expected_version + n, "thing.happened", 1, data or {"n": n}, "{}")
            for n in range(1, events + 1)
        ),
        claims,
        releases,
        erases,
    )
