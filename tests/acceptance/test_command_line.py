"""The operator's commands, as real processes beside a real running server.

Every test has a ledger of its own. What the commands say when they cannot work is in
`test_command_line_errors`.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import CLIENT, Api, unused, unused_email
from tests.acceptance.process import Server, creditledger, environment
from tests.support.postgres import stop

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_REQUESTS = 100_000
"""Far more requests than fit into the two seconds after which a revoked credential has to be refused."""


@pytest.fixture
def own_server(own_dsn: str, tmp_path: Path) -> Iterator[Server]:
    """A server on it, a new ledger."""
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn) as server:
        yield server


@pytest.fixture
def own_api(own_server: Server) -> Api:
    """Calls that server with its first credential."""
    return Api(own_server.port, own_server.identifier, own_server.secret)


def run(dsn: str, *arguments: str) -> str:
    """What a command prints; it has to succeed in silence otherwise."""
    done = creditledger(*arguments, CREDITLEDGER_DSN=dsn)
    assert done.returncode == 0, done
    assert "Traceback" not in done.stderr
    return done.stdout


def curl_lines(server: Server) -> str:
    """What the greeting tells a newcomer to try."""
    return server.greeting.partition("Try it:\n")[2]


def shell(script: str) -> str:
    """What a shell prints for a script."""
    done = subprocess.run(
        ["sh", "-ec", script], env=environment(), capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def test_curl_line_of_the_greeting(own_server: Server) -> None:
    """What `serve` prints can be pasted into a shell and opens the first client."""
    answer = json.loads(shell(curl_lines(own_server)))
    assert answer == {"result": "success", "clientid": 1, "owner_id": 1}


@pytest.mark.parametrize("settings", [{}, {"CREDITLEDGER_WORKERS": "2"}])
def test_without_any_settings_but_a_folder(tmp_path: Path, settings: dict[str, str]) -> None:
    """`serve --data FOLDER` brings its own database, which other commands then share, and keeps it."""
    # Not below pytest's own folder: the database's user may have to be another one, who could not get there.
    with tempfile.TemporaryDirectory(prefix="creditledger-", ignore_cleanup_errors=True) as folder:
        where = ("--data", folder)
        with Server(tmp_path / "log", "--port", "0", *where, settings=settings) as server:
            assert json.loads(shell(curl_lines(server)))["clientid"] == 1
            assert server.identifier in creditledger("credentials", "list", *where).stdout
        with Server(tmp_path / "log", "--port", "0", *where, is_new=False, settings=settings) as again:
            api = Api(again.port, server.identifier, server.secret)
            assert api.ok("GetClientsDetails", clientid=1)["firstname"] == "Ada"
        stop(Path(folder))


def test_second_start_shows_no_secret(own_dsn: str, tmp_path: Path) -> None:
    """A ledger that has credentials is greeted in one line, and the old credential works."""
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn) as first:
        pass
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn, is_new=False) as second:
        assert Api(second.port, first.identifier, first.secret).client() == "1"
        assert second.stop() == 0
        assert second.greeting.count("\n") == 1
        assert first.secret not in second.greeting


def test_init_may_be_repeated(own_dsn: str, tmp_path: Path) -> None:
    """`init` prepares a ledger for a server to start on, makes no credential, and may come again."""
    for _ in range(2):
        assert run(own_dsn, "init", "--first-currency", "EUR") == "The ledger is ready.\n"
    assert run(own_dsn, "credentials", "list") == ""
    assert run(own_dsn, "currencies", "list") == "1  EUR  €1234.56 EUR\n"
    with Server(tmp_path / "log", "--port", "0", "--dsn", own_dsn) as server:
        api = Api(server.port, server.identifier, server.secret)
        assert api.ok("GetClientsDetails", clientid=api.client())["currency_code"] == "EUR"


def test_credentials(own_dsn: str, own_server: Server, own_api: Api) -> None:
    """A credential made beside a running server works at once; listed without secrets; revoked it stops."""
    made = json.loads(run(own_dsn, "credentials", "create", "--name", "shop", "--json"))
    assert set(made) == {"identifier", "secret", "name"}
    second = Api(own_server.port, made["identifier"], made["secret"])
    assert second.client() == "1"
    for listed in (run(own_dsn, "credentials", "list"), run(own_dsn, "credentials", "list", "--json")):
        assert made["identifier"] in listed
        assert own_server.identifier in listed
        assert "shop" in listed
        assert made["secret"] not in listed
        assert own_server.secret not in listed
    run(own_dsn, "credentials", "revoke", made["identifier"])
    assert made["identifier"] not in run(own_dsn, "credentials", "list")
    for _ in range(PATIENCE_REQUESTS):
        answer = second.send("GetClientsDetails", {"clientid": "1"})
        if answer.status != 200:
            break
    assert (answer.message, answer.status) == ("Invalid or missing credentials", 403)
    assert own_api.ok("GetClientsDetails", clientid=1)


def test_credential_for_people(own_dsn: str, own_server: Server) -> None:
    """Without --json the two words stand each in a line of its own."""
    lines = run(own_dsn, "credentials", "create").splitlines()
    (_, identifier), (_, secret) = (line.split() for line in lines)
    assert Api(own_server.port, identifier, secret).client() == "1"


def test_currencies(own_dsn: str, own_api: Api) -> None:
    """A currency added beside a running server can be had by the next client, in its own print."""
    assert own_api.client() == "1"
    added = run(own_dsn, "currencies", "add", "eur", "--prefix", "", "--suffix", " €", "--format", "3")
    assert added == "EUR is currency 2.\n"
    client = own_api.ok("AddClient", **CLIENT, email=unused_email(), currency=2)["clientid"]
    own_api.ok("AddCredit", clientid=client, amount="1234.50", description="x")
    details = own_api.ok("GetClientsDetails", clientid=client, stats=1)
    assert (details["currency"], details["currency_code"], details["credit"]) == (2, "EUR", "1234.50")
    assert details["stats"]["creditbalance"] == "1.234,50 €"
    assert own_api.ok("GetClientsDetails", clientid=1)["currency_code"] == "USD"
    assert run(own_dsn, "currencies", "list").splitlines() == ["1  USD  $1234.56 USD", "2  EUR  1234.56 €"]


def test_rebuild_while_the_server_works(own_dsn: str, own_api: Api) -> None:
    """Read models are built anew under a server that writes and reads on, and every answer is right."""
    client = own_api.client()
    is_over = Event()
    wrong: list[str] = []

    def work() -> None:
        while not is_over.is_set():
            said = own_api.ok("AddCredit", clientid=client, amount="1.00", description="x")["newbalance"]
            read = own_api.balance(client)
            if said != read:
                wrong.append(f"{said} was read as {read}")

    worker = Thread(target=work)
    worker.start()
    try:
        for name in ("balances", "credits", "clients", "invoices", "transactions"):
            assert run(own_dsn, "rebuild", name) == f"{name} is rebuilt.\n"
    finally:
        is_over.set()
        worker.join()
    assert wrong == []
    assert len(own_api.credit_rows(client)) == float(own_api.balance(client)) > 0
    *_, first, second = run(own_dsn, "verify").splitlines()
    assert first == "The hash chain and every read model hold."
    assert re.fullmatch("lane 0, [1-9][0-9]* events, head [0-9a-f]{64}", second)


@pytest.mark.parametrize("source", ["flag", "environment", "file", "file by environment"])
def test_where_settings_come_from(own_dsn: str, tmp_path: Path, source: str) -> None:
    """A setting may come by flag, environment or TOML file, and has the same effect."""
    file = tmp_path / "settings.toml"
    settings = {
        "dsn": own_dsn,
        "port": 0,
        "invoice_due_days": 3,
        "timezone": "Asia/Tokyo",
        "first_currency": "JPY",
    }
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()), "utf-8")
    flags: list[str] = []
    variables: dict[str, str] = {}
    if source == "flag":
        flags = [
            text for name, value in settings.items() for text in (f"--{name.replace('_', '-')}", str(value))
        ]
    elif source == "environment":
        variables = {f"CREDITLEDGER_{name.upper()}": str(value) for name, value in settings.items()}
    elif source == "file":
        flags = ["--config", str(file)]
    else:
        variables = {"CREDITLEDGER_CONFIG": str(file)}
    with Server(tmp_path / "log", *flags, settings=variables) as server:
        api = Api(server.port, server.identifier, server.secret)
        client = api.client()
        invoice = api.invoice(client, "1.00", date="2026-12-30")
        assert api.ok("GetInvoice", invoiceid=invoice)["duedate"] == "2027-01-02"
        assert api.ok("GetClientsDetails", clientid=client)["currency_code"] == "JPY"


def test_flag_before_environment_before_file(own_dsn: str, tmp_path: Path) -> None:
    """Where a setting is given twice, the flag wins over the environment and that over the file."""
    file = tmp_path / "settings.toml"
    file.write_text('first_currency = "EUR"\nlane = 3\n', "utf-8")
    arguments = ("init", "--config", str(file), "--lane", "1")
    done = creditledger(
        *arguments, CREDITLEDGER_DSN=own_dsn, CREDITLEDGER_FIRST_CURRENCY="GBP", CREDITLEDGER_LANE="2"
    )
    assert done.returncode == 0, done
    assert run(own_dsn, "currencies", "list", "--lane", "1") == "1  GBP  £1234.56 GBP\n"


def test_nothing_of_a_request_is_logged(api: Api, server: Server) -> None:
    """Neither secrets nor anything a caller sent stands in the log, whatever became of the request."""
    mark = unused("mark")
    before = len(server.log())
    person = CLIENT | {name: f"{mark} {name}" for name in ("firstname", "lastname", "city", "password2")}
    card = {"cardnum": f"4111{mark}", "cvv": f"7{mark}"}
    client = str(api.ok("AddClient", **person, **card, email=f"{mark}@example.com")["clientid"])
    api.ok("AddCredit", clientid=client, amount="1", description=mark)
    api.send("AddCredit", {"clientid": client, "amount": mark, "description": mark})
    api.send(mark, {mark: mark, "idempotencykey": mark})
    api.send("CreateInvoice", {"userid": client, "status": mark}, {"Idempotency-Key": f"{mark}\u00e9"})
    api.send("GetCredits", {"secret": mark})
    api.send("GetCredits", {"identifier": mark})
    api.post({"x": f"{mark}\0"})
    api.exchange(f"GET /includes/api.php?secret={mark} HTTP/1.1\r\nHost: {mark}\r\n\r\n".encode())
    api.exchange(f"GET /{mark}?secret={mark} HTTP/1.1\r\nHost: x\r\nUser-Agent: {mark}\r\n\r\n".encode())
    written = server.log()[before:]
    assert '"action":"addcredit"' in written
    assert mark not in written
    assert api.secret not in written
