"""Reads over all clients: who has something due, and the figures of the whole ledger. See `reader`."""

from __future__ import annotations

from projections import reads
from projections.reader import Reader
from projections.views import DayFigures, Figures


class SystemReader(Reader):
    """As `Reader`. Each read has seen all that was written to the lane before it was asked for."""

    async def due_clients(self, after: int, *, today: str, limit: int, deadline: float) -> tuple[int, ...]:
        """Clients with a billable item due today, in order, after a client's number."""
        answer = await self._fetch(reads.DUE_CLIENTS, today, after, limit, deadline=deadline)
        return tuple(row["client_id"] for row in answer.rows if row["client_id"] is not None)

    async def clients_with_items(self, *, deadline: float) -> tuple[int, ...]:
        """All clients that ever had a billable item, in order; all items are looked at."""
        answer = await self._fetch(reads.CLIENTS_WITH_ITEMS, deadline=deadline)
        return tuple(row["client_id"] for row in answer.rows if row["client_id"] is not None)

    async def figures(self, first_day: str, *, deadline: float) -> Figures:
        """Money that moved by day from the first day on, and before it under the day ""."""
        answer = await self._fetch(reads.FIGURES, first_day, deadline=deadline)
        return Figures(
            billables=answer.rows[0]["billables"],
            days=tuple(
                DayFigures(
                    currency=row["currency"],
                    day=row["day"],
                    amount_in=int(row["amount_in"]),
                    fees=int(row["fees"]),
                    amount_out=int(row["amount_out"]),
                )
                for row in answer.rows
                if row["currency"] is not None
            ),
        )
