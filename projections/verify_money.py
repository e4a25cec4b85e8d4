"""What must hold between read models: double entry, and three ways to the same balance of every client.

Each read model is proven against the log elsewhere; this shows that they also agree with one another.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from eventstore.database import reachable
from eventstore.findings import FINDINGS_MAX, Finding
from eventstore.statements import statement as log_statement
from eventstore.subscription import read_checkpoints
from eventstore.verify_rows import WHOLE_TABLE_TIMEOUT_S
from projections.balances.project import PROJECTION as BALANCES
from projections.credits.project import PROJECTION as CREDITS
from projections.errors import NotComparable
from projections.journal.project import PROJECTION as JOURNAL
from projections.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eventstore.subscription import Connection

COMPARED = (BALANCES, CREDITS, JOURNAL)
ATTEMPTS_MAX = 20
PAUSE_S = 0.1
"""They move in one transaction as long as all of them run, so that one look is nearly always enough."""
_SETTINGS = "set local statement_timeout = 0; set local work_mem = '64MB'"


async def check_double_entry(connection: Connection, lane: int, after: int = 0) -> list[Finding]:
    """The postings of every entry add up to zero. Raises Unavailable."""
    with reachable():
        async with connection.transaction():
            await connection.execute(_SETTINGS)
            rows = await connection.fetch(
                statement("verify_entries"), lane, FINDINGS_MAX, after, timeout=WHOLE_TABLE_TIMEOUT_S
            )
    return [
        Finding(
            f"the postings at position {position} add up to {total} and not to 0 {currency}",
            *("journal.entry", f"position={position}, line={line}", position),
        )
        for position, line, currency, total in rows
    ]


async def check_sums(
    connection: Connection, lane: int, clients: Sequence[int] | None = None
) -> list[Finding]:
    """Sum of the credit rows = balance = what the books owe, for every client or for some.

    Raises Unavailable, NotComparable.
    """
    text = statement("verify_sums").replace(
        "{clients}", "" if clients is None else "and client_id = any ($3::bigint[])"
    )
    arguments = () if clients is None else (list(clients),)
    places: dict[str, int] = {}
    for _ in range(ATTEMPTS_MAX):
        with reachable():
            async with connection.transaction(isolation="repeatable_read"):
                await connection.execute(_SETTINGS)
                places = await _places(connection, lane)
                if await _agree(connection, lane, places):
                    rows = await connection.fetch(
                        text, lane, FINDINGS_MAX, *arguments, timeout=WHOLE_TABLE_TIMEOUT_S
                    )
                    return [_finding(*row) for row in rows]
        await asyncio.sleep(PAUSE_S)
    where = ", ".join(f"{name} at {position}" for name, position in places.items())
    raise NotComparable(f"they stand at different positions ({where}); check again while a service runs")


async def _agree(connection: Connection, lane: int, places: Mapping[str, int]) -> bool:
    """Whether there is nothing that one of them has seen and another one should have, but has not."""
    first, last = min(places.values()), max(places.values())
    if first == last:
        return True
    types = frozenset[str]().union(*(each.event_types for each in COMPARED))
    return not await connection.fetchval(log_statement("events_of_types"), lane, first, last, list(types))


async def _places(connection: Connection, lane: int) -> dict[str, int]:
    names = {each.subscription: each.name for each in COMPARED}
    _, checkpoints = await read_checkpoints(connection, lane, list(names))
    return {name: checkpoints[key].position if key in checkpoints else -1 for key, name in names.items()}


def _finding(client_id: int, balance: int | None, sum_: int | None, owed: int | None) -> Finding:
    return Finding(
        f"balance {balance or 0}, sum of the credit rows {sum_ or 0}, owed by the journal {owed or 0}",
        *("balances.balance", f"client_id={client_id}"),
        columns=("balance",),
    )
