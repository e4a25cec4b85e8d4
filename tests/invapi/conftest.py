"""One real server for all tests of the Invapi protocol, which is also asked by the WHMCS protocol.

It stands behind a trusted proxy, so that each test may come from an address of its own.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import asyncpg
import pytest

from service.core import open_core
from service.handling.client_keys import NewClientKey
from service.operations import operator_call
from service.settings import Settings
from tests.acceptance.client import Api, unused
from tests.acceptance.process import Server
from tests.support.databases import administer
from tests.support.invapi import Invapi
from tests.support.jira import LocalJira
from tests.support.mail import MailServer
from tests.support.postgres import with_database
from tests.support.register import Register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = "https://panel.example.com/reset?token={token}"
_INTERNAL = ("internal error", "Traceback")
_addresses = itertools.count(1)


@pytest.fixture(scope="session")
def dsn(server_dsn: str) -> Iterator[str]:
    """The database of the server."""
    name = unused("invapi").replace("-", "_")
    asyncio.run(administer(server_dsn, f"CREATE DATABASE {name}"))
    yield with_database(server_dsn, name)
    asyncio.run(administer(server_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def mailbox() -> Iterator[MailServer]:
    """Where the server's e-mails arrive."""
    with MailServer() as mail_server:
        yield mail_server


@pytest.fixture(scope="session")
def jira() -> Iterator[LocalJira]:
    """Where the server makes tickets."""
    with LocalJira() as there:
        yield there


@pytest.fixture(scope="session")
def server(
    dsn: str, mailbox: MailServer, jira: LocalJira, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The server, a new ledger."""
    log = tmp_path_factory.mktemp("invapi") / "log"
    settings = {
        "CREDITLEDGER_DSN": dsn,
        "CREDITLEDGER_TRUSTED_PROXIES": "127.0.0.1",
        "CREDITLEDGER_INVAPI_LOCATION": "whmcs_ru",
        "CREDITLEDGER_INVAPI_BANK_DETAILS": "Bank <Ä> 1",
        "CREDITLEDGER_SELLER_NAME": "Shop & Co",
        "CREDITLEDGER_SELLER_ADDRESS": "Gasse 1;Ulm",
        "CREDITLEDGER_SELLER_TAX_NUMBER": "DE1",
        "CREDITLEDGER_FAILED_LOGINS_MAX": "20",
        "CREDITLEDGER_SMTP_HOST": "127.0.0.1",
        "CREDITLEDGER_SMTP_PORT": str(mailbox.port),
        "CREDITLEDGER_SMTP_TLS": "none",
        "CREDITLEDGER_SMTP_FROM": "billing@example.com",
        "CREDITLEDGER_INVAPI_RESET_URL": PAGE,
        "CREDITLEDGER_INVAPI_RESET_INTERVAL_S": "0.001",
        "CREDITLEDGER_JIRA_URL": jira.url,
        "CREDITLEDGER_JIRA_TOKEN": "jira-token",
        "CREDITLEDGER_JIRA_PROJECT": jira.project,
        "CREDITLEDGER_JIRA_TIMEOUT_S": "2",
    }
    with Server(log, "--port", "0", settings=settings) as server:
        yield server


@pytest.fixture(scope="session")
def register(server: Server) -> Register:
    """The register of services on the same ledger."""
    return Register(server.port, server.identifier, server.secret)


@pytest.fixture(scope="session")
def api(server: Server) -> Api:
    """The WHMCS protocol on the same ledger."""
    return Api(server.port, server.identifier, server.secret)


@pytest.fixture(autouse=True)
def _no_internal_errors(server: Server) -> Iterator[None]:
    """Whatever a test sends, the server never meets an error that it did not expect."""
    before = len(server.log())
    yield
    written = server.log()[before:]
    assert not any(word in written for word in _INTERNAL), written


@pytest.fixture(scope="session")
def fetch(dsn: str, server: Server) -> Iterator[Callable[..., object]]:
    """Ask the database itself."""
    del server  # it makes the schema

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(dsn)

    with asyncio.Runner() as runner:
        connection = runner.run(connect())

        async def ask(query: str, arguments: tuple[object, ...]) -> object:
            return await connection.fetchval(query, *arguments)

        yield lambda query, *arguments: runner.run(ask(query, arguments))
        runner.run(connection.close())


@pytest.fixture(scope="session")
def head(fetch: Callable[..., object]) -> Callable[[], object]:
    """Position of the last event."""
    return lambda: fetch("select head_position from es.lane where lane = 0")


@pytest.fixture(scope="session")
def new_key(dsn: str, server: Server) -> Callable[[int], NewClientKey]:
    """Make a key of a client, as the operator's command does."""
    del server

    def make(client_id: int) -> NewClientKey:
        async def work() -> NewClientKey:
            settings = Settings(dsn=dsn)
            async with open_core(settings, dsn) as core:
                made = await core.client_keys.create(client_id, "test", operator_call("test"))
                assert isinstance(made, NewClientKey)
                return made

        return asyncio.run(work())

    return make


@pytest.fixture(scope="session")
def log_in(server: Server, new_key: Callable[[int], NewClientKey]) -> Callable[[str], Invapi]:
    """Log in as a client, from an address that nobody else has."""

    def make(client_id: str) -> Invapi:
        invapi = Invapi(server.port, address=f"198.51.100.{next(_addresses)}", client_id=int(client_id))
        invapi.login(new_key(int(client_id)).key)
        return invapi

    return make


@pytest.fixture
def anybody(server: Server) -> Invapi:
    """Somebody without a token, from an address that nobody else has."""
    return Invapi(server.port, address=f"203.0.113.{next(_addresses)}")


@pytest.fixture(scope="module")
def ada(api: Api, log_in: Callable[[str], Invapi]) -> Invapi:
    """A client with 100.00 of credit."""
    return log_in(api.client(credit="100"))
