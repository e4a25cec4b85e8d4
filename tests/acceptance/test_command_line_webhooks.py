"""`creditledger webhooks`: what operators see and do, and what they are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import new_database
from tests.acceptance.process import creditledger

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "https://shop.example.com/ledger"


@pytest.fixture(scope="module")
def ledger(server_dsn: str) -> Iterator[str]:
    """A ledger without a server."""
    with new_database(server_dsn) as dsn:
        run(dsn, "init")
        yield dsn


def run(dsn: str, *arguments: str) -> str:
    """What a command prints; it has to succeed, in silence otherwise."""
    done = creditledger(*arguments, CREDITLEDGER_DSN=dsn)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def test_a_webhook_is_added_shown_and_removed(ledger: str) -> None:
    """Its secret is shown when it is made and when it is rotated, and never again."""
    chosen = ("--types", "credit.*,invoice.settled", "--clients", "7")
    made = run(ledger, "webhooks", "add", URL, *chosen, "--from=start")
    assert made.splitlines()[0] == "webhook  1"
    assert "whsec_" in made
    rotated = json.loads(run(ledger, "webhooks", "rotate-secret", "1", "--json"))
    assert rotated["secret"].startswith("whsec_")
    assert rotated["previous_secret_until"].endswith("Z")
    changed = run(ledger, "webhooks", "change", "1", "--types", "", "--personal")
    assert changed == f"Webhook 1 sends client 7, with personal data to {URL}.\n"
    replay = run(ledger, "webhooks", "replay", "1", "--from", "1", "--to", "2")
    assert replay == "Replay 1 of webhook 1 sends 1 to 2 once more.\n"
    assert run(ledger, "webhooks", "pause", "1", "--reason", "repairs") == "Webhook 1 is paused.\n"
    shown = run(ledger, "webhooks", "show", "1")
    assert "whsec_" not in shown
    assert "sends      client 7, with personal data" in shown
    assert "delivered  up to 0, 6 behind" in shown
    assert "repairs" in shown
    assert "replay     1: 1 to 2, up to 0" in shown
    assert run(ledger, "webhooks", "resume", "1", "--from", "2") == "Webhook 1 goes on after position 1.\n"
    assert run(ledger, "webhooks", "remove", "1") == "Webhook 1 is removed.\n"
    assert run(ledger, "webhooks", "list") == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add", "http://shop.example.com/"), "is not like https://shop.example.com/ledger"),
        (("add", URL, "--from", "later"), "later is no position, nor now or start"),
        (("add", URL, "--clients", "Ada"), "Ada is no number of a client"),
        (("show", "9"), "there is no webhook 9"),
        (("remove", "9"), "webhook not found: 9"),
    ],
)
def test_mistakes_get_a_sentence(ledger: str, arguments: tuple[str, ...], says: str) -> None:
    """In one line, with an exit code that is not 0."""
    done = creditledger("webhooks", *arguments, CREDITLEDGER_DSN=ledger)
    assert done.returncode in {1, 2}
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
