"""What the operator's commands say when they cannot work: one sentence, a non-zero code, no stack trace."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import Api
from tests.acceptance.conftest import new_database
from tests.acceptance.process import Server, creditledger
from tests.support.databases import administer
from tests.support.postgres import with_database

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

UNREACHABLE = "postgresql://someone:hush@127.0.0.1:1/ledger"
NO_DATABASE = "PostgreSQL cannot be reached"

BAD_SETTINGS = [
    ("port", "eight", "port"),
    ("port", "70000", "port"),
    ("workers", "0", "workers"),
    ("workers", "-2", "workers"),
    ("workers", "two", "workers"),
    ("workers", "1000", "workers"),
    ("lane", "-1", "lane"),
    ("trusted_proxies", "10.0.0.0/8, nonsense", "'nonsense' is neither an IP address nor a network"),
    ("trusted_proxies", "10.0.0.1/8", "10.0.0.0/8 is the whole network"),
    ("password_checks_max", "0", "password_checks_max"),
    ("base_path", "/a b", "not a plain path"),
    ("upstream_url", "ftp://billing.example.com", "must be like https://"),
    ("upstream_url", "https://id:hush@billing.example.com/", "must not hold a user or password"),
    ("upstream_url", "https://billing.example.com/", "needs upstream_identifier and upstream_secret"),
    ("log_level", "loud", "log_level"),
    ("log_format", "xml", "log_format"),
    ("request_timeout_s", "0", "request_timeout_s"),
    ("database_connections_max", "1", "database_connections_max"),
    ("timezone", "Mars/Base", "Mars/Base"),
    ("first_currency", "NOPE", "NOPE"),
]
BAD_FILES = [
    ("port = 8080\nprot = 1\n", "prot"),
    ("[server]\nport = 1\n", "server"),
    ('port = "x\n', "settings.toml"),
    ("port = []\n", "port"),
]
DAMAGES = {
    "a changed event": "update es.event set data = replace(data::text, 'USD', 'EUR')::json",
    "a missing event": "delete from es.event where position = 1",
    "a hash of a block": "update es.block set block_hash = sha256(block_hash)",
    "the head": "update es.lane set head_hash = sha256(head_hash)",
    "an event beyond the head": "update es.lane set head_position = 0",
}


@pytest.fixture(scope="module")
def own_dsn(server_dsn: str) -> Iterator[str]:
    """An empty database."""
    with new_database(server_dsn) as dsn:
        yield dsn


def failed(done: subprocess.CompletedProcess[str], sentence: str) -> None:
    """The command failed and said why, in few words."""
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr
    assert sentence in done.stderr
    assert "hush" not in done.stderr
    assert len(done.stderr.splitlines()) <= 6


@pytest.mark.parametrize(("name", "value", "sentence"), BAD_SETTINGS)
def test_bad_setting(own_dsn: str, name: str, value: str, sentence: str) -> None:
    """A setting that cannot be used is named, given by flag or by environment."""
    flag = f"--{name.replace('_', '-')}"
    failed(creditledger("init", flag, value, CREDITLEDGER_DSN=own_dsn), sentence)
    variable = {f"CREDITLEDGER_{name.upper()}": value}
    failed(creditledger("init", CREDITLEDGER_DSN=own_dsn, **variable), sentence)


@pytest.mark.parametrize(("text", "sentence"), BAD_FILES)
def test_bad_file(tmp_path: Path, text: str, sentence: str) -> None:
    """A file that is no TOML, or holds what is no setting, is told so."""
    file = tmp_path / "settings.toml"
    file.write_text(text, "utf-8")
    failed(creditledger("init", "--config", str(file), CREDITLEDGER_DSN=UNREACHABLE), sentence)


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is an error, named by flag or by environment, not nothing."""
    missing = str(tmp_path / "missing.toml")
    failed(creditledger("init", "--config", missing, CREDITLEDGER_DSN=UNREACHABLE), missing)
    failed(creditledger("init", CREDITLEDGER_CONFIG=missing, CREDITLEDGER_DSN=UNREACHABLE), missing)


