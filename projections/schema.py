"""The database schemas of the read models: made when missing, compared with the code's version.

`projection_NAME` holds the live tables of all lanes. Which version they have is told by the name of their
checkpoints, `NAME.vVERSION`, so a process of another version finds no checkpoint and keeps its hands off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstore.database import reachable
from eventstore.subscription import subscribe
from projections.registry import PROJECTIONS
from projections.statements import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from eventstore.subscription import Connection
    from projections.projection import Projection

# Adjacent to the key of the log's migrations, which take 7304000.
_PREPARE_LOCK = 7304001


class VersionError(Exception):
    """The live read model was built by a newer version of this program."""


async def prepare(
    pool: asyncpg.Pool, lane: int, projections: Sequence[Projection] = PROJECTIONS
) -> list[Projection]:
    """Make what is missing, and return the projections whose live tables are older than the code.

    Those have to be rebuilt before this process can use them. Idempotent, and safe when several processes
    start at once. Raises VersionError, Unavailable.
    """
    with reachable():
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _PREPARE_LOCK)
            return [
                projection
                for projection in projections
                if not await _is_current(connection, lane, projection)
            ]


async def _is_current(connection: Connection, lane: int, projection: Projection) -> bool:
    versions = await live_versions(connection, projection)
    if versions and max(versions) > projection.version:
        raise VersionError(
            f"{projection.name}: the database has version {max(versions)}, "
            f"this program only knows {projection.version}"
        )
    if not versions:
        # Tables without a checkpoint tell nothing about what is in them.
        await create(connection, projection, projection.schema)
    elif versions != {projection.version} or not await exists(connection, projection.schema):
        return False
    await subscribe(connection, lane, [projection.subscription])
    return True


async def live_versions(connection: Connection, projection: Projection) -> set[int]:
    """The versions of the projection that have a checkpoint, in any lane."""
    rows = await connection.fetch(statement("live_versions"), f"{projection.name}.v")
    return {row["version"] for row in rows}


async def exists(connection: Connection, schema: str) -> bool:
    """Whether the database schema is there."""
    return await connection.fetchval("select to_regnamespace($1) is not null", schema) is True


async def tables_in(connection: Connection, schema: str) -> list[str]:
    """The tables that are there, whatever version made them; none if there is no such schema."""
    rows = await connection.fetch(statement("tables_in"), schema)
    return [row["tablename"] for row in rows]


async def create(connection: Connection, projection: Projection, schema: str) -> None:
    """Empty tables of the projection in `schema`; what was there is dropped."""
    await connection.execute(f"drop schema if exists {schema} cascade")
    await connection.execute(f"create schema {schema}")
    await connection.execute(projection.sql("tables", schema))
