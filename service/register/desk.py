"""The register at work: what is asked becomes a command, and a service is told as plain values for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.domain.refusals import Refusal, RefusalCode
from service.http.values import decimal_text

if TYPE_CHECKING:
    from projections.service_reader import ServiceReader
    from projections.views import ServiceRow
    from service.handling.answers import Call
    from service.handling.service_register import ServiceRegister
    from service.register.asking import AskedChange, AskedService

Told = dict[str, Any]
"""A service: its fields by name, amounts as decimal texts."""


class Desk:
    """Every method may raise what the ledger and the readers raise."""

    def __init__(self, register: ServiceRegister, reader: ServiceReader) -> None:
        self._register = register
        self._reader = reader

    async def register(self, asked: AskedService, call: Call) -> tuple[Told, bool] | Refusal:
        """The service, and whether it is new; see `ServiceRegister.register`."""
        done = await self._register.register(asked.client_id, asked.command(), call)
        if isinstance(done, Refusal):
            return done
        return await self._known(asked.server_id, call), not done.replayed

    async def change(self, server_id: int, asked: AskedChange, call: Call) -> Told | Refusal:
        """The service as it is then; SERVICE_NOT_FOUND, DUE_DATE_MISSING, SERVER_TAKEN."""
        row = await self._reader.service_on(server_id, deadline=call.deadline)
        if row is None:
            return Refusal(RefusalCode.SERVICE_NOT_FOUND, str(server_id))
        done = await self._register.change(row.client_id, asked.command(row.service_id), call)
        return done if isinstance(done, Refusal) else await self._known(server_id, call)

    async def show(self, server_id: int, call: Call) -> Told | Refusal:
        """The service that has this server, else the last that had it; SERVICE_NOT_FOUND."""
        row = await self._reader.service_on(server_id, deadline=call.deadline)
        return told(row) if row else Refusal(RefusalCode.SERVICE_NOT_FOUND, str(server_id))

    async def listed(self, client_id: int | None, start: int, limit: int, call: Call) -> Told:
        """A page of services, of a client or of all, by number."""
        page = await self._reader.services(
            client_id=client_id, start=start, limit=limit, deadline=call.deadline
        )
        return {"services": [told(row) for row in page.rows], "total": page.total, "start": start}

    async def _known(self, server_id: int, call: Call) -> Told:
        row = await self._reader.service_on(server_id, deadline=call.deadline)
        if row is None:  # its account was deleted in between
            return {}
        return told(row)


def told(row: ServiceRow) -> Told:
    """The service by the names that it is registered with."""
    return {
        "relid": row.service_id,
        "server_id": row.server_id,
        "client_id": row.client_id,
        "order_id": row.order_id,
        "kind": row.kind,
        "product": row.product,
        "label": row.label,
        "status": row.status,
        "cycle": row.cycle,
        "price": decimal_text(row.price),
        "setup_fee": decimal_text(row.setup_fee),
        "paid_before": decimal_text(row.paid_before),
        "currency": row.currency,
        "registration_date": row.registration_date,
        "next_due_date": row.next_due_date or None,
        "renewal_invoice": row.renewal_invoice or None,
        "has_licence": row.has_licence,
        "traffic_exceeded": row.traffic_exceeded,
        "location": row.location,
        "hardware": list(row.hardware),
    }
