"""The books as a beancount file that passes `bean-check`.

Source: Beancount language syntax. `balance` holds at the BEGINNING of its day, so what must hold in the
evening is dated the day after; without a tolerance of its own it would let a hundredth pass.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from service.audit.books.form import UnwritableDate, credit_account, title
from service.audit.books.names import account_name, decimal

if TYPE_CHECKING:
    from projections.books import Balance, Books, Entry, Opening

NAME_WIDTH = 44
TOLERANCE = "0.00"


class Beancount:
    """A `Form`."""

    def head(self, books: Books) -> str:
        """A comment, and every currency as one to report in."""
        lines = [
            f"; {title(books)}",
            'option "title" "creditledger"',
            *(f'option "operating_currency" "{currency}"' for currency in books.currencies),
        ]
        return "\n".join(lines) + "\n\n"

    def account(self, name: str, opened_on: str) -> str:
        """Opened before anything of the period."""
        return f"{opened_on} open {name}\n"

    def opening(self, day: str, balance: Opening, *, is_first: bool) -> str:
        """One transaction per currency."""
        head = f'\n{day} * "opening balances"\n' if is_first else ""
        name = account_name(balance.account, balance.party)
        return f"{head}{_posting(name, balance.amount, balance.currency)}"

    def entry(self, entry: Entry) -> str:
        """A transaction."""
        lines = "".join(
            [
                _posting(account_name(posting.account, posting.party), posting.amount, entry.currency)
                for posting in entry.postings
            ]
        )
        return f'\n{entry.date} * "{entry.type}"\n  position: {entry.position}\n{lines}'

    def balances(self, day: str, balances: list[Balance]) -> str:
        """Credit is a liability and stands negative."""
        after = _day_after(balances[0].date or day)
        lines = [
            f"{after} balance {credit_account(client)}  {decimal(-balance)} ~ {TOLERANCE} {currency}\n"
            for _, client, currency, balance in balances
        ]
        return "\n" + "".join(lines)

    def tail(self, count: int) -> str:
        """Tells a whole file from one that was cut."""
        return f"\n; end of the books, {count} entries\n"


def _day_after(day: str) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except OverflowError:
        raise UnwritableDate(f"beancount has no day after {day} to check balances on") from None


def _posting(name: str, amount: int, currency: str) -> str:
    return f"  {name:{NAME_WIDTH}}  {decimal(amount):>14} {currency}\n"
