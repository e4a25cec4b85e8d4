"""Databases with the ledger's schema: copied from a template that is migrated once per server."""

from __future__ import annotations

import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from eventstore.migrate import migrate
from tests.support.postgres import with_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PARTITION_POSITIONS = 1_000_000
_templates: dict[str, str] = {}


@asynccontextmanager
async def migrated_database(server_dsn: str) -> AsyncIterator[str]:
    """The administrator's DSN of a fresh database with the log's schema and lane 0, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    template = _templates.get(server_dsn) or await _make_template(server_dsn)
    await administer(server_dsn, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
    try:
        # Rights on a database are not copied with its template.
        await administer(server_dsn, f"GRANT CREATE ON DATABASE {name} TO creditledger_service")
        yield with_database(server_dsn, name)
    finally:
        await administer(server_dsn, f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def empty_database(server_dsn: str) -> AsyncIterator[str]:
    """The administrator's DSN of a fresh database with nothing in it, dropped afterwards."""
    name = f"empty_{uuid.uuid4().hex}"
    await administer(server_dsn, f"CREATE DATABASE {name}")
    try:
        yield with_database(server_dsn, name)
    finally:
        await administer(server_dsn, f"DROP DATABASE {name} WITH (FORCE)")


async def _make_template(server_dsn: str) -> str:
    name = f"template_{uuid.uuid4().hex}"
    await administer(server_dsn, f"CREATE DATABASE {name}")
    await migrate(
        with_database(server_dsn, name), lane=0, partition_positions=PARTITION_POSITIONS, partitions_ahead=2
    )
    _templates[server_dsn] = name
    return name


async def administer(dsn: str, statement: str) -> None:
    """Run one statement outside a transaction."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
