"""Proving a read model: the log is folded again, beside it, and every row is compared both ways.

Generic over projections, so there is none without a verifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from eventstore.database import reachable
from eventstore.subscription import read_checkpoints
from projections.refold import Refold
from projections.statements import statement

if TYPE_CHECKING:
    import asyncpg

    from eventstore.subscription import Connection
    from projections.fact import Decoder
    from projections.projection import Projection

DIFFERENCES_MAX = 20
COMPARE_TIMEOUT_S = 3600.0
"""Comparing reads both tables whole, 2 s for a million rows: the pool's time-outs are not for that."""
_TEMPORARY = "pg_temp"


class NotPrepared(Exception):
    """The projection has no checkpoint in this lane."""


async def differences(pool: asyncpg.Pool, projection: Projection, decoder: Decoder, lane: int) -> list[str]:
    """How the live rows differ from what the log says at the live checkpoint; DIFFERENCES_MAX per table.

    Empty means that every row is proven. Texts may be personal, so only numbers are quoted. The log is
    folded in short transactions; only the last stretch and the comparison see one snapshot. Raises
    NotPrepared, Unavailable, Corrupt, CannotApply.
    """
    with reachable():
        async with pool.acquire() as connection:
            refold = Refold(pool, projection, _TEMPORARY, lane, decoder)
            try:
                await connection.execute(projection.sql("tables", _TEMPORARY))
                await refold.up_to(connection, await _checkpoint(connection, projection, lane))
                async with connection.transaction(isolation="repeatable_read"):
                    # Before the snapshot is taken, so that no rebuild can switch the tables under it.
                    for table in projection.tables:
                        await connection.execute(
                            f"lock table {projection.schema}.{table} in access share mode"
                        )
                    await refold.up_to(connection, await _checkpoint(connection, projection, lane))
                    return [
                        line
                        for table, key in projection.tables.items()
                        for line in await _compare(connection, projection, table, key, lane)
                    ]
            finally:
                await connection.execute("discard temp")


async def _checkpoint(connection: Connection, projection: Projection, lane: int) -> int:
    _, checkpoints = await read_checkpoints(connection, lane, [projection.subscription])
    if projection.subscription not in checkpoints:
        raise NotPrepared(f"{projection.name} has no checkpoint in lane {lane}")
    return checkpoints[projection.subscription].position


async def _compare(
    connection: Connection, projection: Projection, table: str, key: tuple[str, ...], lane: int
) -> list[str]:
    text = statement("compare").replace("{schema}", projection.schema)
    text = text.replace("{table}", table).replace("{key}", ", ".join(key))
    await connection.execute("set local enable_seqscan = on; set local statement_timeout = 0")
    rows = await connection.fetch(text, lane, DIFFERENCES_MAX, timeout=COMPARE_TIMEOUT_S)
    return [f"{projection.name}.{table} {_difference(key, *map(_row, row))}" for row in rows]


def _row(text: str | None) -> dict[str, Any] | None:
    return None if text is None else orjson.loads(text)


def _difference(key: tuple[str, ...], live: dict[str, Any] | None, log: dict[str, Any] | None) -> str:
    row = live or log or {}
    place = ", ".join(f"{name}={row[name]}" for name in key)
    if live is None or log is None:
        return f"{place}: " + ("is missing" if live is None else "is not in the log")
    changed = [name for name in live if live[name] != log[name]]
    return f"{place}: " + ", ".join(_values(name, live[name], log[name]) for name in changed)


def _values(name: str, live: object, log: object) -> str:
    if isinstance(live, int) and isinstance(log, int):
        return f"{name} is {live}, from the log {log}"
    return f"{name} differs"
