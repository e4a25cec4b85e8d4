"""Services on a fresh ledger, as processes that are gone when the test is over."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Protocol

import asyncpg
import pytest

from tests.support.databases import migrated_database
from tests.support.service import Api, Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Start(Protocol):
    """Starts a service on the test's ledger; settings are flags by their names."""

    async def __call__(self, **settings: object) -> tuple[Service, Api]:
        """The service, and a client of it with a credential of its own."""
        ...


@pytest.fixture
async def ledger_dsn(server_dsn: str) -> AsyncIterator[str]:
    """The owner's DSN of a fresh database with the log's schema and lane 0."""
    async with migrated_database(server_dsn) as dsn:
        yield dsn


@pytest.fixture
async def log(ledger_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """The owner's connection to the ledger's database."""
    connection = await asyncpg.connect(ledger_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def start(ledger_dsn: str, tmp_path: Path) -> AsyncIterator[Start]:
    """Makes services; all of them are killed at the end, if they still run."""
    async with AsyncExitStack() as stack:
        count = 0

        async def start_service(**settings: object) -> tuple[Service, Api]:
            nonlocal count
            count += 1
            service = Service(tmp_path / f"service-{count}.log", **{"dsn": ledger_dsn, **settings})
            await stack.enter_async_context(service)
            credential = await service.create_credential()
            return service, await stack.enter_async_context(Api(service.url, credential))

        yield start_service
