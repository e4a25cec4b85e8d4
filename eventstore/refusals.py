"""What was refused, kept beside the log: written in batches, read newest first, the oldest forgotten.

Generic: an action, a code, a stream and a JSON object of numbers. It is no part of the hash chain, since
nothing happened. When rows are written and what is in them is decided above, in `service.handling.refusals`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
import orjson

from eventstore.database import reachable
from eventstore.records import Unavailable
from eventstore.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

COMMAND = "command"
"""Whoever asked was let in, and the ledger said no."""
ACCESS = "access"
"""Whoever asked was not let in."""


class NewRefusal(NamedTuple):
    """A refusal, or several alike, on the way to the record. `about` is JSON text; ages in microseconds.

    Those with the same `digest` (32 bytes) become one row.
    """

    kind: str
    digest: bytes
    first_age_us: int
    last_age_us: int
    times: int
    action: str
    code: str
    message: str
    stream: str
    about: str
    credential: str
    admin_id: int
    address: str
    request_id: str


class PastRefusal(NamedTuple):
    """A row of the record: what was refused `times` times between two moments."""

    refusal_id: int
    kind: str
    first_at: datetime
    last_at: datetime
    times: int
    action: str
    code: str
    message: str
    stream: str
    """The stream it was about, as far as that is known, else ""."""
    about: dict[str, Any]
    """Numbers of what it was about, by name."""
    credential: str
    admin_id: int
    address: str
    request_id: str
    """Of the first of them."""


class Wanted(NamedTuple):
    """Which rows: None for all of that kind of condition. `until` is not included."""

    kind: str | None = None
    code: str | None = None
    stream: str | None = None
    about: Mapping[str, Any] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def arguments(self) -> tuple[object, ...]:
        """As the statements take them."""
        about = None if self.about is None else orjson.dumps(dict(self.about)).decode()
        return self.kind, self.code, self.stream, about, self.since, self.until


async def record(pool: asyncpg.Pool, lane: int, batch: Sequence[NewRefusal]) -> None:
    """Keep a batch; digests must not repeat within it. Raises Unavailable."""
    columns = [list(column) for column in zip(*batch, strict=True)]
    with reachable():
        await pool.execute(statement("record_refusals"), lane, *columns)


async def prune(pool: asyncpg.Pool, lane: int, rows_max: Mapping[str, int], age_max_s: int) -> int:
    """Forget the oldest of each kind beyond its number of rows, and what is too old. How many."""
    with reachable():
        gone: int = await pool.fetchval(
            statement("prune_refusals"), lane, list(rows_max), list(rows_max.values()), age_max_s
        )
    return gone


async def read(pool: asyncpg.Pool, lane: int, wanted: Wanted, start: int, limit: int) -> list[PastRefusal]:
    """The newest first, after skipping `start`. Raises Unavailable."""
    with _there():
        rows = await pool.fetch(statement("read_refusals"), lane, *wanted.arguments(), start, limit)
    return [PastRefusal(**{**row, "about": orjson.loads(row["about"])}) for row in rows]


async def read_times(pool: asyncpg.Pool, lane: int, wanted: Wanted, limit: int) -> list[datetime]:
    """The times of the newest `limit` rows. Raises Unavailable."""
    with _there():
        rows = await pool.fetch(statement("read_refusal_times"), lane, *wanted.arguments(), limit)
    return [row[0] for row in rows]


async def count(pool: asyncpg.Pool, lane: int, wanted: Wanted) -> int:
    """How many rows there are. Raises Unavailable."""
    with _there():
        number: int = await pool.fetchval(statement("count_refusals"), lane, *wanted.arguments())
    return number


@contextmanager
def _there() -> Iterator[None]:
    """Commands may meet a ledger that no newer program has served yet."""
    try:
        with reachable():
            yield
    except asyncpg.UndefinedTableError as error:
        message = "the schema is older than this program; `creditledger init` brings it up to date"
        raise Unavailable(message) from error
