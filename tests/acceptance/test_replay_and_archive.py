"""`creditledger archive` and `replay` as an auditor and an operator use them, and killed in the middle."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
from pydantic import SecretStr

from service.local_api import open_local_api
from service.operations import init
from service.settings import Settings
from tests.acceptance.conftest import new_database
from tests.acceptance.process import Server, creditledger, environment
from tests.support.postgres import stop

if TYPE_CHECKING:
    from collections.abc import Iterator

UNFINISHED = "was not finished"


@pytest.fixture(scope="module")
def ledger(server_dsn: str) -> Iterator[str]:
    """A ledger with a client, some credit, and an invoice paid by it in one block of two events."""
    with new_database(server_dsn) as dsn:
        asyncio.run(_make(Settings(dsn=SecretStr(dsn))))
        yield dsn


async def _make(settings: Settings) -> None:
    await init(settings)
    person = {"firstname": "Ada", "lastname": "L", "email": "a@example.com", "skipvalidation": True}
    async with open_local_api(settings) as api:
        for action, fields in [
            ("AddClient", person),
            ("AddCredit", {"clientid": 1, "amount": 10, "description": "x"}),
            ("CreateInvoice", {"userid": 1, "itemdescription1": "y", "itemamount1": 4}),
            ("ApplyCredit", {"invoiceid": 1, "amount": "full"}),
        ]:
            assert (await api(action, fields))["result"] == "success"


@pytest.fixture
def target(server_dsn: str) -> Iterator[str]:
    """An empty database."""
    with new_database(server_dsn) as dsn:
        yield dsn


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that is not there yet, with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="creditledger-") as parent:
        folder = Path(parent) / "second"
        yield folder
        if folder.exists():
            stop(folder)


def run(dsn: str, *arguments: str) -> str:
    """What a command prints; it has to succeed."""
    done = creditledger(*arguments, CREDITLEDGER_DSN=dsn)
    assert done.returncode == 0, done
    return done.stdout


def call(dsn: str, action: str, *parameters: str) -> dict[str, object]:
    """An action's answer, which must be a success."""
    answer: dict[str, object] = json.loads(run(dsn, "call", action, *parameters))
    return answer


def refused(dsn: str, *arguments: str) -> str:
    """The sentence that a command fails with."""
    done = creditledger(*arguments, CREDITLEDGER_DSN=dsn)
    assert done.returncode in {1, 2}, done
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_replay_into_a_folder_can_be_served_right_away(ledger: str, folder: Path, tmp_path: Path) -> None:
    """Inside the payment's block: the copy says where it ends, holds the balance, verifies, and is served."""
    position = _position_of(ledger, "credit.applied")
    done = run(ledger, "replay", "--to", str(position), "--into", str(folder))
    assert f"Position {position} was recorded together with those up to {position + 1}" in done
    verified = creditledger("verify", "--data", str(folder))
    assert verified.returncode == 0, verified
    copied = creditledger("call", "GetClientsDetails", "clientid=1", "--data", str(folder))
    assert json.loads(copied.stdout)["client"] == call(ledger, "GetClientsDetails", "clientid=1")["client"]
    with Server(tmp_path / "log", "--port", "0", "--data", str(folder)):
        pass
    again = creditledger("replay", "--into", str(folder), CREDITLEDGER_DSN=ledger)
    assert (again.returncode, "is not empty" in again.stderr) == (1, True)


def _position_of(dsn: str, kind: str) -> int:
    async def ask() -> int:
        connection = await asyncpg.connect(dsn)
        try:
            return int(await connection.fetchval("select position from es.event where type = $1", kind))
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_an_archive_is_checked_and_replayed(ledger: str, target: str, tmp_path: Path) -> None:
    """Made into a folder, never over a file; the check tells its head, which is that of the replay."""
    made = run(ledger, "archive", "create", "--out", str(tmp_path))
    [archive] = tmp_path.iterdir()
    assert str(archive) in made
    assert archive.stat().st_mode & 0o077 == 0
    assert "is there already" in refused(ledger, "archive", "create", "--out", str(archive))
    head = made.split()[-1]
    checked = run(ledger, "archive", "check", str(archive))
    assert head in checked
    assert "without the keys of personal data" in checked
    assert head in run(ledger, "replay", "--from-archive", str(archive), "--into", target)
    assert call(target, "GetClientsDetails", "clientid=1")["credit"] == "6.00"
    assert call(target, "GetClientsDetails", "clientid=1")["firstname"] == ""
    assert "was erased" in refused_answer(target, "UpdateClient", "clientid=1", "firstname=Eve")


