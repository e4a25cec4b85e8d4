"""What the actions about the end of services need from the rest of the service, as protocols.

Lives here: shapes only, as in `ports`. Every method may raise `eventstore.records.Unavailable`, and what
takes commands `QueueFull` and `OutcomeUnknown`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from projections.views import CancellationRow, Page
    from service.domain.cancellation_commands import RequestCancellation
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done


class Cancellations(Protocol):
    """Requests to end services."""

    async def owner_of(self, service_id: int) -> int | None:
        """The client whose service it is or was."""
        ...

    async def execute(self, client_id: int, command: RequestCancellation, call: Call) -> Done | Refusal:
        """Have a service of the client ended; without events if it was asked for before."""
        ...

    async def carry_out(self, client_id: int, call: Call) -> None:
        """End the client's services whose period is over since that was asked for."""
        ...

    async def carry_out_all(
        self, clients_after: Callable[[int, float], Awaitable[Sequence[int]]], call: Call
    ) -> None:
        """The same for all clients, who are asked for after a number and until a deadline."""
        ...


class CancellationReader(Protocol):
    """Read models of these requests; as `ports.Reader`."""

    async def cancellations(
        self, *, client_id: int | None, start: int, limit: int, deadline: float
    ) -> Page[CancellationRow]:
        """Requests of a client or of all, oldest first, but for those that were withdrawn."""
        ...

    async def clients_to_end(self, after: int, *, until: str, limit: int, deadline: float) -> tuple[int, ...]:
        """Clients with a service whose period is over on a day since it was asked that it ends with it.

        In order, after a client's number.
        """
        ...


@dataclass(frozen=True, slots=True)
class Endings:
    """The ends of services."""

    requests: Cancellations
    reader: CancellationReader
