"""E-mails: queued in the database, sent to a real server, tried again, given up, and by one process each."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from eventstore.mail_queue import Mail, MailQueue
from eventstore.records import Corrupt
from service.mail import smtp
from service.mail.letters import Letter
from service.mail.smtp import Smtp, SmtpOptions
from service.mail.worker import GONE, MailLimits, MailWorker
from tests.support.endpoint import Authority
from tests.support.mail import MailServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import asyncpg

SENDER = "billing@example.com"
LIMITS = MailLimits(lease_s=60.0, retry_first_s=0.0, retry_max_s=0.0, retry_window_s=60.0, age_max_s=60.0)


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A server that takes everything."""
    with MailServer() as server:
        yield server


@pytest.fixture
def mail(pool: asyncpg.Pool) -> MailQueue:
    """The queue of lane 0."""
    return MailQueue(pool, 0)


async def _write(recipient: str) -> Letter | None:
    if recipient == "account-0":
        return None
    return Letter(to=f"{recipient}@example.com", subject="Größe: €", text=f"Grüße, {recipient}\n")


def _worker(
    mail: MailQueue, port: int, limits: MailLimits = LIMITS, write: Any = _write, **options: Any
) -> MailWorker:
    defaults: dict[str, Any] = {"user": "", "password": "", "tls": "none", "ca_file": None, "timeout_s": 10.0}
    there = Smtp(SmtpOptions(host="localhost", port=port, **{**defaults, **options}))
    return MailWorker(mail, {"news": write}, there, SENDER, limits)


async def _only(mail: MailQueue) -> tuple[str, int, str]:
    (row,) = await mail.listed(10)
    return row.state, row.attempts, row.last_error


async def test_a_message_is_sent_once(server: MailServer, mail: MailQueue) -> None:
    """Plain text in UTF-8 with date and identifier; after that nothing is due."""
    await mail.put("news", "account-7", interval_s=60)
    worker = _worker(mail, server.port)
    assert await worker.step()
    assert not await worker.step()
    (message,) = server.taken
    assert server.recipients == ["account-7@example.com"]
    assert (message["From"], message["To"]) == (SENDER, "account-7@example.com")
    assert message["Subject"] == "Größe: €"
    assert message["Message-ID"].endswith("@example.com>")
    assert message["Date"].datetime.tzinfo is not None
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert message.get_content().strip() == "Grüße, account-7"
    assert await _only(mail) == ("sent", 1, "")


async def test_one_at_a_time_waits_for_a_client(mail: MailQueue) -> None:
    """Also when many ask at once; and none is queued again too soon after one that was sent."""
    asked = [mail.put("news", "account-7", interval_s=0.0) for _ in range(8)]
    assert sum(await asyncio.gather(*asked)) == 1
    assert await mail.put("news", "account-8", interval_s=60)
    taken = await mail.claim(["news"], 60)
    assert taken is not None
    assert taken.recipient == "account-7"
    await mail.sent(taken)
    assert not await mail.put("news", "account-7", interval_s=60)
    assert await mail.put("news", "account-7", interval_s=0.0)


async def test_nobody_is_flooded(mail: MailQueue, pool: asyncpg.Pool) -> None:
    """So many in a time; another one when the first is older than that. Others get theirs meanwhile."""

    async def put(recipient: str = "account-7") -> bool:
        is_queued = await mail.put("news", recipient, interval_s=0.0, window_s=3600.0, window_max=2)
        if is_queued:
            taken = await mail.claim(["news"], 60)
            assert taken is not None
            await mail.sent(taken)
        return is_queued

    assert [await put() for _ in range(3)] == [True, True, False]
    assert await put("account-8")
    await pool.execute("update es.mail set queued_at = queued_at - interval '1 hour'")
    assert await put()


