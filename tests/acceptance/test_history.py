"""What happened and what was refused, told over HTTP and by the operator's commands, on one ledger."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.client import Api
from tests.acceptance.conftest import new_database
from tests.acceptance.process import Server, creditledger, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.client import Answer

BERLIN = "Europe/Berlin"
FORMULA = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture(scope="module")
def own_dsn(server_dsn: str) -> Iterator[str]:
    """A database for the tests of this file."""
    with new_database(server_dsn) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def own(own_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server on it, with the little story that the tests of this file tell.

    Client 1 was given 50.00 twice, of which 60.00 paid invoice 1; invoice 2 was overpaid. Client 2 has
    nothing.
    """
    log = tmp_path_factory.mktemp("history") / "log"
    with Server(log, "--port", "0", "--dsn", own_dsn) as server:
        api = Api(server.port, server.identifier, server.secret)
        client = api.client()
        api.ok("AddCredit", clientid=client, amount="50.00", description="Bank transfer 4711")
        api.ok("AddCredit", clientid=client, amount="50.00", description=FORMULA)
        assert refuse(api, "AddCredit", clientid=client, amount="500", description="x", type="remove")
        first, second = api.invoice(client, "60.00"), api.invoice(client, "45.50")
        api.ok("ApplyCredit", invoiceid=first, amount="full")
        assert refuse(api, "ApplyCredit", invoiceid=first, amount="5.00")
        api.ok("AddInvoicePayment", invoiceid=second, transid="PAY-1", gateway="paypal", amount="50.00")
        assert api.client() == "2"
        assert refuse(api, "AddCredit", clientid="2", amount="abc", description="x")
        yield api


def refuse(api: Api, action: str, **parameters: str) -> str:
    """What the ledger says to a command that it refuses."""
    return api.send(action, parameters).message


def entries(api: Api, **conditions: str) -> list[dict[str, Any]]:
    """Entries of the activity log."""
    rows: list[dict[str, Any]] = api.ok("GetActivityLog", **conditions)["activity"]["entry"]
    return rows


def told(dsn: str, *arguments: str) -> str:
    """What a command prints that succeeds."""
    done = creditledger(*arguments, "--timezone", BERLIN, CREDITLEDGER_DSN=dsn, COLUMNS="130")
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def complaint(dsn: str, *arguments: str) -> str:
    """What a command says that cannot work."""
    done = creditledger(*arguments, CREDITLEDGER_DSN=dsn)
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.stderr


def test_a_refusal_is_in_the_activity_log_at_once(own: Api) -> None:
    """Who, what, why, and when; under a number that is no event's, beside `totalresults` that counts it."""
    before = own.ok("GetActivityLog", limitnum=1)["totalresults"]
    assert refuse(own, "ApplyCredit", invoiceid="1", amount="7.00") == "Invoice Not in Unpaid Status"
    body = own.ok("GetActivityLog", limitnum=1)
    assert body["totalresults"] == before + 1
    (entry,) = body["activity"]["entry"]
    assert entry["id"] < 0
    assert (entry["clientId"], entry["userid"], entry["adminId"], entry["username"]) == (1, 1, 1, "admin")
    assert entry["ipaddress"] == "127.0.0.1"
    assert entry["description"] == (
        "Refused ApplyCredit - User ID: 1 - Invoice ID: 1 - Amount: 7.00 - Why: Invoice Not in Unpaid Status"
    )


@pytest.mark.parametrize("conditions", [{}, {"clientid": "1"}, {"clientid": "2"}, {"description": "credit"}])
def test_pages_of_events_and_refusals(own: Api, conditions: dict[str, str]) -> None:
    """Every page, however it is cut, is a part of the one list that is in order of time."""
    whole = entries(own, limitnum="1000", **conditions)
    assert any(entry["id"] < 0 for entry in whole)
    assert any(entry["id"] > 0 for entry in whole)
    assert [entry["date"] for entry in whole] == sorted((entry["date"] for entry in whole), reverse=True)
    assert len({entry["id"] for entry in whole}) == len(whole)
    for start in range(len(whole) + 2):
        page = own.ok("GetActivityLog", limitstart=start, limitnum=3, **conditions)
        assert page["activity"]["entry"] == whole[start : start + 3]
        assert page["totalresults"] == len(whole)


