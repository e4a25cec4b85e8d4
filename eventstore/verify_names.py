"""Checks the names that are unique in a lane against the events that claim and release them.

What an event claims is not known here: a `Teller` tells it. Some names it can only call possible, because
nothing in the log says whether they were asked for; and some nobody can tell any more, because they are made
of personal data that was erased. Those are believed; all others are compared both ways. Names
kept as given back (`es.released_key`) must have been given back by an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from eventstore.database import reachable
from eventstore.findings import FINDINGS_MAX, Finding
from eventstore.statements import statement
from eventstore.subscription import Body, read_bodies_after
from eventstore.verify_rows import WHOLE_TABLE_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import asyncpg

    from eventstore.subscription import Connection

_BATCH_EVENTS = 10_000
_BATCH_NAMES = 1_000
_TOLD = "create temporary table told_name (name text, stream_id text, position bigint, is_claim boolean)"
_COLUMNS = ["name", "stream_id", "position", "is_claim"]


class Told(NamedTuple):
    """What an event surely does to names."""

    position: int
    stream: str
    claims: tuple[str, ...]
    releases: tuple[str, ...]


class Possible(NamedTuple):
    """Names that an event may have claimed; of `hidden` kinds (what stands before the colon) any at all."""

    names: frozenset[str]
    hidden: frozenset[str]


class Teller(Protocol):
    """Who knows what events claim."""

    types: frozenset[str]
    """Those that surely claim or release names."""

    async def told(self, bodies: Sequence[Body]) -> list[Told]:
        """What each of these events does; those that do nothing may be left out. Raises Corrupt."""
        ...

    async def possible(self, bodies: Sequence[Body]) -> list[Possible]:
        """One for each of these events. Raises Corrupt."""
        ...


async def check_names(
    connection: Connection,
    lane: int,
    teller: Teller,
    after: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[Finding]:
    """Every name in the log is held by whom it says, and no other is held. Raises Unavailable, Corrupt.

    With `after` only the names that later events are about, and those held since. Uses a temporary table.
    """
    names = _Names(connection, lane, teller, after)
    with reachable():
        try:
            await connection.execute(_TOLD)
            head = await names.head()
            while names.position < head:
                await names.advance(head)
                progress(names.position, head)
            async with connection.transaction(isolation="repeatable_read"):
                await connection.execute("set local statement_timeout = 0; set local work_mem = '64MB'")
                head = await names.head()
                while names.position < head:
                    await names.advance(head)
                rows = await connection.fetch(
                    statement("verify_names"), lane, after, timeout=WHOLE_TABLE_TIMEOUT_S
                )
                found = await names.findings(rows)
                released = await connection.fetch(
                    statement("verify_released"), lane, after, FINDINGS_MAX, timeout=WHOLE_TABLE_TIMEOUT_S
                )
                return [*found, *map(_released_finding, released)][:FINDINGS_MAX]
        finally:
            await connection.execute("drop table if exists pg_temp.told_name")


class _Names:
    def __init__(self, connection: Connection, lane: int, teller: Teller, after: int) -> None:
        self._connection = connection
        self._lane = lane
        self._teller = teller
        self.position = after

    async def head(self) -> int:
        return int(await self._connection.fetchval(statement("read_head"), self._lane) or 0)

    async def advance(self, head: int) -> None:
        """Take down what the next events say."""
        limit = min(_BATCH_EVENTS, head - self.position)
        bodies, end = await read_bodies_after(
            self._connection, self._lane, self.position, limit, self._teller.types
        )
        told = await self._teller.told(bodies)
        records = [
            (name, each.stream, each.position, is_claim)
            for each in told
            for names, is_claim in ((each.releases, False), (each.claims, True))
            for name in names
        ]
        if records:
            await self._connection.copy_records_to_table("told_name", records=records, columns=_COLUMNS)
        self.position = head if end == self.position else end  # a log that ends early is found elsewhere

    async def findings(self, rows: Sequence[asyncpg.Record]) -> list[Finding]:
        found: list[Finding] = []
        for start in range(0, len(rows), _BATCH_NAMES):
            batch = rows[start : start + _BATCH_NAMES]
            open_questions = [row for row in batch if _may_be_claimed(row)]
            explained = await self._explained(open_questions)
            found += [_finding(row) for row in batch if row["name"] not in explained]
            if len(found) >= FINDINGS_MAX:
                break
        return found[:FINDINGS_MAX]

    async def _explained(self, rows: Sequence[asyncpg.Record]) -> set[str]:
        """The names which an event from where the key points to may have claimed."""
        if not rows:
            return set()
        found = await self._connection.fetch(
            statement("verify_claimants"),
            self._lane,
            [row["stream_id"] for row in rows],
            [row["position"] for row in rows],
        )
        possible = await self._teller.possible([Body(*tuple(row)[:5]) for row in found])
        return {
            rows[event["no"] - 1]["name"]
            for event, names in zip(found, possible, strict=True)
            if rows[event["no"] - 1]["name"] in names.names
            or rows[event["no"] - 1]["name"].partition(":")[0] in names.hidden
        }


def _may_be_claimed(row: asyncpg.Record) -> bool:
    """Whether the key may stand for a claim that no event is sure to make, and not given back since."""
    if row["position"] is None or row["is_claim"]:
        return False
    return row["told_position"] is None or bool(row["position"] > row["told_position"])


def _released_finding(row: asyncpg.Record) -> Finding:
    after = row["released_after"]
    return Finding(
        f"no event of {row['stream_id']} gave it back right after position {after}",
        *("es.released_key", f"name={row['name']}", after + 1),
    )


def _finding(row: asyncpg.Record) -> Finding:
    key = f"name={row['name']}"
    if row["position"] is None:
        text = f"is missing; the event at position {row['told_position']} claims it"
        return Finding(text, "es.key", key, row["told_position"])
    if row["told_position"] is None:
        return Finding("no event claims it there", "es.key", key, row["position"])
    if not row["is_claim"]:
        text = f"was given back at position {row['told_position']}"
        return Finding(text, "es.key", key, row["told_position"])
    columns = tuple(
        name
        for name, told in (("stream_id", "told_stream"), ("position", "told_position"))
        if row[name] != row[told]
    )
    text = f"belongs to {row['told_stream']} since position {row['told_position']}, not to "
    return Finding(
        f"{text}{row['stream_id']} since position {row['position']}",
        *("es.key", key, row["told_position"], columns),
    )
