"""What the operator changes takes effect in servers that run, and stands in the log with who did it."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
from hashlib import md5
from typing import TYPE_CHECKING, Any

import asyncpg

from tests.acceptance.client import Api
from tests.acceptance.process import Server, creditledger

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.client import Answer

PATIENCE_REQUESTS = 100_000
"""Far more requests than fit into the two seconds after which a change has to count."""
OLD, NEW = (md5(text, usedforsecurity=False).hexdigest() for text in (b"old password", b"new password"))


def operate(dsn: str, *arguments: str, typed: str = "") -> str:
    """What an operator's command prints."""
    done = creditledger(*arguments, typed=typed, CREDITLEDGER_DSN=dsn)
    assert done.returncode == 0, done
    return done.stdout


def until(message: str, api: Api, **parameters: str) -> None:
    """Ask until the answer is this text, "" for a success, without a break."""
    for _ in range(PATIENCE_REQUESTS):
        answer = ask(api, **parameters)
        if answer.body.get("message", "") == message:
            return
    raise AssertionError(f"still {answer}")


def ask(api: Api, **parameters: str) -> Answer:
    """A request that changes nothing, by the credential unless told otherwise."""
    return api.send("GetTransactions", parameters)


async def recorded(dsn: str) -> list[dict[str, Any]]:
    """Type and metadata of the events of the access list."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "select type, metadata from es.event where stream_id = 'access' order by position"
        )
    finally:
        await connection.close()
    return [{"type": row["type"], **json.loads(row["metadata"])} for row in rows]


def test_changes_under_two_servers(own_dsn: str, tmp_path: Path) -> None:
    """Every kind of change reaches a server that runs, and is there at once in one that starts after it."""
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn) as first:
        with Server(tmp_path / "other", "--port", "0", "--dsn", own_dsn, is_new=False) as second:
            apis = [Api(server.port, first.identifier, first.secret) for server in (first, second)]
            steps = [
                (("roles", "create", "gifts", "AddCredit"), ""),
                (
                    ("credentials", "restrict", first.identifier, "gifts"),
                    'Invalid Permissions: API action "gettransactions" is not allowed',
                ),
                (("roles", "change", "gifts", "GetTransactions"), ""),
                (("admins", "disable", "admin"), "Administrator Account Disabled"),
                (("admins", "enable", "1"), ""),
                (("allow", "add", "192.0.2.1"), "Invalid IP 127.0.0.1"),
                (("allow", "add", "127.0.0.0/8"), ""),
                (("allow", "remove", "127.0.0.0/8"), "Invalid IP 127.0.0.1"),
                (("allow", "remove", "192.0.2.1", "--open-to-all"), ""),
                (("credentials", "unrestrict", first.identifier), ""),
                (("credentials", "revoke", first.identifier), "Invalid or missing credentials"),
            ]
            for command, message in steps:
                for api in apis:
                    ask(api)  # each has looked just before
                operate(own_dsn, *command)
                for api in apis:
                    until(message, api)
        with Server(tmp_path / "third", "--port", "0", "--dsn", own_dsn, is_new=False) as fresh:
            api = Api(fresh.port, first.identifier, first.secret)
            assert ask(api).message == "Invalid or missing credentials"


def test_passwords_and_keys_change_under_a_server(own_dsn: str, tmp_path: Path) -> None:
    """A new password or access key counts, and the one before it no longer does."""
    operate(own_dsn, "init")
    operate(own_dsn, "admins", "create", "root", "--password", typed="old password\n")
    operate(own_dsn, "allow", "add", "192.0.2.1")
    operate(own_dsn, "allow", "key", "set", typed="old-key\n")
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn, is_new=False) as server:
        api = Api(server.port, "", "")
        keys = {"username": "root", "password": OLD, "accesskey": "old-key"}
        assert ask(api, **keys).result == "success"
        made = json.loads(operate(own_dsn, "allow", "key", "create", "--json"))
        until("", api, **keys | made)
        assert ask(api, **keys).message == "Invalid IP 127.0.0.1"
        keys |= made
        operate(own_dsn, "admins", "password", "Root", typed="new password\n")
        until("", api, **keys | {"password": NEW})
        assert ask(api, **keys).message == "Authentication Failed"
        keys |= {"password": NEW}
        operate(own_dsn, "allow", "key", "remove")
        until("Invalid IP 127.0.0.1", api, **keys)
        written = server.log()
    for secret in ("old password", "new password", OLD, NEW, "old-key", made["accesskey"]):
        assert secret not in written


def test_who_did_it(own_dsn: str) -> None:
    """Every event of the access list names the operator: who was told, else the user of the system."""
    operate(own_dsn, "init")
    operate(own_dsn, "admins", "create", "root", "--by", "Grace Hopper")
    operate(own_dsn, "allow", "add", "192.0.2.1")
    operate(own_dsn, "admins", "disable", "root", "--by", "Grace Hopper")
    operate(own_dsn, "allow", "key", "create")
    user = f"operator:{pwd.getpwuid(os.getuid()).pw_name}"
    found = asyncio.run(recorded(own_dsn))
    assert [(event["type"], event["credential"], event["address"]) for event in found] == [
        ("admin.added", "operator:Grace Hopper", "local"),
        ("address.allowed", user, "local"),
        ("admin.disabled", "operator:Grace Hopper", "local"),
        ("access_key.set", user, "local"),
    ]


def test_who_called_is_in_the_events(own_dsn: str, tmp_path: Path) -> None:
    """A command's event has the credential or the admin, and the address that the proxy vouches for."""
    operate(own_dsn, "init")
    operate(own_dsn, "admins", "create", "root", "--password", typed="old password\n")
    flags = ("--port", "0", "--dsn", own_dsn, "--trusted-proxies", "127.0.0.1")
    with Server(tmp_path / "log", *flags, is_new=False) as server:
        api = Api(server.port, "", "")
        keys = {"username": "root", "password": OLD, "skipvalidation": "1", "email": "a@example.com"}
        answer = api.send("AddClient", keys, {"X-Forwarded-For": "198.51.100.1, 2001:DB8::7"})
        assert answer.success["clientid"] == 1

    async def metadata() -> dict[str, Any]:
        connection = await asyncpg.connect(own_dsn)
        try:
            text = await connection.fetchval("select metadata from es.event where type = 'account.opened'")
        finally:
            await connection.close()
        found: dict[str, Any] = json.loads(text)
        return found

    opened = asyncio.run(metadata())
    assert (opened["credential"], opened["admin_id"], opened["address"]) == ("admin:1", 1, "2001:db8::7")


def test_a_log_of_the_first_release_works_on(own_dsn: str, tmp_path: Path) -> None:
    """A credential without a role may do everything, also those that no role was made of."""
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn) as server:
        api = Api(server.port, server.identifier, server.secret)
        assert [event["type"] for event in asyncio.run(recorded(own_dsn))] == [
            "admin.added",
            "credential.issued",
        ]
        assert api.client() == "1"
        assert api.send("NoSuchAction", {}).message == "Command Not Found"
