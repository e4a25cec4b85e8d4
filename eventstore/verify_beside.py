"""Checks what stands beside the log and influences what comes next: counters, and the keys of persons.

What events say of them is not known here: it is given as names of types and fields. Snapshots, which need the
rules of each kind of stream, are checked by whoever has those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eventstore.database import reachable
from eventstore.findings import FINDINGS_MAX, Finding
from eventstore.statements import statement
from eventstore.verify_rows import WHOLE_TABLE_TIMEOUT_S, at_leisure

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import asyncpg

    from eventstore.subscription import Connection


class Numbered(NamedTuple):
    """Where events of a type hold numbers of a counter: in a field, or that of each object in a list."""

    counter: str
    type: str
    field: str
    list: str = ""


async def check_numbers(
    connection: Connection, lane: int, sources: Sequence[Numbered], after: int = 0
) -> list[Finding]:
    """Every counter is beyond all numbers that events after a position hold. Raises Unavailable."""
    with reachable():
        async with at_leisure(connection):
            rows = await connection.fetch(
                statement("verify_numbers"),
                *(lane, after, *map(list, zip(*sources, strict=True))),
                timeout=WHOLE_TABLE_TIMEOUT_S,
            )
    return [
        Finding(
            ("is missing" if row["next"] is None else f"gives out {row['next']} next")
            + f"; the event at position {row['position']} has the number {row['number']}",
            *("es.counter", f"name={row['counter']}", row["position"]),
            () if row["next"] is None else ("next",),
        )
        for row in rows
    ]


class Persons(NamedTuple):
    """What was found of the keys; `note` is what cannot be told of a copy."""

    findings: list[Finding]
    note: str


async def check_subject_keys(
    connection: Connection,
    lane: int,
    sealing: Collection[str],
    erasing: Collection[str],
    streams: Sequence[str] | None = None,
) -> Persons:
    """Whose stream has sealed events has a key, unless an event erased it: then there is none.

    Types are of events whose sealed fields belong to the subject that is called like their stream. A copy
    may be made without keys, or of a time before an erasure; so what is older than the database that it
    lies in is only counted. `streams` None means all. Raises Unavailable.
    """
    with reachable():
        async with at_leisure(connection):
            rows = await connection.fetch(
                statement("verify_subject_keys"),
                *(lane, streams, list(sealing), list(erasing)),
                timeout=WHOLE_TABLE_TIMEOUT_S,
            )
    copied = [row for row in rows if row["is_copied"]]
    wrong = [row for row in rows if not row["is_copied"]][:FINDINGS_MAX]
    note = f"{len(copied)} have no key since before this copy was made" if copied else ""
    return Persons([_key_finding(row) for row in wrong], note)


def _key_finding(row: asyncpg.Record) -> Finding:
    subject, erased, first = row["stream_id"], row["erased"], row["first"]
    place = f"subject={subject}"
    if erased is not None:
        text = f"was erased at position {erased}, and there is a key"
        return Finding(text, "es.subject_key", place, erased, ("key",))
    if not row["is_there"]:
        text = f"is missing; there is personal data from position {first} on"
        return Finding(text, "es.subject_key", place, first)
    return Finding("was destroyed, and no event says so", "es.subject_key", place, first, ("key",))
