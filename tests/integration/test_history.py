"""Parts of a real log's history: found by client, invoice, type, actor, place and time, page after page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from eventstore import history
from eventstore.history import events_between, events_of_stream, first_at
from service.audit.explaining import Explainer, Unknown
from service.audit.finding import Conditions, Finder
from service.audit.people import People
from service.audit.story import CLIENT, Subject
from service.domain.commands import AddCredit, ApplyCredit, IssueInvoice, NewItem
from service.domain.events.client_logins import ClientPasswordChanged
from service.domain.invoice_status import InvoiceStatus
from service.handling.refusals import RefusalLimits, Refusals
from service.handling.translation import Translator
from tests.support.ledger_log import LedgerLog

if TYPE_CHECKING:
    import asyncpg

    from eventstore.postgres import PostgresStore
    from service.domain.events import Event

INVOICE = IssueInvoice(status=InvoiceStatus.UNPAID, items=(NewItem(description="Server", amount=300),))
NOBODY = People({}, {})
EVERYTHING = Conditions()


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a short log has many of them."""
    monkeypatch.setattr(history, "PAGE_EVENTS", 3)


@pytest.fixture
async def log(store: PostgresStore) -> LedgerLog:
    """Two clients by turns: client 1 has invoice 1, which its credit paid; client 2 has only credit."""
    log = LedgerLog(store)
    first, second = await log.open_account(), await log.open_account()
    for amount in range(100, 108):
        await log.command(first, AddCredit(amount=amount, description="one"))
        await log.command(second, AddCredit(amount=amount, description="two"))
    await log.command(first, INVOICE)
    await log.command(first, ApplyCredit(invoice_id=1))
    return log


@pytest.fixture
def finder(pool: asyncpg.Pool, store: PostgresStore) -> Finder:
    """Finds in that log."""
    return Finder(pool, store, Translator(store), UTC)


async def found(finder: Finder, wanted: Conditions, *, is_personal: bool = False) -> list[tuple[int, Event]]:
    """Positions and events."""
    return [
        (each.record.position, each.event)
        async for each in finder.find(wanted, NOBODY, is_personal=is_personal)
    ]


