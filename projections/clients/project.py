"""Client accounts from facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from projections.projection import Projection, Write
from service.domain.events import AccountOpened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.fact import Fact

_ACTIVE = "Active"


def project(facts: Sequence[Fact]) -> list[Write]:
    """One row per account that was opened."""
    return [
        Write(
            "insert_client",
            [
                (
                    event.client_id,
                    event.owner_id,
                    _ACTIVE,
                    event.currency,
                    event.currency_id,
                    event.group_id,
                    event.date,
                    event.language,
                    event.payment_method,
                    event.marketing_opt_in,
                    None
                    if event.profile is None
                    else orjson.dumps(event.profile, option=orjson.OPT_SORT_KEYS).decode(),
                )
                for fact in facts
                if isinstance(event := fact.event, AccountOpened)
            ],
        )
    ]


PROJECTION = Projection(
    name="clients",
    version=1,
    tables={"client": ("client_id",)},
    handles=frozenset({AccountOpened}),
    project=project,
)
