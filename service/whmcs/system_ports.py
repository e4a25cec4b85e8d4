"""What the actions about the ledger as a whole need from the rest of the service, as protocols.

Lives here: shapes only, as in `ports`. Every method may raise `eventstore.records.Unavailable`, and what
takes commands `QueueFull` and `OutcomeUnknown`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from projections.views import Figures, Page
    from service.domain.activity import LogActivity
    from service.domain.billable_commands import AddBillableItem, InvoiceDue
    from service.domain.config import ConfigState
    from service.domain.refusals import Refusal
    from service.handling.activity import Entry
    from service.handling.answers import Call, Done
    from service.handling.condition import Condition
    from service.handling.refusals import Refused


class Configuration(Protocol):
    """Currencies, payment gateways, client groups and tax rules. To be read, not changed."""

    async def current(self) -> ConfigState:
        """The configuration as of now."""
        ...

    async def recent(self) -> ConfigState:
        """The configuration as it was two seconds ago or later: commands need not ask the log each time."""
        ...


class Activity(Protocol):
    """What was done, by whom and when."""

    async def log(self, client_id: int, command: LogActivity, call: Call) -> Done | Refusal:
        """Keep a text of a client, or with 0 of the ledger as such."""
        ...

    async def page(
        self,
        *,
        client_id: int,
        day: str | None,
        matches: Callable[[Entry], bool] | None,
        start: int,
        limit: int,
    ) -> Page[Entry]:
        """Entries, the newest first, of a client (0: all), of a day, and that match.

        Raises `service.handling.activity.TooMuchToSearch`.
        """
        ...


class Billing(Protocol):
    """Billable items, and the invoices made of them and of services."""

    async def add(self, client_id: int, command: AddBillableItem, call: Call) -> Done | Refusal:
        """Keep a billable item."""
        ...

    async def invoice(self, client_id: int, command: InvoiceDue, call: Call) -> Done | Refusal:
        """Invoice what is due of one client."""
        ...

    async def invoice_all(
        self,
        command: InvoiceDue,
        call: Call,
        clients_after: Callable[[int, float], Awaitable[Sequence[int]]],
        clients_ever: Callable[[float], Awaitable[Sequence[int]]],
    ) -> Done | Refusal:
        """Invoice what is due of all clients, who are asked for after a number and until a deadline.

        Where it is repeated, it asks for all clients that ever had something to invoice.
        """
        ...


class Conditions(Protocol):
    """How the ledger is."""

    async def now(self) -> Condition:
        """The ledger at this moment."""
        ...


class SystemReader(Protocol):
    """Read models over all clients; as `ports.Reader`."""

    async def due_clients(self, after: int, *, today: str, limit: int, deadline: float) -> tuple[int, ...]:
        """Clients with a billable item due today, in order, after a client's number."""
        ...

    async def clients_with_items(self, *, deadline: float) -> tuple[int, ...]:
        """All clients that ever had a billable item, in order."""
        ...

    async def figures(self, first_day: str, *, deadline: float) -> Figures:
        """Money that moved by day from the first day on, and before it under the day ""."""
        ...


class Renewals(Protocol):
    """Whose services are to be invoiced; as `ports.Reader`."""

    async def clients_to_renew(
        self, after: int, *, until: str, limit: int, deadline: float
    ) -> tuple[int, ...]:
        """Clients with a service due until a day that is on no invoice, in order, after a client's number."""
        ...

    async def clients_with_services(self, *, deadline: float) -> tuple[int, ...]:
        """All clients that have or had a service, in order."""
        ...

    async def clients_of_services(self, service_ids: Sequence[int], *, deadline: float) -> tuple[int, ...]:
        """The clients whose services these are, in order."""
        ...


class RefusalRecord(Protocol):
    """Where refusals are remembered."""

    def remember(self, refused: Refused, request_id: str) -> None:
        """Keep it to be written soon; never waits and never fails."""
        ...


@dataclass(frozen=True, slots=True)
class System:
    """The ledger as a whole."""

    configuration: Configuration
    activity: Activity
    billing: Billing
    conditions: Conditions
    reader: SystemReader
    refusals: RefusalRecord
    renewals: Renewals