def refused_answer(dsn: str, action: str, *parameters: str) -> str:
    """The message of an action that is refused."""
    done = creditledger("call", action, *parameters, CREDITLEDGER_DSN=dsn)
    assert done.returncode == 1, done
    return str(json.loads(done.stdout)["message"])


def test_a_damaged_archive_is_refused_in_a_sentence(ledger: str, target: str, tmp_path: Path) -> None:
    """Cut off, changed in the middle, without its last line, or no archive: exit code 1, whoever reads it."""
    run(ledger, "archive", "create", "--out", str(tmp_path / "a"))
    whole = (tmp_path / "a").read_bytes()
    manifest = gzip.decompress(whole).splitlines(keepends=True)[-1]
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    without = whole[: whole.rindex(manifest[:40]) - 15]  # before the header of its member
    bad = tmp_path / "bad"
    check, forget = ("archive", "check", str(bad)), ("archive", "forget", str(bad), "--client", "1")
    replay = ("replay", "--from-archive", str(bad), "--into", target)
    for data, command, problem in [
        (whole[:-100], check, "breaks off"),
        (bytes(changed), check, "damaged"),
        (without, check, "has no manifest at its end"),
        (without, forget, "has no manifest at its end"),
        (whole[:-100], replay, "breaks off"),
        (b"something else", replay, "damaged"),
    ]:
        bad.write_bytes(data)
        assert problem in refused(ledger, *command)
        assert bad.read_bytes() == data


def test_places_that_are_not_in_the_log(ledger: str, folder: Path, tmp_path: Path) -> None:
    """Beyond the head, before the first event, and what is no place at all; nothing is left behind."""
    for arguments, sentence in [
        (("replay", "--into", str(folder), "--to", "999"), "there is no position 999 yet: the last one is"),
        (("replay", "--into", str(folder), "--to", "1999-12-31"), "is before the first event"),
        (("replay", "--into", str(folder), "--to", "2999-12-31T10:00:00Z"), "is in the future"),
        (("archive", "create", "--out", str(tmp_path / "no" / "a")), "there is no folder"),
    ]:
        assert sentence in refused(ledger, *arguments)
    unreadable = creditledger("replay", "--into", str(folder), "--to", "yesterday", CREDITLEDGER_DSN=ledger)
    assert unreadable.returncode == 2
    assert "neither a position nor a time" in unreadable.stderr
    assert not folder.exists()
    assert not list(tmp_path.iterdir())


def test_a_replay_that_is_killed_leaves_no_ledger(ledger: str, target: str) -> None:
    """Every use of the target is refused, a second replay too; the source goes on."""
    with _killed_while_copying(ledger, "replay", "--into", target):
        pass
    for command in (("serve",), ("verify",), ("call", "GetClients")):
        assert UNFINISHED in refused(target, *command)
    assert UNFINISHED in refused(ledger, "replay", "--into", target)
    call(ledger, "AddCredit", "clientid=1", "amount=1", "description=goes on")


def test_a_folder_that_was_not_finished_is_not_served(ledger: str, folder: Path) -> None:
    """The same where the target is an embedded database."""
    with _killed_while_copying(ledger, "replay", "--into", str(folder)):
        pass
    done = creditledger("serve", "--data", str(folder))
    assert (done.returncode, UNFINISHED in done.stderr) == (1, True), done
    assert UNFINISHED in refused(ledger, "replay", "--into", str(folder))


def test_an_archive_that_is_killed_is_not_there(ledger: str, tmp_path: Path) -> None:
    """Only a file that is named as a part is left, and the check sees that it is one."""
    out = tmp_path / "a.ndjson.gz"
    with _killed_while_copying(ledger, "archive", "create", "--out", str(out)):
        pass
    assert not out.exists()
    for rest in tmp_path.iterdir():
        assert rest.suffix == ".part"
        assert refused(ledger, "archive", "check", str(rest))
    run(ledger, "archive", "create", "--out", str(out))


@contextmanager
def _killed_while_copying(dsn: str, *arguments: str) -> Iterator[None]:
    """A command that is killed when it has read the events and waits for the receipts of the source."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(dsn))
        transaction = connection.transaction()
        runner.run(transaction.start())
        runner.run(connection.execute("lock table es.receipt in access exclusive mode"))
        process = subprocess.Popen(
            [sys.executable, "-m", "service", *arguments],
            env=environment(CREDITLEDGER_DSN=dsn),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        waits = "select exists (select from pg_locks where relation = 'es.receipt'::regclass and not granted)"
        while not runner.run(connection.fetchval(waits)):  # each question waits for its answer
            assert process.poll() is None
        process.kill()
        process.wait()
        runner.run(transaction.rollback())
        runner.run(connection.close())
        yield
