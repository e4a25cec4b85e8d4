"""Numbered migrations: each file of sql/migrations once, in order, each in a transaction of its own.

Safe when several processes start at once: a session-level advisory lock lets one apply while the others
wait and then find nothing to do. An applied file that changed since is refused. Runs as the owner (the
DSN's user), who also creates the service's role if it is missing and he may.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from eventstore.database import SERVICE_ROLE, connect
from eventstore.records import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eventstore.subscription import Connection

MIGRATIONS = Path(__file__).parent / "sql" / "migrations"
SERVER_VERSION_MIN = 150000
_SET_OPTION_SINCE = 160000
_LOCK = 7304000
_ONCE = "let an administrator of the server run once"
MARK = "public.creditledger_unfinished"
"""A table that stands in a database while a ledger is copied into it."""
UNFINISHED = (
    "this database holds a copy of a ledger that was not finished: remove the database and copy again"
)
_OWNS_DATABASE = """
select pg_has_role(current_user, d.datdba, 'usage') from pg_database d where d.datname = current_database()
"""
_REGISTRY = """
create table if not exists public.creditledger_migration (
  name text primary key, checksum text not null, applied_at timestamptz not null default now())
"""


class MigrationError(StoreError):
    """The schema cannot be brought up to date; the message says what an operator can do."""


async def migrate(
    dsn: str, *, lane: int, partition_positions: int, partitions_ahead: int, is_copying: bool = False
) -> list[str]:
    """Bring the schema up to date and make sure that `lane` exists; returns the files applied.

    Only who `is_copying` a ledger into the database may use it before that is finished. Raises
    MigrationError, or Unavailable when the server cannot be reached.
    """
    connection = await connect(dsn, as_service=False)
    try:
        if not is_copying:
            await _refuse_unfinished(connection)
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await _check_server(connection)
        applied = await _apply_all(connection, sorted(MIGRATIONS.glob("*.sql")))
        await connection.execute("select es.ensure_lane_v1($1)", lane)
        await connection.execute(
            "select es.ensure_partitions_v1($1, $2)", partition_positions, partitions_ahead
        )
        return applied
    finally:
        await connection.close()


async def has_ledger(dsn: str) -> bool:
    """Whether there is a ledger in this database. Raises MigrationError if it is half a copy, Unavailable."""
    connection = await connect(dsn, as_service=False)
    try:
        await _refuse_unfinished(connection)
        return await connection.fetchval("select to_regclass('es.lane') is not null") is True
    finally:
        await connection.close()


async def _refuse_unfinished(connection: asyncpg.Connection) -> None:
    if await connection.fetchval(f"select to_regclass('{MARK}') is not null"):
        raise MigrationError(UNFINISHED)


async def is_current(connection: Connection) -> bool:
    """Whether every migration that this program knows is applied."""
    names = await connection.fetch("select name from public.creditledger_migration")
    return {path.name for path in MIGRATIONS.glob("*.sql")} <= {row["name"] for row in names}


async def _check_server(connection: asyncpg.Connection) -> None:
    version = int(await connection.fetchval("show server_version_num"))
    if version < SERVER_VERSION_MIN:
        raise MigrationError(f"PostgreSQL 15 or newer is needed, this server is {version // 10000}")
    user = await connection.fetchval("select quote_ident(current_user)")
    database = await connection.fetchval("select quote_ident(current_database())")
    if not await connection.fetchval(_OWNS_DATABASE):
        raise MigrationError(
            f"{user} does not own the database; {_ONCE}: ALTER DATABASE {database} OWNER TO {user};"
        )
    if await connection.fetchval("select 1 from pg_roles where rolname = $1", SERVICE_ROLE) is None:
        await _create_role(connection, user)
    # Before 16 a member could always change to the role; since then that is a right of its own.
    right = "member" if version < _SET_OPTION_SINCE else "set"
    if not await connection.fetchval("select pg_has_role(current_user, $1, $2)", SERVICE_ROLE, right):
        await _as_owner(connection, f"GRANT {SERVICE_ROLE} TO {user}")
    # Read models are built and replaced by the service itself, each in a schema of its own. They are verified
    # in temporary tables, in which answers about the past are made, too.
    for right in ("CREATE", "TEMPORARY"):
        has_right = "select has_database_privilege($1, current_database(), $2)"
        if not await connection.fetchval(has_right, SERVICE_ROLE, right):
            await _as_owner(connection, f"GRANT {right} ON DATABASE {database} TO {SERVICE_ROLE}")


async def _create_role(connection: asyncpg.Connection, user: str) -> None:
    try:
        await connection.execute(f"create role {SERVICE_ROLE} nologin")
    except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        return  # roles belong to the whole server: another database's migration was faster
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationError(
            f"{user} may not create roles; {_ONCE}: "
            f"CREATE ROLE {SERVICE_ROLE} NOLOGIN; GRANT {SERVICE_ROLE} TO {user};"
        ) from error


async def _as_owner(connection: asyncpg.Connection, statement: str) -> None:
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationError(f"a right is missing; {_ONCE}: {statement};") from error


async def _apply_all(connection: asyncpg.Connection, files: Iterable[Path]) -> list[str]:
    await connection.execute(_REGISTRY)
    known = {
        row["name"]: row["checksum"]
        for row in await connection.fetch("select name, checksum from public.creditledger_migration")
    }
    applied = []
    for path in files:
        text = path.read_text(encoding="utf-8")
        checksum = sha256(text.encode()).hexdigest()
        if path.name in known:
            if known[path.name] != checksum:
                raise MigrationError(
                    f"{path.name} was changed after it was applied; add a new migration instead"
                )
            continue
        async with connection.transaction():
            await connection.execute(text)
            await connection.execute(
                "insert into public.creditledger_migration (name, checksum) values ($1, $2)",
                path.name,
                checksum,
            )
        applied.append(path.name)
    await connection.execute(f"grant select on public.creditledger_migration to {SERVICE_ROLE}")
    return applied
