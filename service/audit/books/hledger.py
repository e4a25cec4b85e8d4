"""The books as an hledger journal that passes `hledger check --strict`.

Source: hledger manual, "Journal format". Balances that must hold are assertions in transactions of nothing
at the end of their day: hledger checks assertions in the order of days, and of the file within a day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.audit.books.form import credit_account, title
from service.audit.books.names import account_name, decimal

if TYPE_CHECKING:
    from projections.books import Balance, Books, Entry, Opening

NAME_WIDTH = 44


class Hledger:
    """A `Form`."""

    def head(self, books: Books) -> str:
        """A comment, and every commodity."""
        lines = [
            f"; {title(books)}",
            "; A code in parentheses is the position of an event in the log.",
            *(f"commodity 1000.00 {currency}" for currency in books.currencies),
        ]
        return "\n".join(lines) + "\n\n"

    def account(self, name: str, opened_on: str) -> str:
        """Declared, so that a mistyped one is found."""
        del opened_on
        return f"account {name}\n"

    def opening(self, day: str, balance: Opening, *, is_first: bool) -> str:
        """One transaction per currency."""
        head = f"\n{day} * opening balances\n" if is_first else ""
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
        return f"\n{entry.date} * ({entry.position}) {entry.type}\n{lines}"

    def balances(self, day: str, balances: list[Balance]) -> str:
        """Credit is a liability and stands negative."""
        day = balances[0].date or day
        lines = [
            f"    {credit_account(client)}  0.00 {currency} = {decimal(-balance)} {currency}\n"
            for _, client, currency, balance in balances
        ]
        return f"\n{day} * balances\n{''.join(lines)}"

    def tail(self, count: int) -> str:
        """Tells a whole file from one that was cut."""
        return f"\n; end of the books, {count} entries\n"


def _posting(name: str, amount: int, currency: str) -> str:
    return f"    {name:{NAME_WIDTH}}  {decimal(amount):>14} {currency}\n"
