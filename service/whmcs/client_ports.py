"""What the actions about clients and their contacts need from the rest of the service, as protocols.

Lives here: shapes only, as in `ports`. Every method may raise `eventstore.records.Unavailable`, and what
takes commands `QueueFull` and `OutcomeUnknown`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from projections.views import ContactRow, ListedClient, Page
    from service.domain.client_commands import AddContact, ChangeAccount, ChangeContact
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done


class ClientAccounts(Protocol):
    """Changes and ends accounts, and keeps their contacts."""

    async def change(self, client_id: int, command: ChangeAccount, call: Call) -> Done | Refusal:
        """Change an account."""
        ...

    async def close(self, client_id: int, call: Call) -> Done | Refusal:
        """Close an account and cancel what is unpaid."""
        ...

    async def delete(self, client_id: int, call: Call, *, with_transactions: bool) -> Done | Refusal:
        """Delete an account for good, and erase its personal data."""
        ...

    async def add_contact(
        self, client_id: int, command: AddContact, call: Call, *, is_unique: bool
    ) -> Done | Refusal:
        """Add a contact; `is_unique` if its address must not be anybody else's."""
        ...

    async def change_contact(self, command: ChangeContact, call: Call) -> Done | Refusal:
        """Change a contact."""
        ...

    async def remove_contact(self, contact_id: int, call: Call) -> Done | Refusal:
        """Remove a contact."""
        ...


class ClientReader(Protocol):
    """Lists of clients and contacts; as `ports.Reader`."""

    async def clients(
        self,
        *,
        begins_with: str | None,
        status: str | None,
        order_by: str,
        is_descending: bool,
        start: int,
        limit: int,
        deadline: float,
    ) -> Page[ListedClient]:
        """Clients in the order of `id`, `first_name`, `last_name`, `company_name`, `email`, `group_id`,
        `opened_on` or `status`; only those of a status, or with a name or address that begins with a text.
        """
        ...

    async def contacts(
        self, *, client_id: int | None, matching: dict[str, str], start: int, limit: int, deadline: float
    ) -> Page[ContactRow]:
        """Contacts by number, of one client or of all, whose personal data has all of these texts."""
        ...


@dataclass(frozen=True, slots=True)
class Clients:
    """Client accounts and their contacts."""

    accounts: ClientAccounts
    reader: ClientReader