@pytest.mark.parametrize(
    "command",
    [
        "serve",
        "init",
        "verify",
        "rebuild balances",
        "credentials list",
        "credentials create",
        "currencies list",
    ],
)
def test_unreachable_database(command: str) -> None:
    """Every command says that the database cannot be reached, and keeps its password to itself."""
    failed(creditledger(*command.split(), CREDITLEDGER_DSN=UNREACHABLE), NO_DATABASE)


@pytest.mark.parametrize(
    "address", ["nonsense", "mysql://127.0.0.1/x", "postgresql://127.0.0.1:x/ledger", ""]
)
def test_dsn_that_is_none(address: str) -> None:
    """What is no address of a PostgreSQL server is told so."""
    failed(creditledger("verify", "--dsn", address), NO_DATABASE)


def test_missing_database(server_dsn: str) -> None:
    """A database that the server does not have is named."""
    failed(creditledger("init", "--dsn", with_database(server_dsn, "nowhere")), '"nowhere" does not exist')


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("is_shared", [False, True])
def test_port_in_use(own_dsn: str, workers: str, is_shared: bool) -> None:
    """A port that somebody else listens on is named, also when he would share it."""
    with closing(socket.create_server(("127.0.0.1", 0), reuse_port=is_shared)) as taken:
        port = str(taken.getsockname()[1])
        done = creditledger("serve", "--port", port, "--workers", workers, CREDITLEDGER_DSN=own_dsn)
        failed(done, f"cannot listen on 127.0.0.1 port {port}")
        assert "address already in use" in done.stderr.lower()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_host_of_somebody_else(own_dsn: str, workers: str) -> None:
    """An address that this machine does not have is named."""
    where = ("--host", "192.0.2.1", "--port", "0", "--workers", workers)
    failed(creditledger("serve", *where, CREDITLEDGER_DSN=own_dsn), "cannot listen on 192.0.2.1")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("rebuild", "nothing"), "there is no read model 'nothing'"),
        (("credentials", "revoke", "nobody"), "nobody"),
        (("currencies", "add", "USD"), "USD"),
        (("currencies", "add", "QQQ"), "QQQ is not a currency of ISO 4217"),
        (("nonsense",), "No such command 'nonsense'"),
    ],
)
def test_refused(own_dsn: str, arguments: tuple[str, ...], sentence: str) -> None:
    """What the ledger refuses is said in its words."""
    assert creditledger("init", CREDITLEDGER_DSN=own_dsn).returncode == 0
    failed(creditledger(*arguments, CREDITLEDGER_DSN=own_dsn), sentence)


@pytest.mark.parametrize("damage", DAMAGES)
def test_verify_finds_damage(server_dsn: str, damage: str) -> None:
    """Whoever has the rights to change the log is found out: code 1 and what differs."""
    with new_database(server_dsn) as dsn:
        assert creditledger("init", CREDITLEDGER_DSN=dsn).returncode == 0
        assert creditledger("verify", CREDITLEDGER_DSN=dsn).returncode == 0
        asyncio.run(administer(dsn, f"set session_replication_role = replica; {DAMAGES[damage]}"))
        failed(creditledger("verify", CREDITLEDGER_DSN=dsn), "position")


def test_verify_finds_a_wrong_read_model(server_dsn: str, tmp_path: Path) -> None:
    """A row of a read model that the log does not explain is found, and a rebuild puts it right."""
    with new_database(server_dsn) as dsn:
        with Server(tmp_path / "log", "--port", "0", "--dsn", dsn) as server:
            api = Api(server.port, server.identifier, server.secret)
            assert api.balance(api.client("10.00")) == "10.00"  # read models are lazy until somebody reads
        asyncio.run(administer(dsn, "update projection_balances.balance set balance = balance + 1"))
        failed(creditledger("verify", CREDITLEDGER_DSN=dsn), "balances")
        assert creditledger("rebuild", "balances", CREDITLEDGER_DSN=dsn).returncode == 0
        assert creditledger("verify", CREDITLEDGER_DSN=dsn).returncode == 0
