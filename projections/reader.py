"""Reading the read models so that every acknowledged write is seen, in whatever process it happened.

Each read is one statement, hence one snapshot: its rows, the fence's `reached` (up to where the projections
it uses have come) and `required` (up to where what it asks about has been written: the account's stream, or
the whole lane). If the projections are behind, it waits for them and reads once more.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from eventstore.database import reachable
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
    Page,
    TransactionRow,
)

if TYPE_CHECKING:
    import asyncpg

    from projections.reads import Read
    from projections.runner import Runner

_DATE_MIN = ""
_DATE_MAX = "9999-12-31"


class _Answer(NamedTuple):
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

    async def client(self, client_id: int, *, deadline: float) -> ClientRow | None:
        """The client with its credit balance."""
        answer = await self._fetch(reads.CLIENT, client_id, deadline=deadline)
        values = dict(answer.rows[0].items())
        if values["client_id"] is None:
            return None
        del values["reached"], values["required"]
        profile = values.pop("profile")
        return ClientRow(**values, profile=None if profile is None else orjson.loads(profile))

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
            answer = await self._fetch(reads.CREDITS, client_id, start, limit, deadline=deadline)
        else:
            dates = (date_from or _DATE_MIN, date_to or _DATE_MAX)
            answer = await self._fetch(
                reads.CREDITS_BETWEEN, client_id, start, limit, *dates, deadline=deadline
            )
        if not answer.known:
            return None
        found = tuple(
            CreditRow(
                credit_id=credit_id,
                client_id=client,
                date=date,
                description=description,
                amount=amount,
                relation_id=relation_id,
                admin_id=admin_id,
            )
            for _, _, _, credit_id, client, date, description, amount, relation_id, admin_id in answer.rows
            if credit_id is not None
        )
        return Page(found, answer.rows[0]["total"], start)

    async def invoice(self, invoice_id: int, *, deadline: float) -> InvoiceRow | None:
        """The invoice with its lines and transactions."""
        answer = await self._fetch(reads.INVOICE, invoice_id, deadline=deadline)
        values = dict(answer.rows[0].items())
        if values["invoice_id"] is None:
            return None
        del values["reached"], values["required"]
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
        scope = next(name for name in reads.TRANSACTIONS if given[name] is not None)
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
            deadline=deadline,
        )
        found = tuple(
            TransactionRow(**dict(list(row.items())[3:]))
            for row in answer.rows
            if row["transaction_id"] is not None
        )
        return Page(found, answer.rows[0]["total"], start)

    async def invoice_totals(
        self, client_id: int, *, today: str, deadline: float
    ) -> tuple[InvoiceTotals, ...]:
        """The client's invoices summed by status; what was paid too much does not lessen what is due."""
        answer = await self._fetch(reads.INVOICE_TOTALS, client_id, today, deadline=deadline)
        return tuple(
            InvoiceTotals(**dict(list(row.items())[2:])) for row in answer.rows if row["status"] is not None
        )

    async def _fetch(self, read: Read, *arguments: Any, deadline: float) -> _Answer:
        required: int | None = None
        while True:
            rows = await self._rows(read, arguments, deadline)
            reached = rows[0]["reached"]
            if reached is None:
                raise HaltedError(f"{' or '.join(read.uses)}: not prepared, or replaced by another version")
            known = rows[0]["required"] is not None
            if required is None:
                # Kept for the second reading: a busy account must not make its reader run after it for ever.
                required = rows[0]["required"] or 0
            if reached >= required:
                return _Answer(known, rows)
            await self._runner.wait_until(required, deadline, read.uses)

    async def _rows(self, read: Read, arguments: tuple[Any, ...], deadline: float) -> list[asyncpg.Record]:
        try:
            with reachable():
                async with asyncio.timeout_at(deadline), self._pool.acquire() as connection:
                    return await connection.fetch(read.text, self._lane, *arguments)
        except TimeoutError:
            if asyncio.get_running_loop().time() < deadline:
                raise Unavailable("PostgreSQL did not answer in time") from None
            raise BehindError("the read models did not answer in time") from None
