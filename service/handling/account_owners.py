"""Whose account an e-mail address opens: that of the owner, as the account itself tells it.

Addresses of contacts open nothing, also where they must be unique. Everything here takes as long for nobody
as for somebody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projections.reader import Reader
    from service.handling.ledger import Ledger

NOBODY = 0
"""The number of no client."""


class AccountOwners:
    """Owners of accounts by address. Every method may raise Unavailable."""

    def __init__(self, ledger: Ledger, reader: Reader) -> None:
        self._ledger = ledger
        self._reader = reader

    async def find(self, email: str, deadline: float) -> int:
        """The client whose own address it is, in whatever case; NOBODY if there is none."""
        client_id = await self._ledger.client_by_email(email) or NOBODY
        return client_id if is_same(await self.email_of(client_id, deadline), email) else NOBODY

    async def email_of(self, client_id: int, deadline: float) -> str:
        """The client's own address, "" if there is none."""
        row = await self._reader.client(client_id, deadline=deadline)
        return row.profile.get("email", "").strip() if row is not None and row.profile else ""


def is_same(held: str, email: str) -> bool:
    """Whether two texts are one address, which "" never is."""
    return bool(held) and held.casefold() == email.strip().casefold()
