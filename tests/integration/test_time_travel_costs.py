"""What answers about the past may cost: bounds, pages, connections, and plans of the log's reads."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from eventstore.database import connect
from eventstore.migrate import migrate
from eventstore.statements import statement
from projections import scratch
from service.handling.time_travel import Asked
from tests.support.past_ledger import ZONE, Ledger, ledger_on
from tests.support.whmcs import CLIENT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg


@pytest.fixture
async def ledger(server_dsn: str) -> AsyncIterator[Ledger]:
    """A new one."""
    async with ledger_on(server_dsn) as ledger:
        yield ledger


async def test_many_at_once_do_not_meet(server_dsn: str) -> None:
    """Different moments of the same client, asked at the same time, over and over on two connections."""
    async with ledger_on(server_dsn, asof_requests_max=100) as ledger:
        expected: dict[int, str] = {}
        for number in range(1, 11):
            await ledger.ask("AddCredit", clientid=1, amount=f"{number}.00", description="x")
            expected[await ledger.head()] = await ledger.balance()
        asked = [position for position in expected for _ in range(3)]
        found = await asyncio.gather(*(ledger.balance(asofposition=position) for position in asked))
        assert found == [expected[position] for position in asked]


async def test_too_much_is_refused(server_dsn: str) -> None:
    """Where all accounts would have to be read, and more than the setting allows; one account is answered."""
    async with ledger_on(server_dsn, asof_events_max=3) as ledger:
        for number in range(1, 6):
            await ledger.ask("AddClient", **CLIENT | {"email": f"{number}@example.com"})
        head = await ledger.head()
        complaint = "More than 3 events would be read for this; ask for one client or invoice"
        today = datetime.now(ZoneInfo(ZONE)).date().isoformat()
        assert await ledger.message("GetClients", asofposition=head) == complaint
        assert await ledger.message("GetClients", asof=today, asofclock="effective") == complaint
        assert (await ledger.ask("GetClientsDetails", clientid=3, asofposition=head))["result"] == "success"
        for _ in range(3):
            await ledger.ask("AddCredit", clientid=3, amount="1.00", description="x")
        assert await ledger.message("GetCredits", clientid=3, asofposition=await ledger.head()) == complaint


async def test_too_many_and_too_long(server_dsn: str) -> None:
    """Who comes when all places are taken is told to come again; so is whose answer is not there in time."""
    async with ledger_on(server_dsn, asof_requests_max=1) as ledger:
        async with ledger.history.at(Asked(position=1), asyncio.get_running_loop().time() + 60):
            assert (await ledger.message("GetCurrencies", asofposition=1)).startswith("The ledger is busy")
        assert (await ledger.ask("GetCurrencies", asofposition=1))["result"] == "success"
    async with ledger_on(server_dsn, request_timeout_s=0.000001) as ledger:
        message = await ledger.message("GetCurrencies", asofposition=1)
        assert message == "The answer about the past took too long; ask for one client or invoice"


async def test_a_long_account_is_read_in_pages(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is in one; so are many accounts, by both clocks."""
    expected = {}
    for number in range(1, 24):
        await ledger.ask("AddCredit", clientid=1, amount="1.00", date="2026-01-01", description=number)
        expected[await ledger.head()] = f"{number}.00"
    for number in range(5):
        await ledger.ask("AddClient", **CLIENT | {"email": f"{number}@example.com"})
    today = datetime.now(ZoneInfo(ZONE)).date().isoformat()
    monkeypatch.setattr(scratch, "BATCH_EVENTS", 5)
    monkeypatch.setattr(scratch, "SLICE_EVENTS", 3)
    monkeypatch.setattr(scratch, "BESIDE_EVENTS", 3)
    monkeypatch.setattr(scratch, "STREAMS_MAX", 2)
    for position, balance in expected.items():
        assert await ledger.balance(asofposition=position) == balance
    assert await ledger.balance(asof=today, asofclock="effective") == "23.00"
    now = await ledger.ask("GetClients")
    assert now["totalresults"] == 6
    assert await ledger.ask("GetClients", asofposition=await ledger.head()) == now
    assert await ledger.ask("GetClients", asof=today, asofclock="effective") == now


async def test_the_service_may_make_temporary_tables(database: str) -> None:
    """Also on a server whose administrator took that right from everybody."""
    connection = await connect(database, as_service=False)
    name = await connection.fetchval("select current_database()")
    await connection.execute(f"revoke all on database {name} from public")
    await migrate(database, lane=0, partition_positions=1000, partitions_ahead=1)
    right = "select has_database_privilege('creditledger_service', current_database(), 'temporary')"
    assert await connection.fetchval(right) is True
    await connection.close()


async def test_nothing_stays_behind(ledger: Ledger) -> None:
    """The scratch tables are empty after each answer, also one that failed, and the connections are kept."""
    head = await ledger.head()
    for _ in range(3):
        await ledger.ask("GetClients", asofposition=head)
        await ledger.message("GetCredits", clientid=9, asofposition=head)
    pids = await ledger.application.core.pool.fetch(
        "select pid from pg_stat_activity where datname = current_database() and query like '%pg_temp%'"
    )
    assert len(pids) <= 2
    async with ledger.history.at(Asked(position=head), asyncio.get_running_loop().time() + 60) as past:
        page = await past.reader.clients(
            begins_with=None, status=None, order_by="id", is_descending=False, start=0, limit=9, deadline=0
        )
        assert page.total == 1


PLANS: dict[str, tuple[str, str]] = {
    "position_at": ("smallint, timestamptz", "0, now()"),
    "read_bodies_of": (
        "smallint, text[], bigint, text[], bigint, bigint",
        "0, '{account-1}', 100, '{a}', 0, 10",
    ),
    "read_bodies_between": ("smallint, bigint, bigint, text[]", "0, 10, 100, '{a}'"),
    "read_stream_sizes": ("smallint, text, bigint, bigint", "0, '', 100, 10"),
    "read_key": ("smallint, text", "0, 'invoice:1'"),
}


@pytest.mark.parametrize("name", PLANS)
async def test_no_read_scans_a_whole_table(pool: asyncpg.Pool, name: str) -> None:
    """On a database that was never analysed, in the plan that prepared calls settle on."""
    types, values = PLANS[name]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        await connection.execute(f"prepare past ({types}) as {statement(name)}")
        rows = await connection.fetch(f"explain (costs off) execute past({values})")
        await connection.execute("deallocate past")
    plan = "\n".join(row[0] for row in rows)
    assert not re.search(r"Seq Scan on (event|stream|key)", plan), plan
    if name == "read_bodies_of":
        assert "stream_id_version_idx" in plan, plan
