"""get_cancellation_requests: which of the client's services are to end, or ended as it was asked for.

`billing_status` is held against the status of the service, which HOSTKEY's sample shows beside it: that it
means this, and that requests which were carried out are listed too, is this project's choice.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from service.domain.cancellation_commands import CancellationKind
from service.invapi.answer import Failure, ok
from service.invapi.cancelling import service_meant
from service.invapi.method import Method
from service.invapi.rows import client as told_client
from service.invapi.wording import CLIENT_NOT_FOUND

if TYPE_CHECKING:
    from projections.views import CancellationRow, ClientRow
    from service.domain.services import Service
    from service.invapi.answer import Answer, Body
    from service.invapi.method import Asked

NOT_FOUND = "server {} doesn't have a relid data"
_CODES = {"0": CancellationKind.END_OF_PERIOD.value.lower(), "1": CancellationKind.IMMEDIATE.value.lower()}
_FIRST_DAY, _LAST_DAY = date.min.isoformat(), date.max.isoformat()


async def get_cancellation_requests(asked: Asked) -> Answer:
    """Oldest first; of one server with `id`."""
    parameters, endings = asked.parameters, asked.services.endings
    first, last = _day(asked, "period_from", _FIRST_DAY), _day(asked, "period_to", _LAST_DAY)
    kind, status = parameters.text("cancellation_type").lower(), parameters.text("billing_status").lower()
    meant = await service_meant(asked, NOT_FOUND) if parameters.text("id") else None
    client = await asked.services.reader.client(asked.client_id, deadline=asked.call.deadline)
    if client is None:
        raise Failure(CLIENT_NOT_FOUND, "client_not_found")
    page = await endings.reader.cancellations(
        client_id=asked.client_id, limit=asked.services.options.rows_max, deadline=asked.call.deadline
    )
    services = await asked.services.register.of_client(asked.client_id)
    chosen = [
        (row, service)
        for row in page.rows
        if (meant is None or row.service_id == meant.service_id)
        and first <= row.requested_at[:10] <= last
        and (not kind or row.kind.lower() == _CODES.get(kind, kind))
        and (service := services.get(row.service_id)) is not None  # else its account was deleted meanwhile
        and (not status or service.status.lower() == status)
    ]
    return ok({"message": [_told(asked, row, service, client) for row, service in chosen]})


def _day(asked: Asked, name: str, otherwise: str) -> str:
    text = asked.parameters.text(name)
    try:
        return date.fromisoformat(text).isoformat() if text else otherwise
    except ValueError:
        raise Failure(f"{name} must be a date like 2026-01-31", "date_not_valid") from None


def _told(asked: Asked, row: CancellationRow, service: Service, client: ClientRow) -> Body:
    person = told_client(client)
    return {
        "relid": row.service_id,
        "cr_date": row.requested_at,
        "cr_reason": row.reason or "",
        "cr_type": row.kind,
        "due_date": service.next_due_date or row.ends_on,
        "name_client": person["fullname"],
        "billing": asked.services.options.location,
        "account_id": row.service_id,
        "status": service.status,
        "corporate": "Y" if person["corporate"] else "N",
        "customer_id": asked.client_id,
    }


METHOD = Method("get_cancellation_requests", get_cancellation_requests)
