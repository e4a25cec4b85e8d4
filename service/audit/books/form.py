"""What a format must be able to write, and how a period is told to it in order."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

from projections.journal.chart import CREDIT, OPENING
from service.audit.books.names import account_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from projections.books import Balance, Books, Entry, Opening


class UnwritableDate(Exception):
    """A day that the format has no way to write."""


class Form(Protocol):
    """One format. Each method gives text to write, in the order of these methods."""

    def head(self, books: Books) -> str:
        """What stands first."""

    def account(self, name: str, opened_on: str) -> str:
        """An account that is used below."""

    def opening(self, day: str, balance: Opening, *, is_first: bool) -> str:
        """A balance from before the period; `is_first` of its currency."""

    def entry(self, entry: Entry) -> str:
        """What an event moved."""

    def balances(self, day: str, balances: list[Balance]) -> str:
        """What clients must have as credit at the end of the day."""

    def tail(self, count: int) -> str:
        """What stands last; `count` entries were written."""


def title(books: Books) -> str:
    """Which books these are; not when they were written: the same books are the same bytes."""
    return (
        f"The books of lane {books.lane} from {books.first} to {books.last}, up to position {books.position}."
    )


def credit_account(client_id: int) -> str:
    """The account of a client's credit, in which it is negative."""
    return account_name(CREDIT.name, str(client_id))


def day_before(day: str) -> str:
    """The day that balances of before the period are dated. Raises UnwritableDate at the calendar's begin."""
    try:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    except OverflowError:
        raise UnwritableDate(f"there is no day before {day}") from None


async def written(form: Form, books: Books) -> AsyncIterator[str]:
    """The whole export, piece by piece."""
    yield form.head(books)
    before = day_before(books.first)
    async for account, party in books.accounts():
        yield form.account(account_name(account, party), before)
    yield form.account(OPENING, before)
    async for text in _opening(form, books, before):
        yield text
    count = 0
    balances = _by_day(books.balances())
    due = await anext(balances, None)
    async for entry in books.entries():
        while due is not None and due[0].date < entry.date:
            yield form.balances(due[0].date, due)
            due = await anext(balances, None)
        yield form.entry(entry)
        count += 1
    while due is not None:
        yield form.balances(due[0].date, due)
        due = await anext(balances, None)
    yield form.tail(count)


async def _opening(form: Form, books: Books, before: str) -> AsyncIterator[str]:
    currency = ""
    async for balance in books.opening():
        yield form.opening(before, balance, is_first=balance.currency != currency)
        currency = balance.currency
    async for batch in _by_day(books.opening_balances()):
        yield form.balances(before, batch)


_BALANCES_AT_A_TIME = 1000


async def _by_day(balances: AsyncIterator[Balance]) -> AsyncIterator[list[Balance]]:
    """Those of one day together, as far as memory should have them together."""
    batch: list[Balance] = []
    async for balance in balances:
        if batch and (batch[0].date != balance.date or len(batch) == _BALANCES_AT_A_TIME):
            yield batch
            batch = []
        batch.append(balance)
    if batch:
        yield batch
