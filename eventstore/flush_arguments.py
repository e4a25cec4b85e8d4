"""Turns a batch of proposals into the flat arrays that es.append_batch_v1 takes, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventstore.records import Proposal


def flush_arguments(batch: Sequence[Proposal]) -> tuple[list[Any], ...]:
    """The arguments after lane and notify. One pass over the batch: this is on the hot path."""
    commands = [(p.command_id, p.request_hash, p.stream, p.expected_version, len(p.events)) for p in batch]
    events = [
        (
            number,
            offset,
            proposal.stream,
            proposal.expected_version + offset,
            event.event_id,
            event.type,
            event.schema_version,
            event.data,
            event.metadata,
            event.content_hash,
        )
        for number, proposal in enumerate(batch, 1)
        for offset, event in enumerate(proposal.events, 1)
    ]
    claims = [(number, name) for number, proposal in enumerate(batch, 1) for name in proposal.claims]
    releases = [(number, name) for number, proposal in enumerate(batch, 1) for name in proposal.releases]
    return (*_columns(commands, 5), *_columns(events, 10), *_columns(claims, 2), *_columns(releases, 2))


def erase_arguments(batch: Sequence[Proposal]) -> tuple[list[Any], ...]:
    """What es.append_and_erase_v1 takes after those; nothing if nothing is to be erased, as nearly always."""
    erased = [(number, name) for number, proposal in enumerate(batch, 1) for name in proposal.erases]
    return (*_columns(erased, 2),) if erased else ()


def _columns(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
