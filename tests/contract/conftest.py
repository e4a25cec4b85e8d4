"""The stores that the contract is held against: in memory, and on each PostgreSQL that can be had here."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eventstore.database import create_pool
from eventstore.memory import MemoryStore
from eventstore.postgres import PostgresStore
from service.embedded import EmbeddedPostgresError, binaries, ensure
from tests.support.databases import migrated_database
from tests.support.postgres import stop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from eventstore.store import EventStore

_OTHER_VERSIONS = (16, 15)


@pytest.fixture(scope="session", params=["memory", "postgres", *(f"postgres-{v}" for v in _OTHER_VERSIONS)])
def backend(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The administrator's DSN of a server, or None for the store in memory."""
    if request.param == "memory":
        yield None
    elif request.param == "postgres":
        yield request.getfixturevalue("server_dsn")
    else:
        version = int(request.param.removeprefix("postgres-"))
        try:
            binaries(version)
        except EmbeddedPostgresError as error:
            pytest.skip(str(error))
        with tempfile.TemporaryDirectory(prefix="creditledger-", ignore_cleanup_errors=True) as folder:
            yield ensure(Path(folder), version=version)
            stop(Path(folder))


@pytest.fixture
async def store(backend: str | None) -> AsyncIterator[EventStore]:
    """An empty store with lane 0."""
    if backend is None:
        yield MemoryStore()
        return
    async with migrated_database(backend) as dsn:
        pool = await create_pool(dsn, size_max=4, statement_timeout_ms=10_000)
        yield PostgresStore(pool, lane=0)
        await pool.close()
