"""The ends of services in memory: the real decider, and rows that the real projection makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from projections.cancellations.project import project
from projections.fact import Fact
from projections.views import CancellationRow, Page
from service.domain.cancellation_commands import CarryOutCancellations
from service.whmcs.cancellation_ports import CancellationReader, Cancellations, Endings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from service.domain.cancellation_commands import RequestCancellation
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from tests.support.memory_ledger import MemoryLedger

_COLUMNS = (
    *("service_id", "request", "client_id", "position", "kind", "reason", "requested_by", "requested_at"),
    *("ends_on", "invoice_id", "stage", "refund", "changed_at"),
)


class MemoryEndings(Cancellations, CancellationReader):
    """Over the ledger in memory."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger: Any = ledger  # it decides whatever an account can be asked

    @override
    async def owner_of(self, service_id: int) -> int | None:
        owners = (each for each in self._ledger.streams if service_id in self._ledger.state(each).services)
        return next(owners, None)

    @override
    async def execute(self, client_id: int, command: RequestCancellation, call: Call) -> Done | Refusal:
        done: Done | Refusal = await self._ledger.on_client(client_id, command, call)
        return done

    @override
    async def carry_out(self, client_id: int, call: Call) -> None:
        await self._ledger.on_client(client_id, CarryOutCancellations(), call)

    @override
    async def carry_out_all(
        self, clients_after: Callable[[int, float], Awaitable[Sequence[int]]], call: Call
    ) -> None:
        for client_id in await clients_after(0, 0.0):
            await self.carry_out(client_id, call)

    @override
    async def cancellations(
        self, *, client_id: int | None, start: int, limit: int, deadline: float
    ) -> Page[CancellationRow]:
        del deadline
        rows = [row for row in self._rows() if client_id in {None, row.client_id}]
        return Page(tuple(rows[start : start + limit]), len(rows), start)

    @override
    async def clients_to_end(self, after: int, *, until: str, limit: int, deadline: float) -> tuple[int, ...]:
        del deadline
        due = {
            row.client_id
            for row in self._rows()
            if row.stage == "standing"
            and self._ledger.state(row.client_id).services[row.service_id].next_due_date <= until
        }
        return tuple(sorted(each for each in due if each > after)[:limit])

    def _rows(self) -> list[CancellationRow]:
        pairs = [(number, event) for number, events in self._ledger.streams.items() for event in events]
        facts = [Fact(event, place, f"account-{number}") for place, (number, event) in enumerate(pairs, 1)]
        inserted = next(write for write in project(facts) if write.statement == "insert_cancellation")
        rows = [CancellationRow(**dict(zip(_COLUMNS, row, strict=True))) for row in inserted.rows]
        return sorted((row for row in rows if row.stage != "withdrawn"), key=lambda row: row.position)


def memory_endings(ledger: MemoryLedger) -> Endings:
    """Both of them."""
    endings = MemoryEndings(ledger)
    return Endings(endings, endings)
