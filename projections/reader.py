"""Reading the read models so that every acknowledged write is seen, in whatever process it happened.

Each read is one statement, hence one snapshot: its rows, the fence's `reached` (up to where the projections
it uses have come) and `required` (up to where what it asks about has been written: the account's stream, or
the whole lane). If the projections are behind, it waits for them and reads once more.

Questions that come at the same time share a connection, and those of a kind a statement: its round trip
costs more than what it finds. A long credit log is read by itself, so that nobody waits for another's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from eventstore.coalesce import Coalescer
from eventstore.database import connection_of, reachable
from eventstore.deadlines import Deadlines
from eventstore.records import Unavailable
from projections import reads
from projections.views import (
    BehindError,
    ClientRow,
    CreditRow,
    HaltedError,
    InvoiceRow,
    InvoiceTotals,
    ItemRow,
    ListedInvoice,
    Page,
    TransactionRow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from eventstore.subscription import Connection
    from projections.reads import Read
    from projections.runner import Runner

    _Question = tuple[Read, tuple[Any, ...]]
    _Rows = list[asyncpg.Record]

SHARED_MAX = 128
"""Questions answered in one go."""
SHARED_ROWS_MAX = 100
"""Rows of a list that a question may bring along in a shared statement."""
_SILENT = "PostgreSQL did not answer in time"
_TOO_LATE = "the read models did not answer in time"
_DATE_MIN = ""
_DATE_MAX = "9999-12-31"


class Answer(NamedTuple):
    """What a statement found."""

    known: bool
    """Whether what is asked about exists in the log."""
    rows: list[asyncpg.Record]
    """Without any match one row whose columns after the fence are null."""


class Reader:
    """One lane's read models. `deadline` is in `loop.time()`; dates are ISO `YYYY-MM-DD`, both included.

    Every read may raise BehindError at the deadline, HaltedError if a projection it needs has stopped before
    what it must see, and Unavailable. `limit` None means all rows.
    """

    def __init__(self, pool: asyncpg.Pool, runner: Runner, lane: int) -> None:
        self._pool = pool
        self._runner = runner
        self._lane = lane
        self._loop = asyncio.get_running_loop()  # asked once: before Python 3.12 each asking is a system call
        self._deadlines = Deadlines(_expire)
        self._shared = Coalescer(self._read_together, keys_max=SHARED_MAX)

    async def client(self, client_id: int, *, deadline: float) -> ClientRow | None:
        """The client with its credit balance."""
        answer = await self._fetch(reads.CLIENT, client_id, deadline=deadline)
        if not answer.rows[0]["client_id"]:
            return None
        values = _without_fence(answer.rows[0])
        flags, profile, custom_fields = (values.pop(name) for name in ("flags", "profile", "custom_fields"))
        return ClientRow(
            **values,
            flags=orjson.loads(flags),
            profile=None if profile is None else orjson.loads(profile) | {"custom_fields": custom_fields},
        )

    async def credits(
        self,
        client_id: int,
        *,
        start: int,
        limit: int | None,
        date_from: str | None,
        date_to: str | None,
        deadline: float,
    ) -> Page[CreditRow] | None:
        """The client's credit log in the order it was written; None if there is no such client."""
        if date_from is None and date_to is None:
            answer = await self._credits(client_id, start, limit, deadline)
        else:
            dates = (date_from or _DATE_MIN, date_to or _DATE_MAX)
            answer = await self._fetch(
                reads.CREDITS_BETWEEN, client_id, start, limit, *dates, deadline=deadline
            )
        if not answer.known:
            return None
        found = tuple([CreditRow(*tuple(row)[-7:]) for row in answer.rows if row["credit_id"] is not None])
        return Page(found, answer.rows[0]["total"], start)

    async def _credits(self, client_id: int, start: int, limit: int | None, deadline: float) -> Answer:
        """A first part of it together with others; most credit logs have no more."""
        most = SHARED_ROWS_MAX if limit is None else min(limit, SHARED_ROWS_MAX)
        answer = await self._fetch(reads.CREDITS, client_id, start, most, deadline=deadline)
        if most == limit or answer.rows[0]["total"] - start <= most:
            return answer
        return await self._fetch(reads.CREDITS, client_id, start, limit, deadline=deadline, alone=True)

    async def invoice(self, invoice_id: int, *, deadline: float) -> InvoiceRow | None:
        """The invoice with its lines and transactions."""
        answer = await self._fetch(reads.INVOICE, invoice_id, deadline=deadline)
        if not answer.rows[0]["invoice_id"]:
            return None
        values = _without_fence(answer.rows[0])
        items = orjson.loads(values.pop("items") or "[]")
        transactions = orjson.loads(values.pop("transactions") or "[]")
        return InvoiceRow(
            **values,
            items=tuple(ItemRow(**item) for item in items),
            transactions=tuple(TransactionRow(**transaction) for transaction in transactions),
        )

    async def transactions(
        self,
        *,
        client_id: int | None,
        invoice_id: int | None,
        reference: str | None,
        start: int,
        limit: int | None,
        date_from: str | None,
        date_to: str | None,
        deadline: float,
    ) -> Page[TransactionRow]:
        """Transactions by number that match every condition that is not None."""
        given = {"client": client_id, "invoice": invoice_id, "reference": reference, "everything": True}
        scope = next(name for name in reads.TRANSACTIONS if given.get(name) is not None)
        until = None if date_to is None else f"{date_to} 23:59:59"
        answer = await self._fetch(
            reads.TRANSACTIONS[scope],
            client_id,
            invoice_id,
            reference,
            date_from,
            until,
            start,
            limit,
            None,
            deadline=deadline,
        )
        return Page(_transactions(answer.rows), answer.rows[0]["total"], start)

    async def transaction(self, transaction_id: int, *, deadline: float) -> TransactionRow | None:
        """The transaction, whoever it belongs to."""
        everything: list[Any] = [None, None, None, None, None, 0, 1]
        read = reads.TRANSACTIONS["transaction"]
        answer = await self._fetch(read, *everything, transaction_id, deadline=deadline)
        return next(iter(_transactions(answer.rows)), None)

    async def reference_is_used(self, reference: str, *, deadline: float) -> bool:
        """Whether any transaction has this number of a gateway's, or had it until it was deleted."""
        answer = await self._fetch(reads.REFERENCE_IS_USED, reference, deadline=deadline)
        return bool(answer.rows[0]["is_used"])

    async def invoices(
        self,
        *,
        client_id: int | None,
        status: str | None,
        due_before: str | None,
        order_by: str,
        descending: bool,
        start: int,
        limit: int | None,
        deadline: float,
    ) -> Page[ListedInvoice]:
        """Invoices that match every condition that is not None.

        `order_by` is id, date, due_date, total or status; what is alike there goes by number.
        """
        scope = "everything" if client_id is None else "client"
        read = reads.INVOICES[scope, order_by, "desc" if descending else "asc"]
        conditions = (client_id, status, due_before, start, limit)
        answer = await self._fetch(read, *conditions, deadline=deadline)
        found = tuple([_listed(row) for row in answer.rows if row["invoice_id"] is not None])
        return Page(found, answer.rows[0]["total"], start)

    async def invoice_totals(
        self, client_id: int, *, today: str, deadline: float
    ) -> tuple[InvoiceTotals, ...]:
        """The client's invoices summed by status; what was paid too much does not lessen what is due."""
        answer = await self._fetch(reads.INVOICE_TOTALS, client_id, today, deadline=deadline)
        return tuple(
            InvoiceTotals(**dict(list(row.items())[2:])) for row in answer.rows if row["status"] is not None
        )

    async def _fetch(self, read: Read, *arguments: Any, deadline: float, alone: bool = False) -> Answer:
        required: int | None = None
        while True:
            rows = await (
                self._read_shared(read, arguments, deadline)
                if read.is_shared and not alone
                else self._read_alone(read, arguments, deadline)
            )
            reached = rows[0]["reached"]
            if reached is None:
                raise HaltedError(f"{' or '.join(read.uses)}: not prepared, or replaced by another version")
            known = rows[0]["required"] is not None
            if required is None:
                # Kept for the second reading: a busy account must not make its reader run after it for ever.
                required = rows[0]["required"] or 0
            if reached >= required:
                return Answer(known, rows)
            await self._runner.wait_until(required, deadline, read.uses)

    async def _read_shared(
        self, read: Read, arguments: tuple[Any, ...], deadline: float
    ) -> list[asyncpg.Record]:
        answer = self._shared.ask((read, arguments))
        self._deadlines.watch(answer, deadline)
        rows = await answer
        if isinstance(rows, list):
            return rows
        raise rows or AssertionError("a question was asked together with others and not answered")

    async def _read_together(self, questions: Sequence[_Question]) -> dict[_Question, _Rows | Exception]:
        """One statement after the other on one connection: meanwhile the next questions gather."""
        kinds: dict[Read, list[tuple[Any, ...]]] = {}
        for read, arguments in questions:
            kinds.setdefault(read, []).append(arguments)
        answers: dict[_Question, _Rows | Exception] = {}
        try:
            with reachable():
                async with connection_of(self._pool) as connection:
                    for read, asked in kinds.items():
                        answers |= await self._read_kind(connection, read, asked)
        except TimeoutError:
            raise Unavailable(_SILENT) from None
        return answers

    async def _read_kind(
        self, connection: Connection, read: Read, asked: list[tuple[Any, ...]]
    ) -> dict[_Question, _Rows | Exception]:
        """What is wrong with one kind of read is no other's trouble."""
        try:
            with reachable():
                rows = await connection.fetch(read.text, self._lane, *map(list, zip(*asked, strict=True)))
        except TimeoutError:
            raise  # the connection is of no use to the next kind either
        except Exception as error:  # noqa: BLE001 -- raised by each of those who asked
            return dict.fromkeys([(read, arguments) for arguments in asked], error)
        found: list[_Rows] = [[] for _ in asked]
        for row in rows:
            found[row["no"] - 1].append(row)
        return {(read, arguments): mine for arguments, mine in zip(asked, found, strict=True)}

    async def _read_alone(
        self, read: Read, arguments: tuple[Any, ...], deadline: float
    ) -> list[asyncpg.Record]:
        try:
            async with asyncio.timeout_at(deadline):
                with reachable():
                    async with connection_of(self._pool) as connection:
                        places = [[value] for value in arguments] if read.is_shared else arguments
                        return await connection.fetch(read.text, self._lane, *places)
        except TimeoutError:
            if self._loop.time() < deadline:
                raise Unavailable(_SILENT) from None
            raise BehindError(_TOO_LATE) from None


def _expire(answer: asyncio.Future[Any]) -> None:
    answer.set_exception(BehindError(_TOO_LATE))


def _without_fence(row: asyncpg.Record) -> dict[str, Any]:
    values = dict(row.items())
    del values["reached"], values["required"], values["no"]
    return values


def _transactions(rows: Sequence[asyncpg.Record]) -> tuple[TransactionRow, ...]:
    """The rows after fence and total; without any match there is one of nulls."""
    return tuple(
        TransactionRow(**dict(list(row.items())[3:])) for row in rows if row["transaction_id"] is not None
    )


def _listed(row: asyncpg.Record) -> ListedInvoice:
    values = dict(list(row.items())[3:])
    currency_id, profile, total = values.pop("currency_id"), values.pop("profile"), values.pop("net")
    return ListedInvoice(
        invoice=InvoiceRow(**values, total=total),
        currency_id=currency_id,
        profile=None if profile is None else orjson.loads(profile),
    )
