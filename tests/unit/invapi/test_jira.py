"""Tickets in a JIRA: a real HTTP server, played by tests, that answers well or in every wrong way."""

from __future__ import annotations

import socket
from base64 import b64encode
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from service.invapi.jira import ANSWER_BYTES_MAX, Jira, JiraAccount, JiraError, Ticket, label_of
from tests.support.jira import LocalJira, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager

WISH = Ticket(label=label_of("whmcs_ru", 7001), summary="Cancel\n7001", description="Because “так”")
SECRET = "token-nobody-sees"


@pytest.fixture
def there() -> Iterator[LocalJira]:
    """The JIRA."""
    with LocalJira() as jira:
        yield jira


def _anybody(_label: str) -> AbstractAsyncContextManager[None]:
    """Nobody else asks."""
    return nullcontext()


def _account(there: LocalJira, *, timeout_s: float = 30.0) -> JiraAccount:
    return JiraAccount(
        url=there.url, user="", token=SECRET, project="OPS", issue_type="Task", timeout_s=timeout_s
    )


def _jira(there: LocalJira, *, timeout_s: float = 30.0) -> Jira:
    return Jira(_account(there, timeout_s=timeout_s), _anybody)


async def test_a_ticket_is_made(there: LocalJira) -> None:
    """With everything that JIRA needs; its summary is one line."""
    assert await _jira(there).open_ticket(WISH) == "OPS-1"
    assert there.tickets["OPS-1"] == {
        "project": {"key": "OPS"},
        "issuetype": {"name": "Task"},
        "summary": "Cancel 7001",
        "description": "Because “так”",
        "labels": ["creditledger-whmcs_ru-7001"],
    }
    assert {asked[2] for asked in there.asked} == {f"Bearer {SECRET}"}


async def test_a_user_is_told_with_its_token(there: LocalJira) -> None:
    """HTTP Basic, where there is a user."""
    await Jira(replace(_account(there), user="ledger"), _anybody).open_ticket(WISH)
    assert there.asked[0][2] == "Basic " + b64encode(f"ledger:{SECRET}".encode()).decode()


async def test_the_same_wish_is_the_same_ticket(there: LocalJira) -> None:
    """As long as it is open; other labels have their own."""
    jira = _jira(there)
    assert [await jira.open_ticket(WISH) for _ in range(3)] == ["OPS-1"] * 3
    assert await jira.open_ticket(replace(WISH, label=label_of("whmcs_ru", 7002))) == "OPS-2"
    there.done.add("OPS-1")
    assert await jira.open_ticket(WISH) == "OPS-3"


def _hang(there: LocalJira) -> Reply | None:
    there.released.wait()
    return None


@pytest.mark.parametrize(
    "lost", [lambda _: None, _hang, lambda _: Reply(502, b"")], ids=["cut", "slow", "502"]
)
async def test_a_ticket_whose_answer_was_lost_is_found(
    there: LocalJira, lost: Callable[[LocalJira], Reply | None]
) -> None:
    """It is looked for by its label, and not made twice."""

    def misbehave(call: str, answer: Callable[[], Reply]) -> Reply | None:
        reply = answer()
        return lost(there) if call == "issue" else reply

    there.misbehave = misbehave
    assert await _jira(there, timeout_s=1.0).open_ticket(WISH) == "OPS-1"
    assert set(there.tickets) == {"OPS-1"}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(401, {"errorMessages": ["no"]}),
        Reply(404, b"<html>"),
        Reply(500, b""),
        Reply(302, b"", Location="/jira/rest/api/2/elsewhere"),
        Reply(200, b"no json"),
        Reply(200, [1]),
        Reply(200, {"key": "not a key"}),
        Reply(200, {"issues": {}}),
        Reply(200, {"issues": [{"key": 5}]}),
        Reply(200, b"[" + b" " * ANSWER_BYTES_MAX + b"]"),
        Reply(201, {}),
        None,
    ],
    ids=[
        *("refused", "not found", "failed", "redirect", "no JSON", "no object", "no key", "no list"),
        *("no text", "too large", "nothing", "hung up"),
    ],
)
@pytest.mark.parametrize("call", ["search", "issue"])
async def test_what_is_no_answer_is_an_error(there: LocalJira, call: str, reply: Reply | None) -> None:
    """Whichever call it is; nothing of it is in the log, redirects lead nowhere, and no ticket is made."""
    there.misbehave = lambda asked, answer: reply if asked == call else answer()
    with capture_logs() as written, pytest.raises(JiraError):
        await _jira(there).open_ticket(WISH)
    assert SECRET not in str(written)
    assert "так" not in str(written)
    assert not there.tickets
    assert not any("elsewhere" in path for _, path, _ in there.asked)


async def test_nobody_there() -> None:
    """A port that nobody listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        account = JiraAccount(
            url=f"http://127.0.0.1:{unused.getsockname()[1]}",
            user="",
            token="",
            project="OPS",
            issue_type="Task",
            timeout_s=30,
        )
        with pytest.raises(JiraError):
            await Jira(account, _anybody).open_ticket(WISH)


def test_labels_are_safe() -> None:
    """Nothing in them ends a quoted text of JQL, or has a blank."""
    assert label_of('a" OR "1', 7) == "creditledger-a_OR_1-7"
