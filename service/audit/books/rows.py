"""The books as one row per posting: CSV and NDJSON. Amounts are decimal texts, so that nobody rounds them.

Rows at position 0 are balances of before the period. A row of a file is no proof of the others: what clients
must have is only in the formats of accounting programs.
"""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from io import StringIO
from typing import TYPE_CHECKING, Any

import orjson

from service.audit.books.names import account_name, decimal

if TYPE_CHECKING:
    from projections.books import Balance, Books, Entry, Opening

COLUMNS = {
    "date": "DATE",
    "position": "BIGINT",
    "line": "BIGINT",
    "event": "VARCHAR",
    "client": "BIGINT",
    "invoice": "BIGINT",
    "transaction": "BIGINT",
    "account": "VARCHAR",
    "currency": "VARCHAR",
    "amount": "DECIMAL(18,2)",
}
"""With the types they have in Parquet."""
OPENING_EVENT = "opening balance"
_Row = tuple[Any, ...]


class _Rows(ABC):
    """The part of a `Form` that both share."""

    def account(self, name: str, opened_on: str) -> str:
        """Accounts tell of themselves."""
        del name, opened_on
        return ""

    def balances(self, day: str, balances: list[Balance]) -> str:
        """Not here."""
        del day, balances
        return ""

    def tail(self, count: int) -> str:
        """Nothing: every line is a row."""
        del count
        return ""

    def opening(self, day: str, balance: Opening, *, is_first: bool) -> str:
        """A row."""
        del is_first
        name = account_name(balance.account, balance.party)
        place = (day, 0, 0, OPENING_EVENT, None, None, None)
        return self.rows([(*place, name, balance.currency, decimal(balance.amount))])

    def entry(self, entry: Entry) -> str:
        """A row per posting."""
        place = (entry.date, entry.position, entry.line, entry.type, entry.client_id or None)
        about = (entry.invoice_id, entry.transaction_id)
        return self.rows(
            [
                (*place, *about, account_name(name, party), entry.currency, decimal(amount))
                for name, party, amount in entry.postings
            ]
        )

    @abstractmethod
    def rows(self, rows: list[_Row]) -> str:
        """The rows written."""


class Csv(_Rows):
    """A `Form`: a header, then a line each; what there is not is empty."""

    def head(self, books: Books) -> str:
        """The names of the columns."""
        del books
        return self.rows([tuple(COLUMNS)])

    def rows(self, rows: list[_Row]) -> str:
        """As RFC 4180 has it, but for the ends of lines."""
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue()


class Ndjson(_Rows):
    """A `Form`: an object per line; what there is not is null."""

    def head(self, books: Books) -> str:
        """Nothing: every line is a row."""
        del books
        return ""

    def rows(self, rows: list[_Row]) -> str:
        """One object each."""
        return "".join([orjson.dumps(dict(zip(COLUMNS, row, strict=True))).decode() + "\n" for row in rows])
