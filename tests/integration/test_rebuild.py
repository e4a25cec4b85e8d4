"""Read models are replaced while everything runs, by one process at a time, and all or nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from eventstore.records import Unavailable
from projections import rebuild as rebuilding
from projections import refold
from projections.balances.project import PROJECTION as BALANCES
from projections.invoices.project import PROJECTION as INVOICES
from projections.projection import CannotApply
from projections.reader import Reader
from projections.rebuild import RebuildError, RebuildRunning, bring_up_to_date, rebuild
from projections.registry import PROJECTIONS
from projections.schema import VersionError, prepare, tables_in
from projections.verify import differences
from projections.views import HaltedError
from service.domain.commands import AddCredit, ApplyCredit, IssueInvoice, NewItem, RecordPayment
from service.domain.invoice_status import InvoiceStatus
from tests.support.databases import administer
from tests.support.ledger_log import LedgerLog
from tests.support.projecting import LANE, NEVER, checkpoints, projecting, rows
from tests.support.samples import CREDIT_ADDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from eventstore.postgres import PostgresStore
    from eventstore.subscription import Body
    from projections.fact import Fact
    from projections.projection import Projection

NEWER = replace(BALANCES, version=BALANCES.version + 1)


@pytest.fixture
async def log(pool: asyncpg.Pool, store: PostgresStore) -> LedgerLog:
    """A log with prepared read models and one account with credit."""
    await prepare(pool, LANE)
    log = LedgerLog(store)
    await log.command(await log.open_account(), AddCredit(amount=1000, description="Goodwill"))
    return log


async def add_credit(log: LedgerLog) -> None:
    """One more event on the first account."""
    await log.command(1, AddCredit(amount=1, description="One more"))


@pytest.mark.parametrize("projection", PROJECTIONS, ids=[projection.name for projection in PROJECTIONS])
async def test_every_projection_is_rebuilt_while_writes_go_on(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog, projection: Projection
) -> None:
    """Writers and the runner go on during a rebuild; afterwards every row is what the log says."""
    async with projecting(pool, ledger_dsn, log.translator.decode, linger_s=0) as runner:
        task = asyncio.create_task(rebuild(pool, projection, {LANE: log.translator.decode}))
        while not task.done():
            await log.open_account()
            await add_credit(log)
        await task
        await add_credit(log)
        await runner.wait_until(log.head, NEVER, [projection.name])
    assert await differences(pool, projection, log.translator.decode, LANE) == []


async def some_history(log: LedgerLog) -> None:
    """Accounts that get, spend and pay, so that batches end between events that belong together."""
    for number in range(3):
        client = await log.open_account()
        await log.queue(client, AddCredit(amount=1000, description="Goodwill"))
        item = NewItem(description="Server", amount=700)
        await log.queue(client, IssueInvoice(status=InvoiceStatus.UNPAID, items=(item, item)))
        await log.queue(client, ApplyCredit(invoice_id=number + 1, amount=300))
        await log.queue(client, RecordPayment(invoice_id=number + 1, reference=f"R{number}"))
    await log.flush()


@pytest.mark.parametrize("batch", [1, 2, 7])
async def test_batches_change_nothing(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """However many batches are read ahead of each other, the rows are those that the runner wrote."""
    await some_history(log)
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        await runner.wait_until(log.head, NEVER)
    async with pool.acquire() as connection:
        written = await rows(connection)
        monkeypatch.setattr(refold, "REFOLD_EVENTS_MAX", batch)
        for projection in PROJECTIONS:
            await rebuild(pool, projection, {LANE: log.translator.decode})
        assert await rows(connection) == written
    assert {position for position, _, _ in (await checkpoints(pool)).values()} == {log.head}


async def test_a_crash_in_the_middle_leaves_the_live_tables(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When every session dies between two batches, what was live stays live, and the next try succeeds."""
    await some_history(log)
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        await runner.wait_until(log.head, NEVER)
    monkeypatch.setattr(refold, "REFOLD_EVENTS_MAX", 2)
    written, stood = await live_rows(pool), await checkpoints(pool)
    batches = 0

    async def decode(records: Sequence[Body]) -> list[Fact]:
        nonlocal batches
        batches += 1
        if batches == 3:
            await administer(
                ledger_dsn,
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()",
            )
        return await log.translator.decode(records)

    with pytest.raises(Unavailable):
        await rebuild(pool, BALANCES, {LANE: decode})
    await pool.expire_connections()
    assert batches >= 3
    assert await live_rows(pool) == written
    assert await checkpoints(pool) == stood
    await rebuild(pool, BALANCES, {LANE: log.translator.decode})
    assert await live_rows(pool) == written


