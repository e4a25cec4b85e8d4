"""Damage to a ledger, done as the database's superuser who can switch every guard off.

Also the best that such a person can do: history rewritten with a chain that is whole again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from eventstore.chain import GENESIS_HASH, block_hash, content_bytes, content_hash

if TYPE_CHECKING:
    from uuid import UUID

LANE = 0


async def damage(dsn: str, *statements: str) -> None:
    """Run statements with triggers and foreign keys switched off."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("set session_replication_role = replica")
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def forge_chain(dsn: str) -> None:
    """Make the whole chain anew from what stands in the events and the times of the blocks."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("set session_replication_role = replica")
        async with connection.transaction():
            await _forge(connection)
    finally:
        await connection.close()


async def _forge(connection: asyncpg.Connection) -> None:
    hashes: dict[int, bytes] = {}
    for row in await connection.fetch("select * from es.event where lane = $1 order by position", LANE):
        event_id: UUID = row["event_id"]
        canonical = content_bytes(
            LANE,
            row["stream_id"],
            row["version"],
            event_id,
            row["type"],
            row["schema_version"],
            row["data"],
            row["metadata"],
        )
        hashes[row["position"]] = content_hash(canonical)
        await connection.execute(
            "update es.event set content_hash = $3 where lane = $1 and position = $2",
            LANE,
            row["position"],
            hashes[row["position"]],
        )
    digest, last, at = GENESIS_HASH, 0, None
    for block in await connection.fetch(
        "select * from es.block where lane = $1 order by last_position", LANE
    ):
        previous, first, last, at = (
            digest,
            block["first_position"],
            block["last_position"],
            block["recorded_at"],
        )
        contents = [hashes[position] for position in range(first, last + 1)]
        digest = block_hash(previous, first, at, contents)
        await connection.execute(
            "update es.block set previous_hash = $3, block_hash = $4 where lane = $1 and last_position = $2",
            LANE,
            last,
            previous,
            digest,
        )
    await connection.execute(
        "update es.lane set head_position = $2, head_hash = $3, head_at = $4 where lane = $1",
        LANE,
        last,
        digest,
        at,
    )
