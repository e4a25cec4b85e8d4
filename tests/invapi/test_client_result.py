"""What `get_client` answers as its result where the operator chose HOSTKEY's reseller module."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import Api
from tests.acceptance.conftest import new_database
from tests.acceptance.process import Server, creditledger
from tests.support.invapi import Invapi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def own_dsn(server_dsn: str) -> Iterator[str]:
    """A database of its own."""
    with new_database(server_dsn) as dsn:
        yield dsn


def test_get_client_answers_success_where_the_setting_says_so(own_dsn: str, tmp_path: Path) -> None:
    """With --invapi-client-result success that module, which takes nothing else, understands get_client."""
    arguments = ("--port", "0", "--dsn", own_dsn, "--invapi-client-result", "success")
    with Server(tmp_path / "log", *arguments) as server:
        client = Api(server.port, server.identifier, server.secret).client()
        made = creditledger("invapi-keys", "create", "--client", client, "--json", CREDITLEDGER_DSN=own_dsn)
        invapi = Invapi(server.port)
        invapi.login(json.loads(made.stdout)["key"])
        assert invapi.call("get_client").ok["result"] == "success"
        assert invapi.call("getcredits").ok["result"] == "OK"
