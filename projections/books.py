"""Reading the books of a period: the journal's entries, and from the credit log what clients must have.

Everything is read in one snapshot and streamed, so that a period of any size takes little memory. Whoever
exports the books may import it.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from eventstore.database import reachable
from eventstore.subscription import read_checkpoints
from projections.journal.chart import CHART, OPENING, TEMPORARY
from projections.registry import BY_NAME
from projections.statements import statement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from eventstore.subscription import Connection

USES = ("balances", "credits", "journal")
READ_TIMEOUT_S = 3600.0
"""Sorting a long period takes its time before the first row comes."""
_ROWS_AT_A_TIME = 2000
_TEMPORARY = [f"{name}%" for name in TEMPORARY]


class NotTogether(Exception):
    """The read models that the books are read from do not stand at one position."""


class EmptyBooks(Exception):
    """There are no entries that could tell the period."""


class Posting(NamedTuple):
    """An account's share of an entry, in hundredths, debits positive; `party` is as in the chart."""

    account: str
    party: str | None
    amount: int


@dataclass(slots=True, kw_only=True)
class Entry:
    """What an event moved; the postings sum to zero."""

    date: str
    position: int
    line: int
    type: str
    client_id: int
    invoice_id: int | None
    transaction_id: int | None
    currency: str
    postings: list[Posting]


class Balance(NamedTuple):
    """A client's credit at the end of a day, positive for what the client has."""

    date: str
    client_id: int
    currency: str
    balance: int


class Opening(NamedTuple):
    """What an account stands at before the period."""

    currency: str
    account: str
    party: str | None
    amount: int


class Books:
    """One lane's books from `first` to `last`, ISO days, both included; `position` is what they cover."""

    def __init__(
        self, connection: Connection, lane: int, first: str, last: str, position: int, currencies: list[str]
    ) -> None:
        self.lane = lane
        self.first = first
        self.last = last
        self.position = position
        self.currencies = currencies
        """Of all entries until the last day."""
        self._connection = connection

    async def accounts(self) -> AsyncIterator[tuple[str, str | None]]:
        """Every account that is used, with its party."""
        async for row in self._rows("books_accounts", self.first, self.last, _TEMPORARY):
            yield row["account"], row["party"]

    async def opening(self) -> AsyncIterator[Opening]:
        """Balances before the first day, by currency; each currency's sum to zero."""
        async for row in self._rows("books_opening", self.first, _TEMPORARY, OPENING):
            yield Opening(*row)

    async def opening_balances(self) -> AsyncIterator[Balance]:
        """What clients had as credit before the first day; their `date` is "" ."""
        async for row in self._rows("books_opening_balances", self.first):
            yield Balance("", *row)

    async def entries(self) -> AsyncIterator[Entry]:
        """Entries that move something, by day and then in the order of the log."""
        async for row in self._rows("books_entries", self.first, self.last):
            postings = [
                Posting(account.name, None if not account.party else str(row[account.party]), amount)
                for account in CHART
                if (amount := row[account.column]) is not None
            ]
            if postings:
                yield Entry(postings=postings, **{name: row[name] for name in _TOLD})

    async def balances(self) -> AsyncIterator[Balance]:
        """What clients have as credit at the end of each day on which it moved, by day."""
        async for row in self._rows("books_balances", self.first, self.last):
            yield Balance(*row)

    async def _rows(self, name: str, *arguments: Any) -> AsyncIterator[asyncpg.Record]:
        text = statement(name)
        cursor = self._connection.cursor(
            text, self.lane, *arguments, prefetch=_ROWS_AT_A_TIME, timeout=READ_TIMEOUT_S
        )
        with reachable():
            async for row in cursor:
                yield row


_TOLD = ("date", "position", "line", "type", "client_id", "invoice_id", "transaction_id", "currency")


@asynccontextmanager
async def open_books(
    pool: asyncpg.Pool, lane: int, first: str | None, last: str | None
) -> AsyncIterator[Books]:
    """The books as they stand now, whatever is written meanwhile; None is the first or last day with entries.

    Raises NotTogether, EmptyBooks where a day is asked of entries that are not there, Unavailable.
    """
    with reachable():
        connection = await pool.acquire()
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            with reachable():
                books = await _books(connection, lane, first, last)
            yield books  # what the caller does with them is not PostgreSQL's trouble
    finally:
        await pool.release(connection)


async def _books(connection: Connection, lane: int, first: str | None, last: str | None) -> Books:
    await connection.execute("set local statement_timeout = 0; set local jit = off")
    # Before the snapshot is taken, so that no rebuild can switch the tables under it.
    for name in USES:
        tables = ", ".join(f"{BY_NAME[name].schema}.{table}" for table in BY_NAME[name].tables)
        await connection.execute(f"lock table {tables} in access share mode")
    position = await _position(connection, lane)
    row = await connection.fetchrow(statement("books_span"), lane, last, timeout=READ_TIMEOUT_S)
    begin, end, currencies = row or (None, None, None)
    begin, end = first or begin, last or end
    if begin is None or end is None:
        raise EmptyBooks("there is nothing in the books of that time")
    return Books(connection, lane, begin, end, position, currencies or [])


async def _position(connection: Connection, lane: int) -> int:
    names = {BY_NAME[name].subscription: name for name in USES}
    _, checkpoints = await read_checkpoints(connection, lane, list(names))
    positions = {names[name]: at.position for name, at in checkpoints.items()}
    if len(positions) < len(USES) or len(set(positions.values())) != 1:
        where = ", ".join(f"{name} at {positions.get(name, 'nothing')}" for name in USES)
        raise NotTogether(f"the read models do not stand at one position: {where}")
    return positions["journal"]