async def live_rows(pool: asyncpg.Pool) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the live read models."""
    async with pool.acquire() as connection:
        return await rows(connection)


async def test_prepared_statements_survive_the_switch(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog
) -> None:
    """Connections that read or wrote the old tables through cached plans go on with the new ones."""
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        reader = Reader(pool, runner, LANE)
        for _ in range(3):
            for _ in range(7):  # enough calls for the server to settle on a generic plan
                await add_credit(log)
                client = await reader.client(1, deadline=NEVER)
                assert client is not None
                assert client.balance == 1000 + log.head - 2
            for projection in PROJECTIONS:
                await rebuild(pool, projection, {LANE: log.translator.decode})


async def test_progress_ends_at_the_head(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """The caller is told how many events are folded, out of how many."""
    told: list[tuple[int, int]] = []
    await rebuild(pool, BALANCES, {LANE: log.translator.decode}, lambda *figures: told.append(figures))
    assert told[-1] == (log.head, log.head)


async def test_a_rebuild_heals_a_halted_projection(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog
) -> None:
    """A halted read model runs again after its rebuild, also in a process that saw it halt."""
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        await runner.wait_until(log.head, NEVER)
        await pool.execute("delete from projection_balances.balance")
        await add_credit(log)
        with pytest.raises(HaltedError):
            await runner.wait_until(log.head, NEVER, ["balances"])
        await rebuild(pool, BALANCES, {LANE: log.translator.decode})
        await add_credit(log)
        await runner.wait_until(log.head, NEVER, ["balances"])
    assert (await checkpoints(pool))[BALANCES.subscription] == (log.head, "running", None)
    assert await differences(pool, BALANCES, log.translator.decode, LANE) == []


async def test_a_paused_projection_stays_paused(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """A rebuild does not undo what an operator decided."""
    await pool.execute("update es.subscription set state = 'paused'")
    await rebuild(pool, BALANCES, {LANE: log.translator.decode})
    assert (await checkpoints(pool))[BALANCES.subscription] == (log.head, "paused", None)


@pytest.mark.parametrize("batch", [1, 10_000])
async def test_a_rebuild_that_cannot_go_on_changes_nothing(
    pool: asyncpg.Pool, log: LedgerLog, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """An event the code cannot apply ends the rebuild; live tables and checkpoint are as before."""
    monkeypatch.setattr(refold, "REFOLD_EVENTS_MAX", batch)
    await log.write("account-99", replace(CREDIT_ADDED, credit_id=999))
    await add_credit(log)
    before = await checkpoints(pool)
    with pytest.raises(CannotApply):
        await rebuild(pool, BALANCES, {LANE: log.translator.decode})
    assert await checkpoints(pool) == before
    assert await pool.fetchval("select count(*) from projection_balances.balance") == 0


async def test_what_is_read_ahead_ends_with_the_rebuild(
    pool: asyncpg.Pool, log: LedgerLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebuild that fails leaves nobody behind who still reads for it."""
    monkeypatch.setattr(refold, "REFOLD_EVENTS_MAX", 1)
    poison = await log.write("account-99", replace(CREDIT_ADDED, credit_id=999))
    await add_credit(log)

    async def decode(bodies: Sequence[Body]) -> list[Fact]:
        if bodies[0].position > poison:
            await asyncio.Event().wait()
        return await log.translator.decode(bodies)

    with pytest.raises(CannotApply):
        await rebuild(pool, BALANCES, {LANE: decode})
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_leftovers_of_a_crash_are_dropped(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """Half-built tables of a rebuild that died do not get into the next one."""
    await pool.execute(
        "create schema projection_balances_next; create table projection_balances_next.balance (x int)"
    )
    await rebuild(pool, BALANCES, {LANE: log.translator.decode})
    assert await pool.fetchval("select to_regnamespace('projection_balances_next')") is None
    assert await pool.fetchval("select balance from projection_balances.balance") == 1000


async def test_only_one_rebuild_of_a_projection_at_a_time(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """The second one is refused and leaves the first alone."""
    began, go_on = asyncio.Event(), asyncio.Event()

    async def decode(records: Sequence[Body]) -> list[Fact]:
        began.set()
        await go_on.wait()
        return await log.translator.decode(records)

    first = asyncio.create_task(rebuild(pool, BALANCES, {LANE: decode}))
    await began.wait()
    with pytest.raises(RebuildRunning, match="balances is being rebuilt already"):
        await rebuild(pool, BALANCES, {LANE: log.translator.decode})
    go_on.set()
    await first
    await rebuild(pool, BALANCES, {LANE: log.translator.decode})


async def test_a_long_reader_is_not_pushed_aside(
    pool: asyncpg.Pool, log: LedgerLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a transaction reads the live tables they are not switched under it; afterwards they are."""
    monkeypatch.setattr(rebuilding, "SWITCH_ATTEMPTS_MAX", 1)
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetch("select * from projection_balances.balance")
        with pytest.raises(RebuildError, match="long transaction"):
            await rebuild(pool, BALANCES, {LANE: log.translator.decode})
        assert await connection.fetch("select * from projection_balances.balance") == []
    await rebuild(pool, BALANCES, {LANE: log.translator.decode})
    assert await pool.fetchval("select balance from projection_balances.balance") == 1000


async def test_no_lane_is_forgotten(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """Tables hold all lanes, so a rebuild that knows only some of them is refused."""
    await pool.execute(
        "insert into es.subscription (name, lane, position) values ($1, 3, 0)", BALANCES.subscription
    )
    with pytest.raises(RebuildError, match=r"lanes \[0, 3\], this rebuild was given \[0\]"):
        await rebuild(pool, BALANCES, {LANE: log.translator.decode})


async def test_preparing_at_once_prepares_once(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """Several processes may start together, on a new database or a used one."""
    await pool.execute("drop schema projection_balances cascade")
    await pool.execute("update es.subscription set name = 'unknown' where name = $1", BALANCES.subscription)
    assert await asyncio.gather(*(prepare(pool, LANE) for _ in range(6))) == [[]] * 6
    assert (await checkpoints(pool))[BALANCES.subscription] == (0, "running", None)
    assert log.head


async def test_missing_tables_are_rebuilt(pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog) -> None:
    """Read models may be dropped at any time: the next start builds them from the log."""
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        await runner.wait_until(log.head, NEVER)
    await pool.execute("drop schema projection_balances cascade")
    await bring_up_to_date(pool, LANE, {LANE: log.translator.decode})
    assert await pool.fetchval("select balance from projection_balances.balance") == 1000


async def test_a_newer_version_takes_over(pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog) -> None:
    """Code of a newer version rebuilds; code of the older one then keeps its hands off, and says so."""
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        reader = Reader(pool, runner, LANE)
        await runner.wait_until(log.head, NEVER)
        assert await prepare(pool, LANE, [NEWER]) == [NEWER]
        await bring_up_to_date(pool, LANE, {LANE: log.translator.decode}, [NEWER])
        await add_credit(log)
        with pytest.raises(HaltedError, match="another version"):
            await reader.client(1, deadline=NEVER)
        await runner.wait_until(log.head, NEVER)
    found = await checkpoints(pool)
    assert BALANCES.subscription not in found
    assert found[NEWER.subscription] == (log.head - 1, "running", None)
    with pytest.raises(
        VersionError, match=f"version {NEWER.version}, this program only knows {BALANCES.version}"
    ):
        await prepare(pool, LANE)


async def test_a_newer_version_may_have_other_tables(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """The live tables are those of the older version: one may be missing there, and one be there in vain."""
    newer = replace(INVOICES, version=INVOICES.version + 1)
    async with pool.acquire() as connection:
        await connection.execute("drop table projection_invoices.item")
        await connection.execute("create table projection_invoices.given_up (lane smallint)")
        await bring_up_to_date(pool, LANE, {LANE: log.translator.decode}, [newer])
        assert set(await tables_in(connection, newer.schema)) == set(newer.tables)
    assert (await checkpoints(pool))[newer.subscription] == (log.head, "running", None)


async def test_two_processes_of_a_newer_version_start_together(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """One rebuilds, the other waits for it, and both go on."""
    decoders = {LANE: log.translator.decode}
    await asyncio.gather(*(bring_up_to_date(pool, LANE, decoders, [NEWER]) for _ in range(2)))
    assert (await checkpoints(pool))[NEWER.subscription] == (log.head, "running", None)