def test_a_day_without_anything(own: Api) -> None:
    """A date selects refusals like events."""
    assert own.ok("GetActivityLog", date="2020-01-01")["totalresults"] == 0
    today = entries(own, limitnum="1")[0]["date"][:10]
    assert own.ok("GetActivityLog", date=today)["totalresults"] == len(entries(own, limitnum="1000"))


def test_who_is_not_let_in_is_remembered(own: Api, own_dsn: str) -> None:
    """Wrong secrets, counted together; what was typed as a name or secret is nowhere."""

    def knock(identifier: str, secret: str) -> Answer:
        sent = {"identifier": identifier, "secret": secret, "action": "GetClients", "responsetype": "json"}
        return own.post(sent)

    for number in range(5):
        assert knock(own.identifier, f"guess-{number}").message == "Authentication Failed"
        assert knock(f"nobody-{number}", "guess").message == "Invalid or missing credentials"
    told_of = [entry["description"] for entry in entries(own, description="refused getclients")]
    assert told_of == [
        "Refused GetClients - Why: Invalid or missing credentials - Times: 5",
        f"Refused GetClients - Credential: {own.identifier} - Why: Authentication Failed - Times: 5",
    ]
    rows = json.loads(told(own_dsn, "refusals", "list", "--kind", "access", "--json"))
    assert [(row["code"], row["times"], row["address"]) for row in rows] == [
        ("not_authenticated", 5, "127.0.0.1"),
        ("not_authenticated", 5, "127.0.0.1"),
    ]
    assert "guess" not in json.dumps(rows)
    assert "nobody" not in json.dumps(rows)


def test_events_as_a_table(own_dsn: str, own: Api) -> None:
    """In order, of one invoice, no line wider than the terminal."""
    del own
    lines = told(own_dsn, "events", "--invoice", "1").splitlines()
    assert [line.split()[3] for line in lines[1:]] == ["invoice.issued", "credit.applied", "invoice.settled"]
    assert max(map(len, lines)) <= 130
    assert all(line.split()[4:6] == ["1", "admin"] for line in lines[1:])


def test_events_for_programs(own_dsn: str, own: Api) -> None:
    """Each event that matches, its stored text, and what it means; personal data only if it is asked for."""
    del own
    lines = told(own_dsn, "events", "--format", "ndjson", "--client", "1", "--type", "credit.*").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["decoded"]["balance"] for row in rows] == [5000, 10000, 4000, 4450]
    assert json.loads(rows[0]["data"]) == rows[0]["decoded"]
    opened = ("events", "--format", "ndjson", "--client", "1", "--limit", "1")
    assert json.loads(told(own_dsn, *opened))["decoded"]["profile"] is None
    assert json.loads(told(own_dsn, *opened, "--personal"))["decoded"]["profile"]["first_name"] == "Test"


def test_events_for_spreadsheets(own_dsn: str, own: Api) -> None:
    """CSV whose amounts are numbers and whose texts are no formulas."""
    del own
    rows = list(
        csv.DictReader(StringIO(told(own_dsn, "events", "--format", "csv", "--type", "credit.added")))
    )
    assert [(row["amount"], row["credit"]) for row in rows] == [
        ("50.00", "50.00"),
        ("50.00", "100.00"),
        ("4.50", "44.50"),
    ]
    assert rows[1]["description"] == f"'{FORMULA}"


