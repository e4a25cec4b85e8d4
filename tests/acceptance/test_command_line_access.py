"""`creditledger credentials`, `roles`, `admins` and `allow`: what they print, and what they refuse.

That it takes effect in servers is in `test_access_changes`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import new_database
from tests.acceptance.process import creditledger

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def ledger(server_dsn: str) -> Iterator[str]:
    """A ledger with admin root, a role, a restricted credential, an address and an access key."""
    with new_database(server_dsn) as dsn:
        run(dsn, "init")
        run(dsn, "admins", "create", "root")
        run(dsn, "roles", "create", "gifts", "AddCredit")
        run(dsn, "credentials", "create", "--role", "gifts", "--name", "shop")
        run(dsn, "allow", "add", "192.0.2.0/24")
        run(dsn, "allow", "key", "set", typed="hush-key\n")
        yield dsn


@pytest.fixture
def own_dsn(server_dsn: str) -> Iterator[str]:
    """A new ledger without anybody in it."""
    with new_database(server_dsn) as dsn:
        run(dsn, "init")
        yield dsn


def run(dsn: str, *arguments: str, typed: str = "") -> str:
    """What a command prints; it has to succeed, in silence otherwise."""
    done = creditledger(*arguments, typed=typed, CREDITLEDGER_DSN=dsn)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def test_admins(own_dsn: str) -> None:
    """Made with or without a password, disabled and enabled, found by name in any case or by number."""
    assert run(own_dsn, "admins", "list") == ""
    assert run(own_dsn, "admins", "create", "root") == "root is admin 1.\n"
    grace = run(own_dsn, "admins", "create", "Grace Höpper", "--password", typed="hush hush\n")
    assert grace == "Grace Höpper is admin 2.\n"
    assert run(own_dsn, "admins", "disable", "ROOT") == "The admin is disabled.\n"
    assert run(own_dsn, "admins", "password", "1", typed="hush hush") == "The password is set.\n"
    assert run(own_dsn, "admins", "list").splitlines() == [
        "1  root  disabled  login",
        "2  Grace Höpper  enabled  login",
    ]
    assert run(own_dsn, "admins", "enable", "1") == "The admin is enabled.\n"
    assert json.loads(run(own_dsn, "admins", "list", "--json")) == [
        {"id": 1, "name": "root", "enabled": True, "login": True},
        {"id": 2, "name": "Grace Höpper", "enabled": True, "login": True},
    ]


def test_credentials_and_roles(own_dsn: str) -> None:
    """Who acts for whom and may do what is listed; secrets are not."""
    created = run(own_dsn, "roles", "create", "gifts", "addCREDIT", "GetCredits", "AddCredit")
    assert created == "The role gifts allows 2 actions.\n"
    run(own_dsn, "roles", "create", "reads", "GetInvoice")
    run(own_dsn, "admins", "create", "root")
    options = ("--name", "shop", "--admin", "root", "--role", "gifts", "--role", "gifts", "--json")
    shop = json.loads(run(own_dsn, "credentials", "create", *options))
    free = json.loads(run(own_dsn, "credentials", "create", "--json"))
    assert run(own_dsn, "credentials", "list").splitlines() == [
        f"{shop['identifier']}  root  gifts  shop",
        f"{free['identifier']}  root  everything",
    ]
    restricted = run(own_dsn, "credentials", "restrict", free["identifier"], "gifts", "reads")
    assert restricted == "The credential may do what gifts, reads allows.\n"
    freed = run(own_dsn, "credentials", "unrestrict", shop["identifier"])
    assert freed == "The credential may do everything.\n"
    listed = run(own_dsn, "credentials", "list", "--json")
    assert json.loads(listed) == [
        {"identifier": shop["identifier"], "name": "shop", "admin": "root", "roles": None},
        {"identifier": free["identifier"], "name": "", "admin": "root", "roles": ["gifts", "reads"]},
    ]
    assert run(own_dsn, "roles", "change", "gifts", "AddCredit") == "The role gifts allows 1 actions.\n"
    assert run(own_dsn, "roles", "list").splitlines() == ["gifts  AddCredit", "reads  GetInvoice"]
    assert run(own_dsn, "credentials", "revoke", free["identifier"]) == "The credential is revoked.\n"
    assert run(own_dsn, "roles", "remove", "reads") == "The role is removed.\n"
    assert json.loads(run(own_dsn, "roles", "list", "--json")) == [
        {"name": "gifts", "actions": ["AddCredit"]}
    ]
    for secret in (shop["secret"], free["secret"]):
        assert secret not in listed


def test_addresses_and_the_access_key(own_dsn: str) -> None:
    """Listed in one spelling with their notes; that there is a key is told, the key itself only once."""
    assert run(own_dsn, "allow", "list") == "Calls may come from anywhere.\n"
    added = run(own_dsn, "allow", "add", "2001:DB8::/32", "--note", "office")
    assert added.startswith("2001:db8::/32 is allowed. Calls from addresses that are not listed are refused.")
    run(own_dsn, "allow", "add", "::ffff:192.0.2.1")
    key = run(own_dsn, "allow", "key", "create")
    assert re.fullmatch("accesskey  [A-Za-z0-9]{32}\n", key)
    assert run(own_dsn, "allow", "list").splitlines() == [
        "2001:db8::/32  office",
        "192.0.2.1",
        "Calls with the access key may come from anywhere.",
    ]
    assert run(own_dsn, "allow", "key", "remove") == "The access key is removed.\n"
    assert run(own_dsn, "allow", "remove", "192.0.2.1/32") == "192.0.2.1 is removed.\n"
    assert json.loads(run(own_dsn, "allow", "list", "--json")) == {
        "addresses": [{"address": "2001:db8::/32", "note": "office"}],
        "access_key": False,
    }
    run(own_dsn, "allow", "remove", "2001:db8::/32", "--open-to-all")
    assert run(own_dsn, "allow", "list") == "Calls may come from anywhere.\n"


BAD: list[tuple[str, str, str]] = [
    ("admins create ROOT", "", "admin exists: ROOT"),
    ("admins create 12", "", "a user name must not be a number"),
    ("admins create new --password", "", "a password must not be empty"),
    ("admins create new --password", "\n", "a password must not be empty"),
    ("admins password nobody", "hush hush\n", "admin not found: nobody"),
    ("admins disable nobody", "", "admin not found: nobody"),
    ("admins disable 99", "", "admin not found: 99"),
    ("admins enable root", "", "admin not disabled: root"),
    ("roles create gifts AddCredit", "", "role exists: gifts"),
    ("roles create new", "", "Missing argument 'ACTION...'"),
    ("roles create new AddCredits", "", "AddCredits is no action of the WHMCS API; did you mean AddCredit?"),
    ("roles create new qqqqqqqq", "", "qqqqqqqq is no action of the WHMCS API"),
    ("roles change nothing AddCredit", "", "role not found: nothing"),
    ("roles remove nothing", "", "role not found: nothing"),
    ("roles remove gifts", "", "restrict that credential to other roles first"),
    ("credentials create --role nothing", "", "role not found: nothing"),
    ("credentials create --admin nobody", "", "admin not found: nobody"),
    ("credentials revoke nobody", "", "credential not found: nobody"),
    ("credentials restrict nobody gifts", "", "credential not found: nobody"),
    ("credentials restrict nobody", "", "Missing argument 'ROLE...'"),
    ("credentials unrestrict nobody", "", "credential not found: nobody"),
    ("allow add nonsense", "", "'nonsense' is neither an IP address nor a network like 192.0.2.0/24"),
    ("allow add 192.0.2.7/24", "", "192.0.2.0/24 is the whole network"),
    ("allow add 192.0.2.0/24", "", "address exists: 192.0.2.0/24"),
    ("allow remove 192.0.2.1", "", "address not found: 192.0.2.1"),
    ("allow remove 192.0.2.0/24", "", "which --open-to-all allows"),
    ("allow key set", "", "an access key has 1 to 1000 letters, digits"),
    ("allow key set", "hush hush\n", "an access key has 1 to 1000 letters, digits"),
]


@pytest.mark.parametrize(("command", "typed", "sentence"), BAD)
def test_what_is_refused(ledger: str, command: str, typed: str, sentence: str) -> None:
    """One sentence, a code that is not 0, no stack trace, and nothing secret repeated."""
    done = creditledger(*command.split(), typed=typed, CREDITLEDGER_DSN=ledger)
    assert done.returncode in {1, 2}
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "hush" not in done.stderr + done.stdout


def test_names_that_cannot_be(ledger: str) -> None:
    """Control characters and endless names are refused wherever a name or a note is given."""
    for command in (
        ("admins", "create"),
        ("credentials", "create", "--name"),
        ("allow", "add", "192.0.2.9", "--note"),
    ):
        for name in ("a\nb", "x" * 101):
            done = creditledger(*command, name, CREDITLEDGER_DSN=ledger)
            assert done.returncode == 2, done
            assert "at most 100 printable characters" in done.stderr
    done = creditledger("roles", "create", " ", "AddCredit", CREDITLEDGER_DSN=ledger)
    assert "a role must not be empty" in done.stderr


def test_there_has_to_be_a_ledger(server_dsn: str) -> None:
    """A mistyped database does not become a new ledger that lets everybody in."""
    with new_database(server_dsn) as dsn:
        for command in ("admins list", "allow add 192.0.2.1", "roles create x AddCredit", "allow key create"):
            done = creditledger(*command.split(), CREDITLEDGER_DSN=dsn)
            assert done.returncode == 1
            assert "there is no ledger in this database" in done.stderr


def test_a_password_in_another_encoding(ledger: str) -> None:
    """What is typed is UTF-8, or is refused without being repeated."""
    done = creditledger("admins", "password", "root", typed="h\udcfcsh\n", CREDITLEDGER_DSN=ledger)
    assert done.returncode == 2
    assert "standard input is not UTF-8" in done.stderr
