"""Every read model can be proven against the log, and every kind of damage to it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from projections import verify
from projections.clients.project import PROJECTION as CLIENTS
from projections.rebuild import rebuild
from projections.registry import PROJECTIONS
from projections.schema import prepare
from projections.statements import statement
from projections.verify import NotPrepared
from projections.verify import differences as findings
from service.domain.billable_commands import AddBillableItem
from service.domain.cancellation_commands import CancellationKind, RequestCancellation
from service.domain.client_commands import AddContact, DeleteAccount
from service.domain.commands import (
    AddCredit,
    ApplyCredit,
    IssueInvoice,
    NewItem,
    RecordPayment,
    RecordTransaction,
)
from service.domain.invoice_status import InvoiceStatus
from tests.support.databases import administer
from tests.support.endings import registration
from tests.support.ledger_log import LedgerLog
from tests.support.projecting import LANE, NEVER, projecting

if TYPE_CHECKING:
    import asyncpg

    from eventstore.postgres import PostgresStore
    from projections.fact import Decoder
    from projections.projection import Projection

BY_NAME = pytest.mark.parametrize("projection", PROJECTIONS, ids=[each.name for each in PROJECTIONS])


@pytest.fixture
async def log(pool: asyncpg.Pool, store: PostgresStore, ledger_dsn: str) -> LedgerLog:
    """A log in which every table of every read model has at least one row, all projected."""
    await prepare(pool, LANE)
    log = LedgerLog(store)
    client = await log.open_account()
    await log.command(client, AddCredit(amount=1000, description="Goodwill"))
    server = NewItem(description="Server", amount=700)
    others = NewItem(description="Others", amount=5, kind="Invoice")
    await log.command(client, IssueInvoice(status=InvoiceStatus.UNPAID, items=(server, others)))
    await log.command(client, ApplyCredit(invoice_id=1, amount=300))
    await log.command(client, RecordPayment(invoice_id=1, reference="R1"))
    await log.command(client, AddContact(profile={"first_name": "Charles", "email": "c@example.org"}))
    await log.command(client, AddBillableItem(description="Work", amount=100, unit="hours"))
    await log.command(client, registration(7))
    ending = RequestCancellation(service_id=7, kind=CancellationKind.END_OF_PERIOD, reason="Enough")
    await log.command(client, ending)
    gone = await log.open_account()
    await log.command(gone, RecordTransaction(gateway="mailin", reference="R2", amount_in=5))
    await log.command(gone, DeleteAccount(with_transactions=True, names={1: "email:gone"}))
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        await runner.wait_until(log.head, NEVER)
    return log


async def differences(pool: asyncpg.Pool, projection: Projection, decoder: Decoder, lane: int) -> list[str]:
    """What is found, in sentences."""
    return [str(finding) for finding in await findings(pool, projection, decoder, lane)]


@BY_NAME
async def test_untouched_tables_are_proven(
    pool: asyncpg.Pool, log: LedgerLog, projection: Projection
) -> None:
    """What the runner wrote is what the log says, and proving it twice leaves nothing behind."""
    for _ in range(2):
        assert await differences(pool, projection, log.translator.decode, LANE) == []


@BY_NAME
async def test_missing_rows_are_found(pool: asyncpg.Pool, log: LedgerLog, projection: Projection) -> None:
    """A row that disappeared from any table is reported with its key."""
    for table, key in projection.tables.items():
        await pool.execute(f"delete from {projection.schema}.{table}")
        found = await differences(pool, projection, log.translator.decode, LANE)
        assert found[-1].startswith(f"{projection.name}.{table} {key[0]}=")
        assert found[-1].endswith(": is missing")


@BY_NAME
async def test_invented_rows_are_found(pool: asyncpg.Pool, log: LedgerLog, projection: Projection) -> None:
    """A row that no event stands behind is reported with its key."""
    for table, key in projection.tables.items():
        one = f"(select ctid from {projection.schema}.{table} limit 1)"
        await pool.execute(f"update {projection.schema}.{table} set {key[-1]} = 4711 where ctid = {one}")
        found = await differences(pool, projection, log.translator.decode, LANE)
        assert any(line.endswith("is not in the log") for line in found), found


@BY_NAME
async def test_every_column_is_compared(pool: asyncpg.Pool, log: LedgerLog, projection: Projection) -> None:
    """A change to any column of any table is found; numbers are quoted, texts are not."""
    for table, key in projection.tables.items():
        columns = await pool.fetch(
            "select column_name as name, data_type as type from information_schema.columns "
            "where table_schema = $1 and table_name = $2",
            projection.schema,
            table,
        )
        live, keys = f"{projection.schema}.{table}", ", ".join(key)
        await pool.execute(f"alter table {live} drop constraint if exists balanced")
        for name, kind in columns:
            if name in (*key, "lane"):
                continue
            changed = {"bigint": f"coalesce({name}, 0) + 1000", "boolean": f"not {name}"}.get(
                kind, "'tampered'"
            )
            first = f"where ({keys}) = (select {keys} from {live} order by {keys} limit 1)"
            before = await pool.fetchval(f"select {name} from {live} {first}")
            await pool.execute(f"update {live} set {name} = {changed} {first}")
            [found] = await differences(pool, projection, log.translator.decode, LANE)
            assert f"{name} is" in found or f"{name} differs" in found
            assert "tampered" not in found
            await pool.execute(f"update {live} set {name} = $1 {first}", before)


async def test_erasing_a_person_shows_until_the_rebuild(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog
) -> None:
    """Once the key is destroyed the read model's profile has no foundation in the log; a rebuild drops it."""
    await administer(ledger_dsn, "update es.subject_key set key = null, destroyed_at = now()")
    assert await differences(pool, CLIENTS, log.translator.decode, LANE) == [
        "clients.client client_id=1: profile differs, first_key differs, last_key differs, email_key differs",
    ]
    await rebuild(pool, CLIENTS, {LANE: log.translator.decode})
    assert await differences(pool, CLIENTS, log.translator.decode, LANE) == []
    assert await pool.fetchval("select profile from projection_clients.client") is None