async def test_taken_is_taken(server: MailServer, mail: MailQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by a server that does not answer any more after it: nobody gets a message twice for that."""
    monkeypatch.setattr(smtp, "QUIT_TIMEOUT_S", 0.05)
    await mail.put("news", "account-7", interval_s=60)
    server.mute_at = "QUIT"
    assert await _worker(mail, server.port, timeout_s=1.0).step()
    assert len(server.taken) == 1
    assert await _only(mail) == ("sent", 1, "")


async def test_a_server_that_is_down_is_asked_again(mail: MailQueue) -> None:
    """Nothing is lost, and the operator sees why it waits."""
    await mail.put("news", "account-7", interval_s=60)
    with MailServer() as server:
        port = server.port
    worker = _worker(mail, port)
    assert await worker.step()
    assert await _only(mail) == ("queued", 1, "no connection: connection refused")
    with MailServer(port=port) as server:
        assert await worker.step()
        assert len(server.taken) == 1
    assert await _only(mail) == ("sent", 2, "")


@pytest.mark.parametrize(
    ("command", "reply", "state", "error"),
    [
        ("RCPT", "450 4.2.1 account-7@example.com is busy", "queued", "450: the recipient is refused"),
        ("RCPT", "550 5.1.1 account-7@example.com is unknown", "given_up", "550: the recipient is refused"),
        ("DATA", "451 4.3.0 later", "queued", "451: the message is refused"),
        ("DATA", "554 5.7.1 spam", "given_up", "554: the message is refused"),
        ("MAIL", "550 5.7.1 not from here", "queued", "550: the sender is refused"),
    ],
)
async def test_what_a_server_refuses(
    server: MailServer, mail: MailQueue, command: str, reply: str, state: str, error: str
) -> None:
    """For now: tried again. For good, about this recipient or message: given up. Its text is never kept."""
    await mail.put("news", "account-7", interval_s=60)
    server.replies[command] = reply
    worker = _worker(mail, server.port)
    assert await worker.step()
    assert await _only(mail) == (state, 1, error)
    server.replies.clear()
    assert await worker.step() is (state == "queued")
    assert len(server.taken) == (state == "queued")


async def test_it_is_given_up_after_a_time(server: MailServer, mail: MailQueue, pool: asyncpg.Pool) -> None:
    """When the next attempt would come after the end; later ones wait longer, up to a limit."""
    await mail.put("news", "account-7", interval_s=60)
    server.replies["DATA"] = "451 later"
    limits = MailLimits(
        lease_s=60.0, retry_first_s=50.0, retry_max_s=300.0, retry_window_s=60.0, age_max_s=60.0
    )
    worker = _worker(mail, server.port, limits)
    assert await worker.step()
    assert not await worker.step()
    assert (await _only(mail))[:2] == ("queued", 1)
    await _make_due(pool)
    assert await worker.step()
    assert await _only(mail) == ("given_up", 2, "451: the message is refused")
    assert not await worker.step()


async def test_several_processes_send_each_message_once(server: MailServer, mail: MailQueue) -> None:
    """Whoever takes one keeps the others away from it."""
    for number in range(1, 25):
        await mail.put("news", f"account-{number}", interval_s=60)

    async def all_that_is_due() -> None:
        worker = _worker(mail, server.port)
        while await worker.step():
            pass

    await asyncio.gather(*[all_that_is_due() for _ in range(4)])
    assert Counter(server.recipients) == {f"account-{number}@example.com": 1 for number in range(1, 25)}


async def test_who_dies_after_sending_repeats_it(
    server: MailServer, mail: MailQueue, pool: asyncpg.Pool
) -> None:
    """At least once: until the lease is over nobody else tries, then another does.

    Whoever was only slow and comes back then changes nothing any more.
    """
    await mail.put("news", "account-7", interval_s=60)
    slow = await mail.claim(["news"], 60)
    assert slow is not None
    worker = _worker(mail, server.port)
    assert not await worker.step()
    await _make_due(pool)
    assert await worker.step()
    assert await _only(mail) == ("sent", 2, "")
    await mail.give_up(slow, "too late")
    await mail.postpone(slow, 0.0, "too late")
    assert await _only(mail) == ("sent", 2, "")
    assert len(server.taken) == 1


async def test_encrypted_and_logged_in(mail: MailQueue, tmp_path: Path) -> None:
    """By STARTTLS with a login; a wrong password is tried again, as that is for the operator to mend."""
    authority = Authority(tmp_path)
    await mail.put("news", "account-7", interval_s=60)
    known: dict[str, Any] = {"tls": "starttls", "ca_file": str(authority.file), "user": "ledger"}
    with MailServer(starttls=authority.context(), users={"ledger": "pass word"}) as server:
        assert await _worker(mail, server.port, password="wrong", **known).step()
        assert await _only(mail) == ("queued", 1, "535: user and password are refused")
        assert await _worker(mail, server.port, password="pass word", **known).step()
        assert len(server.taken) == 1
    assert (await _only(mail))[0] == "sent"


async def test_encrypted_from_the_beginning(mail: MailQueue, tmp_path: Path) -> None:
    """With a certificate that is trusted; with one that is not, and without STARTTLS, nothing is sent."""
    authority = Authority(tmp_path)
    await mail.put("news", "account-7", interval_s=60)
    with MailServer(tls=authority.context()) as server:
        assert await _worker(mail, server.port, tls="tls").step()
        state, _, error = await _only(mail)
        assert state == "queued"
        assert "certificate" in error
        assert await _worker(mail, server.port, tls="tls", ca_file=str(authority.file)).step()
        assert len(server.taken) == 1
    await mail.put("news", "account-8", interval_s=60)
    with MailServer() as server:
        assert await _worker(mail, server.port, tls="starttls").step()
        assert server.taken == []
    newest = (await mail.listed(1))[0]
    assert newest.last_error == "the server lacks what is needed: STARTTLS, a login, or UTF-8"


@pytest.mark.parametrize(
    "address",
    ["a@example.com\r\nBcc: evil@example.com", "a@example.com, b@example.com", "nobody", "a b@c", ""],
)
async def test_no_address_gets_into_the_headers(server: MailServer, mail: MailQueue, address: str) -> None:
    """What is no single address is written to by nobody, and given up."""

    async def write(_recipient: str) -> Letter:
        return Letter(to=address, subject="x", text="y")

    await mail.put("news", "account-7", interval_s=60)
    assert await _worker(mail, server.port, write=write).step()
    assert await _only(mail) == ("given_up", 1, "the address cannot be written to")
    assert server.taken == []


async def test_nobody_to_write_to(server: MailServer, mail: MailQueue) -> None:
    """A client that is gone when its message is made."""
    await mail.put("news", "account-0", interval_s=60)
    assert await _worker(mail, server.port).step()
    assert await _only(mail) == ("given_up", 1, GONE)


@pytest.mark.parametrize("defect", [LookupError("a defect"), Corrupt("what is kept cannot be read")])
async def test_one_message_that_breaks_keeps_no_other(
    server: MailServer, mail: MailQueue, defect: Exception
) -> None:
    """A defect in one of them is logged and tried again; the next one is sent."""

    async def write(recipient: str) -> Letter | None:
        if recipient == "account-7":
            raise defect
        return await _write(recipient)

    await mail.put("news", "account-7", interval_s=60)
    await mail.put("news", "account-8", interval_s=60)
    limits = MailLimits(
        lease_s=60.0, retry_first_s=50.0, retry_max_s=50.0, retry_window_s=60.0, age_max_s=60.0
    )
    worker = _worker(mail, server.port, limits, write)
    while await worker.step():
        pass
    assert server.recipients == ["account-8@example.com"]
    assert {row.recipient: row.last_error for row in await mail.listed(10)} == {
        "account-7": "internal error",
        "account-8": "",
    }


async def test_what_is_over_is_forgotten(mail: MailQueue) -> None:
    """After a time; what still waits is not."""
    await mail.put("news", "account-7", interval_s=60)
    await mail.put("news", "account-8", interval_s=60)
    taken = await mail.claim(["news"], 60)
    assert isinstance(taken, Mail)
    await mail.give_up(taken, "no")
    await mail.prune(60)
    assert len(await mail.listed(10)) == 2
    await mail.prune(0)
    assert [row.recipient for row in await mail.listed(10)] == ["account-8"]


async def _make_due(pool: asyncpg.Pool) -> None:
    """As if the lease, or the wait after a failure, were over."""
    await pool.execute("update es.mail set due_at = now()")