async def test_every_page_is_read(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """The log, and one stream of it: all of it once, in order, from any place to any other."""
    everything = [record async for record in events_between(pool, 0, 1, log.head)]
    assert [record.position for record in everything] == list(range(1, log.head + 1))
    ones = [record.position for record in everything if record.stream == "account-1"]
    for first, last in [(1, log.head), (4, 9), (5, 5), (log.head, log.head)]:
        stream = [record async for record in events_of_stream(pool, 0, "account-1", first, last)]
        assert [record.position for record in stream] == [at for at in ones if first <= at <= last]
    assert not [record async for record in events_of_stream(pool, 0, "account-9", 1, log.head)]


async def test_conditions_together(finder: Finder, log: LedgerLog) -> None:
    """Client, invoice, type and places: only what matches all of them."""
    assert len(await found(finder, EVERYTHING)) == log.head
    ones = await found(finder, Conditions(client_id=1))
    assert len(ones) == 12
    assert [at for at, event in ones if event.TYPE == "credit.added"] == [
        at for at, _ in await found(finder, Conditions(client_id=1, type_pattern="CREDIT.AD*"))
    ]
    about = await found(finder, Conditions(invoice_id=1))
    assert [event.TYPE for _, event in about] == ["invoice.issued", "credit.applied", "invoice.settled"]
    end = about[1][0]
    assert await found(finder, Conditions(invoice_id=1, client_id=1, begin=str(end), end=str(end))) == [
        about[1]
    ]
    assert not await found(finder, Conditions(client_id=2, type_pattern="invoice.*"))
    assert not await found(finder, Conditions(actor="somebody"))


async def test_how_a_client_logs_in_is_a_part_of_its_history(
    pool: asyncpg.Pool, store: PostgresStore, finder: Finder, log: LedgerLog
) -> None:
    """In the order of the log, page after page, in `events --client` and `explain client`, of nobody else."""
    changed = []
    for number in range(5):
        event = ClientPasswordChanged(client_id=1, password_id=f"p{number}", changed_at="2026-11-21 10:00:00")
        changed.append(await log.write("login-1", event))
        if number < 3:
            await log.command(1, AddCredit(amount=1, description="between"))
    ones = await found(finder, Conditions(client_id=1))
    assert [at for at, event in ones if event.TYPE == "client.password_changed"] == changed
    positions = [at for at, _ in ones]
    assert positions == sorted(positions)
    assert len(ones) == 12 + 5 + 3
    assert await found(finder, Conditions(client_id=1, type_pattern="client.*", end=str(changed[1]))) == [
        each for each in ones if each[0] in changed[:2]
    ]
    assert not await found(finder, Conditions(client_id=2, type_pattern="client.*"))
    assert not await found(finder, Conditions(client_id=1, invoice_id=1, type_pattern="client.*"))
    explainer = Explainer(pool, store, Translator(store), Refusals(pool, store, RefusalLimits()), UTC)
    explained = await explainer.explain(Subject(CLIENT, 1))
    assert [each.happened.position for each in explained.story.told] == positions
    assert explained.state.balance == sum(range(100, 108)) - 300 + 3
    sentences = [each.sentence for each in explained.story.told]
    assert sentences.count("Client 1 got a new password.") == 5


async def test_personal_data_stays_sealed(finder: Finder, log: LedgerLog) -> None:
    """It is opened only where that is asked for."""
    del log
    opened = Conditions(client_id=1, type_pattern="account.opened")
    ((_, sealed),) = await found(finder, opened)
    ((_, told),) = await found(finder, opened, is_personal=True)
    assert getattr(sealed, "profile", "") is None
    assert getattr(told, "profile", {})["first_name"] == "Ada"


async def test_moments_are_places(finder: Finder, pool: asyncpg.Pool, log: LedgerLog) -> None:
    """Every event is the first at its own moment and the last up to it; before and after, all and none."""
    records = [record async for record in events_between(pool, 0, 1, log.head)]
    for record in records:
        at = record.recorded_at
        same = [other.position for other in records if other.recorded_at == at]
        assert await first_at(pool, 0, at, log.head) == same[0]
        assert await first_at(pool, 0, at, log.head, after=True) == same[-1] + 1
    middle = records[10].recorded_at.isoformat()
    early = await found(finder, Conditions(end=middle))
    late = await found(finder, Conditions(begin=middle))
    assert {at for at, _ in early} | {at for at, _ in late} == {record.position for record in records}
    assert await found(finder, Conditions(begin="2020-01-01")) == await found(finder, EVERYTHING)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Conditions(begin="0"), "no position 0: the log has positions 1 to 21"),
        (Conditions(end="22"), "no position 22"),
        (Conditions(end="2001-01-01"), "nothing was recorded up to 2001-01-01"),
        (Conditions(begin=(datetime.now(UTC) + timedelta(days=9)).isoformat()), "nothing was recorded since"),
        (Conditions(begin="9", end="3"), "nothing was recorded from 9 to 3"),
        (Conditions(client_id=3), "no client 3"),
        (Conditions(invoice_id=2), "no invoice 2"),
        (Conditions(invoice_id=1, client_id=2), "invoice 1 is not one of client 2"),
        (Conditions(type_pattern="credit"), "no type of event is like 'credit'"),
    ],
)
async def test_what_is_not_there(finder: Finder, log: LedgerLog, wanted: Conditions, said: str) -> None:
    """Told in a sentence, and never as if it were an empty history."""
    assert log.head == 21
    with pytest.raises(Unknown, match=said):
        await found(finder, wanted)


async def test_the_story_adds_up(pool: asyncpg.Pool, store: PostgresStore, log: LedgerLog) -> None:
    """What the account's events say, what is left of its top-ups and its folded balance are the same."""
    del log
    refusals = Refusals(pool, store, RefusalLimits())
    explainer = Explainer(pool, store, Translator(store), refusals, UTC)
    explained = await explainer.explain(Subject(CLIENT, 1))
    left = [(lot.added.amount, lot.left) for lot in explained.story.lots]
    assert left[:4] == [(100, 0), (101, 0), (102, 3), (103, 103)]
    assert sum(amount for _, amount in left) == explained.state.balance == sum(range(100, 108)) - 300
    with pytest.raises(Unknown, match="no client 3"):
        await explainer.explain(Subject(CLIENT, 3))
