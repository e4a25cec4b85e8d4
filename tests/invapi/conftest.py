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
from service.handling.configuration_input import new_gateway, payment_page
from service.operations import operator_call
from service.settings import Settings
from tests.acceptance.client import Api, unused
from tests.acceptance.process import Server
from tests.support.databases import administer
from tests.support.font import square_font
from tests.support.gateways import create_secret, set_up
from tests.support.invapi import Invapi
from tests.support.jira import LocalJira
from tests.support.logging_in import FAILED_MAX
from tests.support.mail import MailServer
from tests.support.paying import GATEWAYS, KEY, PUBLIC_URL, Web
from tests.support.postgres import with_database
from tests.support.register import Register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = "https://panel.example.com/reset?token={token}"
_INTERNAL = ("internal error", "Traceback")
_addresses = itertools.count(1)
_payers = itertools.count(1)


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
    fonts = tmp_path_factory.mktemp("fonts")
    (fonts / "square.ttf").write_bytes(square_font())
    settings = {
        "CREDITLEDGER_DSN": dsn,
        "CREDITLEDGER_TRUSTED_PROXIES": "127.0.0.1",
        "CREDITLEDGER_INVAPI_LOCATION": "whmcs_ru",
        "CREDITLEDGER_INVAPI_BANK_DETAILS": "Bank <Ä> 1",
        "CREDITLEDGER_SELLER_NAME": "Shop & Co",
        "CREDITLEDGER_SELLER_ADDRESS": "Gasse 1;Ulm",
        "CREDITLEDGER_SELLER_TAX_NUMBER": "DE1",
        "CREDITLEDGER_INVOICE_PDF_FONTS": str(fonts),
        "CREDITLEDGER_FAILED_LOGINS_MAX": "20",
        "CREDITLEDGER_INVAPI_FAILED_LOGINS_MAX": str(FAILED_MAX),
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


@pytest.fixture(scope="session")
def secret(dsn: str, server: Server) -> str:
    """The callback secret of the first gateway; the second has neither that nor a page."""
    del server  # it makes the schema
    page = "https://pay.example.com/{invoice}?sum={amount}&in={currency}"

    async def make() -> str:
        first, second = new_gateway(GATEWAYS[0], "Pay & Pal <1>"), new_gateway(GATEWAYS[1], "")
        await set_up(dsn, first, second, payment_page(GATEWAYS[0], page))
        return await create_secret(dsn, GATEWAYS[0])

    return asyncio.run(make())


@pytest.fixture(scope="session")
def paying(dsn: str, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A second process on the ledger, which makes links; nothing secret is in its log at the end."""
    log = tmp_path_factory.mktemp("paying") / "log"
    settings = {
        "CREDITLEDGER_DSN": dsn,
        "CREDITLEDGER_TRUSTED_PROXIES": "127.0.0.1",
        "CREDITLEDGER_FAILED_LOGINS_MAX": "5",
        "CREDITLEDGER_BASE_PATH": "/shop",
        "CREDITLEDGER_PUBLIC_URL": f"{PUBLIC_URL}/",
        "CREDITLEDGER_PAYMENT_LINK_KEY": KEY,
        "CREDITLEDGER_SELLER_NAME": "Shop & Co",
        "CREDITLEDGER_METRICS_ACCESS": "open",
        "CREDITLEDGER_RETRIED_PAYMENTS": "allow",
    }
    with Server(log, "--port", "0", is_new=False, settings=settings) as server:
        yield server
    written = log.read_text("utf-8")
    assert "payment callback" in written
    for hidden in ("internal error", "Traceback", secret, KEY, "v1,", "/pay/"):
        assert hidden not in written


@pytest.fixture
def web(paying: Server, secret: str) -> Web:
    """Somebody from an address that nobody else has."""
    return Web(paying.port, secret, f"192.0.2.{next(_payers)}")
