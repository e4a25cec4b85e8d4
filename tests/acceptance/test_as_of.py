"""Time travel where users meet it: over HTTP in every format, by `creditledger call`, and before a WHMCS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import Api
from tests.acceptance.conftest import new_database
from tests.acceptance.process import Server, creditledger

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import Log


@pytest.mark.parametrize("response_type", ["json", "xml", "nvp"])
def test_the_same_bytes_as_then(api: Api, log: Log, response_type: str) -> None:
    """With the position that they are of in a header, which answers about the present do not have."""
    client = api.client("12.34")
    parameters = {"clientid": client, "responsetype": response_type}
    position = str(log.head())
    then = api.send("GetCredits", parameters)
    assert "Ledger-Position" not in then.headers
    api.ok("AddCredit", clientid=client, amount="1.00", description="Later")
    again = api.send("GetCredits", {**parameters, "asofposition": position})
    assert (again.raw, again.headers["Ledger-Position"]) == (then.raw, position)
    assert again.raw != api.send("GetCredits", parameters).raw


def test_the_command_answers_about_the_past(api: Api, dsn: str, log: Log) -> None:
    """`creditledger call` needs nothing for it; a moment that there is not ends with code 1."""
    client = api.client("5.00")
    position = log.head()
    then = api.send("GetClientsDetails", {"clientid": client})
    moment = datetime.now(UTC).isoformat()
    api.ok("AddCredit", clientid=client, amount="1.00", description="Later")
    for asked in (f"asofposition={position}", f"asof={moment}"):
        done = creditledger("call", "GetClientsDetails", f"clientid={client}", asked, CREDITLEDGER_DSN=dsn)
        assert (done.returncode, done.stdout, done.stderr) == (0, then.raw.decode() + "\n", "")
    done = creditledger("call", "GetCredits", f"clientid={client}", "asof=2999-01-01", CREDITLEDGER_DSN=dsn)
    assert (done.returncode, done.stdout) == (1, '{"result":"error","message":"asof lies in the future"}\n')


def test_before_the_first_event(api: Api, dsn: str) -> None:
    """A mistyped year is no empty ledger, and ends the command with code 1."""
    sentence = "asof lies before the first event of the ledger, which was recorded at "
    for action in ("GetClients", "GetStats", "GetCurrencies"):
        answer = api.send(action, {"asof": "2001-01-01"})
        assert answer.message.startswith(sentence)
        assert "Ledger-Position" not in answer.headers
    done = creditledger("call", "GetClients", "asof=2001-01-01", CREDITLEDGER_DSN=dsn)
    assert (done.returncode, sentence in done.stdout) == (1, True)


def test_a_write_in_the_past_is_refused(api: Api, log: Log) -> None:
    """And nothing is recorded."""
    client = api.client()
    with log.unchanged():
        answer = api.send(
            "AddCredit", {"clientid": client, "amount": "1", "description": "x", "asof": "2026-01-01"}
        )
        assert answer.message == "asof is for reading: nothing can be written to the past"


def test_a_whmcs_behind_is_not_asked_about_the_past(server_dsn: str, tmp_path: Path) -> None:
    """It could only answer about the present. Nobody listens there, so asking it would be seen."""
    with new_database(server_dsn) as dsn:
        settings = {
            "CREDITLEDGER_DSN": dsn,
            "CREDITLEDGER_UPSTREAM_URL": "http://127.0.0.1:9/includes/api.php",
            "CREDITLEDGER_UPSTREAM_IDENTIFIER": "there",
            "CREDITLEDGER_UPSTREAM_SECRET": "hush",
        }
        with Server(tmp_path / "log", "--port", "0", settings=settings) as server:
            api = Api(server.port, server.identifier, server.secret)
            for action in ("GetTickets", "GetCancelledPackages"):
                answer = api.send(action, {"asof": "2026-01-01"})
                assert answer.message == (
                    "asof is answered from this ledger's log, in which this action has nothing"
                )
                assert api.send(action, {}).message != answer.message
