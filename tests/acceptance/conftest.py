"""One real server on one real database for the whole session, started by the real command.

Tests that need a ledger of their own (the command line's) make one with `new_database`.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from tests.acceptance.client import Api, unused
from tests.acceptance.process import Server
from tests.acceptance.proving import Ledger, new_ledger
from tests.support.databases import administer
from tests.support.postgres import with_database

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLES = """
select string_agg(format('select 1 from %I.%I x where position(lower($1) in lower(x::text)) > 0',
                         schemaname, tablename), ' union all ')
  from pg_tables where schemaname = 'es' or schemaname like 'projection%'
"""
_INTERNAL = ("internal error", "Traceback")


@contextmanager
def new_database(server_dsn: str) -> Iterator[str]:
    """An empty database of its own."""
    name = unused("acceptance").replace("-", "_")
    asyncio.run(administer(server_dsn, f"CREATE DATABASE {name}"))
    try:
        yield with_database(server_dsn, name)
    finally:
        asyncio.run(administer(server_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def own_dsn(server_dsn: str) -> Iterator[str]:
    """An empty database, for a ledger of the test's own."""
    with new_database(server_dsn) as dsn:
        yield dsn


class Log:
    """The event log behind the server, read from the database itself."""

    def __init__(self, dsn: str) -> None:
        self._runner = asyncio.Runner()
        self._connection: asyncpg.Connection = self._runner.run(self._connect(dsn))

    @staticmethod
    async def _connect(dsn: str) -> asyncpg.Connection:
        return await asyncpg.connect(dsn)

    def head(self) -> int:
        """Position of the last event."""
        return int(self._value("select head_position from es.lane where lane = 0"))

    def holds(self, text: str) -> bool:
        """Whether it stands in any row of the ledger, in any letter case."""
        return self._value(str(self._value(_TABLES)), text) is not None

    def close(self) -> None:
        """Let the connection go."""
        with self._runner:
            self._runner.run(self._connection.close())

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Nothing may be recorded inside the block."""
        before = self.head()
        yield
        assert self.head() == before

    def _value(self, query: str, *arguments: str) -> Any:
        async def fetch() -> Any:
            return await self._connection.fetchval(query, *arguments)

        return self._runner.run(fetch())


@pytest.fixture(scope="session")
def dsn(server_dsn: str) -> Iterator[str]:
    """The database of the session's server."""
    with new_database(server_dsn) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The session's server, a new ledger."""
    log = tmp_path_factory.mktemp("server") / "log"
    with Server(log, "--port", "0", settings={"CREDITLEDGER_DSN": dsn}) as server:
        yield server


@pytest.fixture(scope="session")
def api(server: Server) -> Api:
    """Calls the session's server with its first credential."""
    return Api(server.port, server.identifier, server.secret)


@pytest.fixture(scope="session")
def log(server: Server, dsn: str) -> Iterator[Log]:
    """The log behind the session's server."""
    del server  # it makes the schema
    log = Log(dsn)
    yield log
    log.close()


@pytest.fixture(scope="session")
def ledger(server_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger with a signing key, two clients, some credit, and more than 300 events."""
    with new_database(server_dsn) as dsn, new_ledger(dsn, tmp_path_factory.mktemp("proofs")) as ledger:
        yield ledger


@pytest.fixture(autouse=True)
def _no_internal_errors(server: Server) -> Iterator[None]:
    """Whatever a test sends, the server never meets an error that it did not expect."""
    before = len(server.log())
    yield
    written = server.log()[before:]
    assert not any(word in written for word in _INTERNAL), written
