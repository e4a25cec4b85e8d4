"""A migrated database and a store on it, for tests of what only PostgreSQL can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from eventstore.database import create_pool
from eventstore.postgres import PostgresStore
from tests.support.databases import migrated_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg


@pytest.fixture
async def ledger_dsn(server_dsn: str) -> AsyncIterator[str]:
    """The owner's DSN of a fresh database with the log's schema and lane 0."""
    async with migrated_database(server_dsn) as dsn:
        yield dsn


@pytest.fixture
async def pool(ledger_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections as the service has them."""
    pool = await create_pool(ledger_dsn, size_max=8, statement_timeout_ms=10_000)
    yield pool
    await pool.close()


@pytest.fixture
def store(pool: asyncpg.Pool) -> PostgresStore:
    """The store on that database."""
    return PostgresStore(pool, lane=0)
