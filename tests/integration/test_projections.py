"""The read models are fed from a real log: completely, once, in any number of processes, or halted loudly."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstore.database import create_pool
from eventstore.memory import MemoryStore
from projections.projection import apply
from projections.registry import BY_NAME, PROJECTIONS
from projections.schema import prepare
from projections.verify import differences
from projections.views import HaltedError
from service.domain.commands import AddCredit, ApplyCredit, IssueInvoice, NewItem, RecordPayment
from service.domain.invoice_status import InvoiceStatus
from tests.support.commands import histories
from tests.support.databases import administer
from tests.support.facts import facts
from tests.support.ledger_log import LedgerLog
from tests.support.projecting import LANE, NEVER, checkpoints, projecting, rows
from tests.support.samples import CREDIT_ADDED, INVOICE_ISSUED, PAYMENT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventstore.postgres import PostgresStore
    from eventstore.subscription import Body
    from projections.fact import Fact
    from service.domain.commands import AccountCommand
    from service.domain.events import Event

BATCHED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
async def log(pool: asyncpg.Pool, store: PostgresStore) -> LedgerLog:
    """A log with prepared read models."""
    await prepare(pool, LANE)
    return LedgerLog(store)


async def some_history(log: LedgerLog, accounts: int = 3) -> None:
    """Every kind of event, in several accounts."""
    for _ in range(accounts):
        client = await log.open_account()
        await log.queue(client, AddCredit(amount=1000, description="Goodwill"))
        item = NewItem(description="Server", amount=700)
        issued = await log.queue(client, IssueInvoice(status=InvoiceStatus.UNPAID, items=(item,)))
        invoice_id = getattr(issued[0], "invoice_id")  # noqa: B009 -- the first event is invoice.issued
        await log.queue(client, ApplyCredit(invoice_id=invoice_id, amount=300))
        await log.queue(client, RecordPayment(invoice_id=invoice_id, reference=f"R{client}", amount=500))
    await log.flush()


async def assert_proven(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """Every read model stands at the head and holds exactly what the log says."""
    for projection in PROJECTIONS:
        assert await differences(pool, projection, log.translator.decode, LANE) == []
    assert {position for position, _, _ in (await checkpoints(pool)).values()} == {log.head}


@BATCHED
@given(history=histories, cuts=st.lists(st.integers(1, 30)))
async def test_batches_are_one_by_one(
    ledger_dsn: str, history: list[AccountCommand], cuts: list[int]
) -> None:
    """However a history is cut into batches, the tables are those of projecting it event by event."""
    log = LedgerLog(MemoryStore())
    client = await log.open_account()
    for command in history:
        await log.command(client, command)
    events = [event for _, event in log.facts]
    batch = facts(*events, stream=f"account-{client}")
    bounds = sorted({0, len(batch), *(cut for cut in cuts if cut < len(batch))})
    batched = [batch[first:end] for first, end in pairwise(bounds)]
    single = [[fact] for fact in batch]
    assert await tables_after(ledger_dsn, batched) == await tables_after(ledger_dsn, single)


async def tables_after(dsn: str, batches: list[list[Fact]]) -> dict[str, list[tuple[object, ...]]]:
    """The rows of all read models after these batches, in tables of their own."""
    connection = await asyncpg.connect(dsn)
    try:
        for projection in PROJECTIONS:
            await connection.execute(projection.sql("tables", "pg_temp"))
            for batch in batches:
                await apply(connection, projection, "pg_temp", LANE, batch)
        return await rows(connection, "pg_temp")
    finally:
        await connection.close()


async def test_all_read_models_hold_what_the_log_says(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog
) -> None:
    """What was written before and after the start is projected, and proven row by row."""
    await some_history(log)
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        await some_history(log)
        await runner.wait_until(log.head, NEVER)
    await assert_proven(pool, log)


async def test_small_batches_and_laggards_meet(pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog) -> None:
    """Projections that stand apart are advanced separately and end together."""
    await some_history(log)
    await pool.execute("update es.subscription set state = 'paused' where name like 'credits%'")
    async with projecting(pool, ledger_dsn, log.translator.decode, batch_events_max=4) as runner:
        await runner.wait_until(log.head, NEVER)
        await some_history(log)
        await pool.execute("update es.subscription set state = 'running'")
        await runner.wait_until(log.head, NEVER, [projection.name for projection in PROJECTIONS])
    await assert_proven(pool, log)


async def test_two_processes_on_one_database(pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog) -> None:
    """Two runners never project an event twice or skip one, while writes go on."""
    other_pool = await create_pool(ledger_dsn, size_max=4, statement_timeout_ms=10_000)
    decode = log.translator.decode
    async with (
        projecting(pool, ledger_dsn, decode, batch_events_max=3, linger_s=0) as one,
        projecting(other_pool, ledger_dsn, decode, batch_events_max=5, linger_s=0) as two,
    ):
        for _ in range(10):
            await some_history(log)
        await asyncio.gather(one.wait_until(log.head, NEVER), two.wait_until(log.head, NEVER))
    await other_pool.close()
    await assert_proven(pool, log)


async def test_the_projection_that_cannot_go_on_halts_alone(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog
) -> None:
    """An event that one read model cannot apply stops that one, exactly before the event; no other."""
    await some_history(log)
    poison = await log.write("account-99", replace(CREDIT_ADDED, credit_id=999))
    await some_history(log)
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        await runner.wait_until(log.head, NEVER, ["credits", "clients", "invoices", "transactions"])
        with pytest.raises(HaltedError, match="balances is halted"):
            await runner.wait_until(log.head, NEVER, ["balances"])
        await runner.wait_until(poison - 1, NEVER, ["balances"])
    position, state, error = (await checkpoints(pool)).pop(BY_NAME["balances"].subscription)
    assert (position, state) == (poison - 1, "halted")
    assert error == f"position {poison}: CannotApply: balances: update_balance wrote 0 of 1 rows"


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("invoices", replace(INVOICE_ISSUED, notes="secret \0")),
        ("transactions", replace(PAYMENT_RECORDED, amount=2**63)),
        ("credits", replace(CREDIT_ADDED, description="secret", date=cast("str", None))),
    ],
    ids=["what the server says", "what the driver says", "what the server says in detail"],
)
async def test_what_halted_a_projection_is_not_quoted(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog, name: str, event: Event
) -> None:
    """The error kept in the database names the kind of trouble, never the values, which may be personal."""
    await log.open_account()
    await log.write("account-1", event)
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        with pytest.raises(HaltedError):
            await runner.wait_until(log.head, NEVER, [name])
    _, _, error = (await checkpoints(pool))[BY_NAME[name].subscription]
    assert error
    assert "secret" not in error
    assert str(2**63) not in error


async def test_a_paused_projection_is_left_alone(pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog) -> None:
    """A pause holds from the next batch on, also for a process that has not heard of it."""
    async with projecting(pool, ledger_dsn, log.translator.decode, poll_interval_s=3600) as runner:
        await some_history(log)
        await runner.wait_until(log.head, NEVER)
        paused_at = log.head
        await pool.execute("update es.subscription set state = 'paused' where name like 'credits.v%'")
        await some_history(log)
        await runner.wait_until(log.head, NEVER, ["balances", "clients", "invoices", "transactions"])
    assert (await checkpoints(pool))[BY_NAME["credits"].subscription] == (paused_at, "paused", None)
    assert await pool.fetchval("select count(*) from projection_credits.credit") == 3 * 3


async def test_a_gap_in_the_log_is_never_stepped_over(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog
) -> None:
    """If an event is missing, every projection halts in front of the gap."""
    await some_history(log)
    owner = await asyncpg.connect(ledger_dsn)
    await owner.execute("set session_replication_role = replica; delete from es.event where position = 3")
    await owner.close()
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        with pytest.raises(HaltedError):
            await runner.wait_until(log.head, NEVER, ["balances"])
        with pytest.raises(HaltedError):
            await runner.wait_until(log.head, NEVER, ["clients"])
    assert {(at, state) for at, state, _ in (await checkpoints(pool)).values()} == {(2, "halted")}


async def test_a_lost_connection_is_survived(pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog) -> None:
    """When the server ends every session, runner and doorbell come back by themselves."""
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        await some_history(log)
        await runner.wait_until(log.head, NEVER)
        await administer(
            ledger_dsn,
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()",
        )
        await pool.expire_connections()  # so that this test's own writing does not fail
        await some_history(log)
        await runner.wait_until(log.head, NEVER)
    await assert_proven(pool, log)


async def test_a_busy_database_halts_nobody(pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog) -> None:
    """A statement that timed out says nothing about an event: the batch is tried again."""
    await some_history(log)
    attempts = 0

    async def decode(records: Sequence[Body]) -> list[Fact]:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            await pool.execute("set statement_timeout = 1; select pg_sleep(10)")
        return await log.translator.decode(records)

    async with projecting(pool, ledger_dsn, decode) as runner:
        await runner.wait_until(log.head, NEVER)
    assert attempts > 1
    await assert_proven(pool, log)