def test_the_story_of_an_invoice(own_dsn: str, own: Api) -> None:
    """What happened to it, by whom, which top-ups paid it, and what was refused about it."""
    del own
    story = " ".join(told(own_dsn, "explain", "invoice", "1").split())
    assert story.startswith(
        f"Invoice 1 of client 1: over 60.00 USD, Paid, nothing is due. Times are those of {BERLIN}."
    )
    assert (
        'admin "admin", API credential "first", from 127.0.0.1: Invoice 1 over 60.00 USD was issued' in story
    )
    assert "taken from the 50.00 USD added on 20" in story
    assert '("Bank transfer 4711") and 10.00 USD of the 50.00 USD added on' in story
    assert (
        "A request to pay an invoice from credit (5.00 USD) was refused: Invoice Not in Unpaid Status."
        in story
    )


def test_the_story_of_a_client(own_dsn: str, own: Api) -> None:
    """What is left of the top-ups is the balance that the API tells; the same for programs."""
    left = own.balance("1")
    story = " ".join(told(own_dsn, "explain", "client", "1").split())
    assert story.endswith(f"What is left adds up to {left} USD, the client's credit.")
    told_json = json.loads(told(own_dsn, "explain", "client", "1", "--json"))
    assert told_json["credit"] == left
    assert sum(float(lot["left"]) for lot in told_json["credit_added"]) == float(left)
    assert told_json["events"][-1]["credit"] == left
    assert {"credit_too_low", "invoice_not_unpaid"} <= {row["code"] for row in told_json["refused"]}


def test_the_story_of_a_transaction(own_dsn: str, own: Api) -> None:
    """The money, what it settled, and the credit it left."""
    del own
    story = " ".join(told(own_dsn, "explain", "transaction", "1").split())
    assert story.startswith("Transaction 1 of client 1.")
    assert "50.00 USD came in for invoice 2 through paypal, reference PAY-1 (transaction 1)" in story
    assert "4.50 USD of credit was added because more was paid than was due" in story


def test_refusals_of_commands_and_operators(own_dsn: str, own: Api) -> None:
    """Filtered by client and code; those of the Local API and of the operator's own commands too."""
    del own
    done = creditledger(
        "call", "AddCredit", "clientid=99", "amount=1", "description=x", CREDITLEDGER_DSN=own_dsn
    )
    assert done.returncode == 1
    assert "credential not found" in complaint(own_dsn, "credentials", "revoke", "nothing", "--by", "ada")
    rows = json.loads(told(own_dsn, "refusals", "list", "--json", "--limit", "2"))
    assert [(row["action"], row["code"]) for row in rows] == [
        ("credentials revoke", "credential_not_found"),
        ("AddCredit", "client_not_found"),
    ]
    assert rows[0]["who"] == "operator ada, at the machine"
    assert rows[1]["client_id"] == 99
    (line,) = told(own_dsn, "refusals", "list", "--client", "1", "--code", "credit_too_low").splitlines()
    assert line.endswith(
        "A request to add credit or take it back (500.00, client 1) was refused: "
        "Amount exceeds customer credit balance."
    )
    assert told(own_dsn, "refusals", "list", "--to", "2020-01-01") == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("events", "--from", "999999"), "there is no position 999999: the log has positions 1 to"),
        (("explain", "invoice", "99"), "there is no invoice 99"),
        (("explain", "transaction", "99"), "there is no transaction 99"),
        (("refusals", "list", "--from", "soon"), "neither a position nor a time"),
    ],
)
def test_what_is_not_there(own_dsn: str, own: Api, arguments: tuple[str, ...], said: str) -> None:
    """One sentence, and an exit code that says so."""
    del own
    assert said in complaint(own_dsn, *arguments)


@pytest.mark.parametrize("arguments", [("events", "--format", "ndjson"), ("explain", "client", "1")])
def test_a_reader_that_has_seen_enough(own_dsn: str, own: Api, arguments: tuple[str, ...]) -> None:
    """Output that nobody reads any more (`| head`) ends the command without a word."""
    del own
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "service", *arguments],
        env=environment(CREDITLEDGER_DSN=own_dsn),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 0