async def test_a_comparison_takes_as_long_as_it_takes(
    pool: asyncpg.Pool, log: LedgerLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool's time-out for short statements does not cut the comparison of a large table."""
    real = statement("compare")
    limited = "select 1 / (current_setting('statement_timeout') = '0')::int as unlimited"
    monkeypatch.setattr(
        verify,
        "statement",
        lambda _: f"with limits as materialized ({limited}) select found.* from ({real}) found, limits",
    )
    await pool.execute("delete from projection_clients.client")
    found = await differences(pool, CLIENTS, log.translator.decode, LANE)
    assert found == ["clients.client client_id=1: is missing"]


async def test_an_unknown_lane_is_refused(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """Verifying what was never projected is not mistaken for a proof."""
    with pytest.raises(NotPrepared):
        await differences(pool, CLIENTS, log.translator.decode, 9)


@BY_NAME
async def test_every_key_and_unique_index_leads_with_the_lane(
    pool: asyncpg.Pool, log: LedgerLog, projection: Projection
) -> None:
    """Tables are as declared (so each is verified), and the lane is the unit of distribution everywhere."""
    assert log.head
    indexes = await pool.fetch(
        "select c.relname as table, i.indisprimary as primary, i.indisunique as unique,"
        " array(select a.attname from unnest(i.indkey) with ordinality as k (number, place)"
        "        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number"
        "       where k.place <= i.indnkeyatts"
        "       order by k.place)::text[] as columns"
        "  from pg_index i join pg_class c on c.oid = i.indrelid"
        " where c.relnamespace = to_regnamespace($1)",
        projection.schema,
    )
    assert all(row["columns"][0] == "lane" for row in indexes if row["unique"])
    keys = {row["table"]: tuple(row["columns"][1:]) for row in indexes if row["primary"]}
    assert keys == dict(projection.tables)
    tables = await pool.fetch(
        "select relname from pg_class where relnamespace = to_regnamespace($1) and relkind = 'r'",
        projection.schema,
    )
    assert {row["relname"] for row in tables} == set(projection.tables)
