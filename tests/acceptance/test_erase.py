"""`creditledger erase client N`: nothing of the person is left, and the books are as they were."""

from __future__ import annotations

import gzip
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from service.embedded import binaries
from tests.acceptance.client import CLIENT, Api
from tests.acceptance.process import Server, creditledger
from tests.support.postgres import stop

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "Quillfeather"
EMAIL = "zebulon@quillfeather.example"


@pytest.fixture
def own_api(own_dsn: str, tmp_path: Path) -> Iterator[Api]:
    """A running server with two clients: the first has credit, invoices, a contact, and a past address."""
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn) as server:
        api = Api(server.port, server.identifier, server.secret)
        first = {**CLIENT, "firstname": "Zebulon", "lastname": NAME, "companyname": f"{NAME} Ltd"}
        api.ok("AddClient", **{**first, "email": f"old-{EMAIL}"})
        api.ok("AddClient", **{**CLIENT, "email": "other@example.com"})
        api.ok("AddContact", clientid=1, lastname=f"{NAME}-Contact", email=f"contact-{EMAIL}")
        api.ok("UpdateClient", clientid=1, email=EMAIL, address1=f"{NAME} Street 1")
        api.ok("AddCredit", clientid=1, amount="10.00", description="Top-up")
        api.ok("CreateInvoice", userid=1, itemdescription1="Line", itemamount1="4.00")
        api.ok("ApplyCredit", invoiceid=1, amount="full")
        yield api


def message(api: Api, action: str, **fields: object) -> str:
    """The message of an error."""
    return api.send(action, {name: str(value) for name, value in fields.items()}).message


def run(dsn: str, *arguments: str) -> str:
    """What a command prints; it has to succeed."""
    done = creditledger(*arguments, CREDITLEDGER_DSN=dsn)
    assert done.returncode == 0, done
    return done.stdout


def dump_of(dsn: str) -> str:
    """The whole database as pg_dump writes it, and again with what is hexadecimal in it as text."""
    program = binaries() / "pg_dump"
    done = subprocess.run(
        [program, "--no-owner", f"--dbname={dsn}"], capture_output=True, check=True, env={**os.environ}
    )
    return done.stdout.decode().casefold()


def assert_forgotten(text: str) -> None:
    """Neither the name nor an address, in clear or as hexadecimal."""
    folded = text.casefold()
    for word in (NAME.casefold(), "zebulon"):
        assert word not in folded
        assert word.encode().hex() not in folded
        assert word.title().encode().hex() not in folded


def test_a_person_is_erased_and_the_books_stay(own_api: Api, own_dsn: str, tmp_path: Path) -> None:
    """While a server runs: every answer, the whole database and an archive with keys have nothing left."""
    assert NAME.casefold() in dump_of(own_dsn)
    books = own_api.ok("GetCredits", clientid=1), own_api.ok("GetInvoice", invoiceid=1)
    assert "is erased" in run(own_dsn, "erase", "client", "1", "--yes", "--by", "Ann")
    assert (own_api.ok("GetCredits", clientid=1), own_api.ok("GetInvoice", invoiceid=1)) == books
    answers = [
        own_api.ok("GetClientsDetails", clientid=1, stats=True),
        own_api.ok("GetClients"),
        own_api.ok("GetContacts", userid=1),
        own_api.ok("GetActivityLog"),
    ]
    assert answers[0]["credit"] == "6.00"
    assert_forgotten(str(answers))
    assert "Person Erased - User ID: 1" in str(answers[3])
    for address in (EMAIL, f"old-{EMAIL}"):
        assert message(own_api, "GetClientsDetails", email=address) == "Client Not Found"
    assert own_api.ok("GetClientsDetails", clientid=2)["email"] == "other@example.com"
    assert_forgotten(dump_of(own_dsn))
    run(own_dsn, "verify")
    archive = tmp_path / "a.ndjson.gz"
    run(own_dsn, "archive", "create", "--out", str(archive), "--with-personal-keys")
    assert_forgotten(gzip.decompress(archive.read_bytes()).decode())
    assert "was erased before" in run(own_dsn, "erase", "client", "1", "--yes")


def test_an_erased_client_goes_on_without_a_name(own_api: Api, own_dsn: str) -> None:
    """Only who is meant is erased; then credit moves, nothing personal is taken, and the address is free."""
    unknown = creditledger("erase", "client", "77", "--yes", CREDITLEDGER_DSN=own_dsn)
    assert (unknown.returncode, "there is no client 77" in unknown.stderr) == (1, True)
    asked = creditledger("erase", "client", "1", typed="n\n", CREDITLEDGER_DSN=own_dsn)
    assert (asked.returncode, "Go on?" in asked.stderr) == (1, True)
    assert own_api.ok("GetClientsDetails", clientid=1)["email"] == EMAIL
    run(own_dsn, "erase", "client", "1", "--yes")
    erased = "The personal data of this client was erased"
    assert message(own_api, "UpdateClient", clientid=1, firstname="New") == erased
    assert message(own_api, "AddContact", clientid=1, firstname="New") == erased
    assert message(own_api, "UpdateContact", contactid=1, firstname="New") == erased
    own_api.ok("UpdateClient", clientid=1, language="german")
    own_api.ok("UpdateContact", contactid=1, generalemails=False)
    own_api.ok("DeleteContact", contactid=1)
    assert own_api.ok("AddCredit", clientid=1, amount="1.00", description="x")["newbalance"] == "7.00"
    again = own_api.ok("AddClient", **{**CLIENT, "email": EMAIL})["clientid"]
    assert own_api.ok("GetClientsDetails", email=EMAIL)["id"] == again
    own_api.ok("DeleteClient", clientid=1)
    assert message(own_api, "GetClientsDetails", clientid=1) == "Client Not Found"
    run(own_dsn, "verify")


def test_an_old_archive_is_made_to_forget(own_api: Api, own_dsn: str, tmp_path: Path) -> None:
    """With its key it gives the person back to whoever replays it; without it, nobody."""
    archive = tmp_path / "a.ndjson.gz"
    assert own_api.port
    warned = creditledger(
        *("archive", "create", "--with-personal-keys", "--out", str(archive)), CREDITLEDGER_DSN=own_dsn
    )
    assert "Warning: whoever has this archive can read all personal data" in warned.stderr
    assert "any more" in run(own_dsn, "archive", "forget", str(archive), "--client", "1")
    assert "forgotten: account-1" in run(own_dsn, "archive", "check", str(archive))
    with tempfile.TemporaryDirectory(prefix="creditledger-") as parent:
        folder = Path(parent) / "copy"
        run(own_dsn, "replay", "--from-archive", str(archive), "--into", str(folder))
        try:
            shown = creditledger("call", "GetClients", "--data", str(folder)).stdout
            assert creditledger("verify", "--data", str(folder)).returncode == 0
        finally:
            stop(folder)
    assert_forgotten(shown)
    assert "other@example.com" in shown
