"""Reads about services: lists of them, and whose are to be renewed. See `reader`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from projections import reads
from projections.reader import Reader
from projections.views import Page, ServiceRow
from service.domain.service_commands import ENDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.reads import Read


class ServiceReader(Reader):
    """As `Reader`. Each read has seen all that was written to the lane before it was asked for."""

    async def services(
        self, *, client_id: int | None, start: int, limit: int, deadline: float
    ) -> Page[ServiceRow]:
        """Services by number, of a client or of all."""
        read = reads.SERVICES["everything" if client_id is None else "client"]
        return await self._page(read, client_id or 0, start, limit, deadline)

    async def service_on(self, server_id: int, *, deadline: float) -> ServiceRow | None:
        """The service that has this server, else the last one that had it."""
        found = (await self._page(reads.SERVICES["server"], server_id, 0, None, deadline)).rows
        living = [row for row in found if row.status not in ENDED]
        return (living or found)[-1] if found else None

    async def clients_to_renew(
        self, after: int, *, until: str, limit: int, deadline: float
    ) -> tuple[int, ...]:
        """Clients with a service due until a day that is on no invoice and is not to end.

        In order, after a client's number.
        """
        return await self._clients(reads.CLIENTS_TO_RENEW, until, after, limit, deadline=deadline)

    async def clients_with_services(self, *, deadline: float) -> tuple[int, ...]:
        """All clients that have or had a service, in order; all services are looked at."""
        return await self._clients(reads.CLIENTS_WITH_SERVICES, deadline=deadline)

    async def clients_of_services(self, service_ids: Sequence[int], *, deadline: float) -> tuple[int, ...]:
        """The clients whose services these are, in order."""
        return await self._clients(reads.CLIENTS_OF_SERVICES, tuple(service_ids), deadline=deadline)

    async def _clients(self, read: Read, *arguments: Any, deadline: float) -> tuple[int, ...]:
        answer = await self._fetch(read, *arguments, deadline=deadline)
        return tuple(row["client_id"] for row in answer.rows if row["client_id"] is not None)

    async def _page(
        self, read: Read, number: int, start: int, limit: int | None, deadline: float
    ) -> Page[ServiceRow]:
        answer = await self._fetch(read, number, start, limit, deadline=deadline)
        found = tuple(_row(dict(row.items())) for row in answer.rows if row["service_id"] is not None)
        return Page(found, answer.rows[0]["total"], start)


def _row(values: dict[str, Any]) -> ServiceRow:
    for name in ("reached", "required", "total", "lane"):
        del values[name]
    return ServiceRow(**{**values, "hardware": tuple(orjson.loads(values["hardware"]))})
