"""Reads about requests to end services. See `reader`."""

from __future__ import annotations

from projections import reads
from projections.reader import Reader
from projections.views import CancellationRow, Page


class CancellationReader(Reader):
    """As `Reader`."""

    async def cancellations(
        self,
        *,
        client_id: int | None,
        with_withdrawn: bool = False,
        start: int = 0,
        limit: int | None = None,
        deadline: float,
    ) -> Page[CancellationRow]:
        """Requests of a client or of all, oldest first; those carried out among them."""
        read = reads.CANCELLATIONS["everything" if client_id is None else "client"]
        answer = await self._fetch(read, client_id, with_withdrawn, start, limit, deadline=deadline)
        found = tuple(
            CancellationRow(**dict(list(row.items())[3:]))
            for row in answer.rows
            if row["service_id"] is not None
        )
        return Page(found, answer.rows[0]["total"], start)

    async def clients_to_end(self, after: int, *, until: str, limit: int, deadline: float) -> tuple[int, ...]:
        """Clients with a service whose period is over on a day since it was asked that it ends with it.

        In order, after a client's number.
        """
        answer = await self._fetch(reads.CLIENTS_TO_END, until, after, limit, deadline=deadline)
        return tuple(row["client_id"] for row in answer.rows if row["client_id"] is not None)
