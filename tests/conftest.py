"""The databases of the tests: a server for the session, an empty database for each test that asks for one.

The server is, in this order: `CREDITLEDGER_TEST_DSN`; a container where a Docker engine answers; the embedded
one.
"""

import os
import socket
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import docker
import docker.errors
import pytest
from testcontainers.community.postgres import PostgresContainer

from service.embedded import ensure
from tests.support.postgres import stop, with_database

_DOCKER_ANSWER_S = 3
_DOCKER_SOCKET = "/var/run/docker.sock"
_IMAGE = "postgres:18"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked as slow run only when they are asked for, by `-m slow`."""
    if not config.getoption("markexpr"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="takes minutes: run with -m slow"))


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    """An administrator's DSN of a server that the tests may create databases on."""
    given = os.environ.get("CREDITLEDGER_TEST_DSN")
    if given:
        yield given
    elif _docker_answers():
        with PostgresContainer(_IMAGE, driver=None) as container:
            yield container.get_connection_url()
    else:
        with _embedded_server() as dsn:
            yield dsn


@pytest.fixture
async def database(server_dsn: str) -> AsyncIterator[str]:
    """The DSN of a fresh, empty database; it is dropped afterwards, whoever is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    await _administer(server_dsn, f"CREATE DATABASE {name}")
    yield with_database(server_dsn, name)
    await _administer(server_dsn, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _embedded_server() -> Iterator[str]:
    # Not below pytest's own temporary folder: root may have to hand the home to another user, who could not
    # get there.
    with tempfile.TemporaryDirectory(prefix="creditledger-", ignore_cleanup_errors=True) as folder:
        yield ensure(Path(folder))
        stop(Path(folder))


async def _administer(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _docker_answers() -> bool:
    # docker's client leaves its socket open when nobody listens, so that is found out without it.
    if "DOCKER_HOST" not in os.environ and not _listens(_DOCKER_SOCKET):
        return False
    try:
        client = docker.from_env(timeout=_DOCKER_ANSWER_S)
    except docker.errors.DockerException:
        return False
    try:
        return bool(client.ping())
    except docker.errors.DockerException:
        return False
    finally:
        client.close()


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except OSError:
            return False
        return True
