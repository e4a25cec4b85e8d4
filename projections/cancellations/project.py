"""Requests to end services, from facts: one row each, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.fact import client_of
from projections.projection import CannotApply, Projection, Write
from service.domain.cancellation_state import Stage
from service.domain.events.cancellations import (
    ServiceCancellationRequested,
    ServiceCancellationWithdrawn,
    ServiceCancelled,
)
from service.domain.events.clients import AccountDeleted, PersonErased

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.fact import Fact

_Key = tuple[int, int]
"""Service, and number of the request among its own."""
_Standing = tuple[str, int, str]
"""Stage, refund, and since when it is so."""
_Request = tuple[int, int, str, str | None, str, str, str, int]
"""Client, position, kind, reason, by whom, when, when it ends, and an invoice cancelled with it."""


def project(facts: Sequence[Fact]) -> list[Write]:
    """New requests, and how older ones stand."""
    requested: dict[_Key, _Request] = {}
    standings: dict[_Key, _Standing] = {}
    deleted: list[tuple[int]] = []
    erased: list[tuple[int]] = []
    for fact in facts:
        match fact.event:
            case ServiceCancellationRequested() as event:
                key = (event.service_id, event.request)
                if key in standings:
                    raise CannotApply(f"position {fact.position}: request {key} is known already")
                requested[key] = _request(fact, event)
                standings[key] = Stage.STANDING.value, 0, event.requested_at
            case ServiceCancelled() as event:
                key = (event.service_id, event.request)
                standings[key] = Stage.CARRIED_OUT.value, event.refund, event.cancelled_at
            case ServiceCancellationWithdrawn() as event:
                standings[event.service_id, event.request] = Stage.WITHDRAWN.value, 0, event.withdrawn_at
            case AccountDeleted() as event:
                deleted.append((event.client_id,))
            case PersonErased() as event:
                erased.append((event.client_id,))
            case _:
                pass
    return [
        Write("insert_cancellation", [(*key, *row, *standings.pop(key)) for key, row in requested.items()]),
        Write("update_cancellation", [(*key, *standing) for key, standing in standings.items()]),
        Write("erase_of_client", erased, removes=True),
        Write("delete_of_client", deleted, removes=True),
    ]


def _request(fact: Fact, event: ServiceCancellationRequested) -> _Request:
    return (
        client_of(fact),
        fact.position,
        event.kind,
        event.reason,
        event.requested_by,
        event.requested_at,
        event.ends_on,
        max(event.cancelled_invoices, default=0),
    )


PROJECTION = Projection(
    name="cancellations",
    version=1,
    tables={"cancellation": ("service_id", "request")},
    handles=frozenset(
        {
            ServiceCancellationRequested,
            ServiceCancelled,
            ServiceCancellationWithdrawn,
            AccountDeleted,
            PersonErased,
        }
    ),
    project=project,
)
