"""Checks what the log keeps beside its events against them: versions of streams, and receipts of commands.

Each check is a statement or two, hence exact at one moment whatever is appended meanwhile. `after` is a
position up to which everything was verified before; from there on only what was written later is looked at.
Names are checked in `verify_names`.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from eventstore.database import reachable
from eventstore.findings import FINDINGS_MAX, Finding
from eventstore.statements import statement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import asyncpg

    from eventstore.subscription import Connection

WHOLE_TABLE_TIMEOUT_S = 3600.0
"""Statements that read a table whole take as long as they take: the pool's time-outs are not for them."""
# Whole tables are joined: lookups row by row, to which wrong estimates lead, take forever.
_SETTINGS = "set local statement_timeout = 0; set local work_mem = '64MB'; set local enable_nestloop = off"
_STREAM_COLUMNS = ("version", "first_position", "last_position")


@asynccontextmanager
async def at_leisure(connection: Connection) -> AsyncIterator[None]:
    """A transaction in which statements may sort a whole table, and take their time."""
    async with connection.transaction():
        await connection.execute(_SETTINGS)
        yield


async def check_streams(
    connection: Connection, lane: int, streams: Sequence[str] | None = None
) -> list[Finding]:
    """Versions are 1, 2, 3 ... in every stream, and its row says where it begins and ends.

    `streams` None means all. Raises Unavailable.
    """
    text = statement("verify_streams").replace(
        "{streams}", "" if streams is None else "and stream_id = any ($3::text[])"
    )
    arguments = () if streams is None else (list(streams),)
    with reachable():
        async with at_leisure(connection):
            rows = await connection.fetch(text, lane, FINDINGS_MAX, *arguments, timeout=WHOLE_TABLE_TIMEOUT_S)
    return [_stream_finding(row) for row in rows]


def _stream_finding(row: asyncpg.Record) -> Finding:
    key = f"stream_id={row['stream_id']}"
    if row["wrong"] is not None:
        text = f"{row['stream_id']} does not have its versions without a gap up to here"
        return Finding(text, "es.event", "", row["wrong"], ("version",))
    if row["version"] is None:
        return Finding("is missing", "es.stream", key, row["told_first_position"])
    if row["told_version"] is None:
        return Finding("is not in the log", "es.stream", key, row["first_position"])
    wrong = [name for name in _STREAM_COLUMNS if row[name] != row[f"told_{name}"]]
    text = ", ".join(f"{name} is {row[name]}, from the log {row[f'told_{name}']}" for name in wrong)
    return Finding(text, "es.stream", key, row["told_last_position"], tuple(wrong))


async def check_receipts(connection: Connection, lane: int, after: int = 0) -> list[Finding]:
    """Every event belongs to exactly one receipt, which says what the event says. Raises Unavailable."""
    with reachable():
        async with at_leisure(connection):
            rows = await connection.fetch(
                statement("verify_receipt_order"), lane, after, FINDINGS_MAX, timeout=WHOLE_TABLE_TIMEOUT_S
            )
            end = await connection.fetchrow(
                statement("verify_receipt_end"), lane, timeout=WHOLE_TABLE_TIMEOUT_S
            )
            found = [_order_finding(row) for row in rows]
            if end is not None and max(end["last_position"], after) < end["head_position"]:
                found.append(_uncovered(max(end["last_position"], after) + 1, end["head_position"]))
            if found:  # what lies where is not even clear
                return found
            rows = await connection.fetch(
                statement("verify_receipts"), lane, after, FINDINGS_MAX, timeout=WHOLE_TABLE_TIMEOUT_S
            )
    return [_receipt_finding(row) for row in rows]


def _order_finding(row: asyncpg.Record) -> Finding:
    first, last, before = row["first_position"], row["last_position"], row["before"]
    key = f"command_id={row['command_id']}"
    if last < first or last > row["head_position"]:
        text = f"points to positions {first} to {last}, which are not there"
        return Finding(text, "es.receipt", key, first, ("first_position", "last_position"))
    if first <= before:
        text = f"positions {first} to {last} are, in part or whole, those of another receipt"
        return Finding(text, "es.receipt", key, first, ("first_position", "last_position"))
    return _uncovered(before + 1, first - 1)


def _uncovered(first: int, last: int) -> Finding:
    return Finding(f"the events up to position {last} have no receipt", "es.receipt", "", first)


def _receipt_finding(row: asyncpg.Record) -> Finding:
    text = f"not what the event at position {row['position']} says: {', '.join(row['columns'])}"
    key = f"command_id={row['command_id']}"
    return Finding(text, "es.receipt", key, row["position"], tuple(row["columns"]))


async def changed_streams(connection: Connection, lane: int, after: int, up_to: int) -> list[str]:
    """The streams that were written to after a position, and up to another. Raises Unavailable."""
    with reachable():
        rows = await connection.fetch(
            statement("verify_changed_streams"), lane, after, up_to, timeout=WHOLE_TABLE_TIMEOUT_S
        )
    return [row["stream_id"] for row in rows]
