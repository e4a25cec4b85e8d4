"""Read models are read and written through their indexes, also on a database that was never analysed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from projections import reads
from projections.projection import apply
from projections.registry import BY_NAME, PROJECTIONS
from projections.schema import prepare
from projections.statements import statement
from tests.support.client_samples import CONTACT_ADDED
from tests.support.facts import facts
from tests.support.projecting import LANE
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED, INVOICE_ISSUED, PAYMENT_RECORDED
from tests.support.service_samples import SERVICE_REGISTERED
from tests.support.system_samples import BILLABLE_ADDED

if TYPE_CHECKING:
    import asyncpg

    from eventstore.subscription import Connection
    from projections.projection import Projection
    from projections.reads import Read

FENCE = {"subscription_pkey", "stream_pkey"}
OWNER = FENCE | {"key_pkey"}
READS = {
    "client": (reads.CLIENT, FENCE | {"client_pkey", "balance_pkey"}),
    "credits": (reads.CREDITS, OWNER | {"credit_pkey"}),
    "credits_between": (reads.CREDITS_BETWEEN, OWNER | {"credit_pkey"}),
    "invoice": (reads.INVOICE, OWNER | {"invoice_pkey", "item_pkey", "transaction_invoice"}),
    "invoice_totals": (reads.INVOICE_TOTALS, FENCE | {"invoice_client", "item_pkey"}),
    "due_clients": (reads.DUE_CLIENTS, {"subscription_pkey", "billable_due"}),
    "transactions of an invoice": (reads.TRANSACTIONS["invoice"], OWNER | {"transaction_invoice"}),
    "transactions of a reference": (reads.TRANSACTIONS["reference"], OWNER | {"transaction_reference"}),
    "transactions of a client": (reads.TRANSACTIONS["client"], OWNER | {"transaction_client"}),
    "a transaction": (reads.TRANSACTIONS["transaction"], OWNER | {"transaction_pkey"}),
    "invoices of a client": (
        reads.INVOICES["client", "id", "asc"],
        FENCE | {"client_pkey", "invoice_client"},
    ),
    "all invoices": (reads.INVOICES["everything", "id", "desc"], FENCE | {"client_pkey", "invoice_pkey"}),
    "all invoices by due date": (
        reads.INVOICES["everything", "due_date", "asc"],
        FENCE | {"client_pkey", "invoice_pkey"},
    ),
    "all clients": (reads.CLIENTS["clients", "id", "asc"], {"subscription_pkey", "client_pkey"}),
    "all clients by name": (
        reads.CLIENTS["clients", "last_name", "desc"],
        {"subscription_pkey", "client_pkey"},
    ),
    "clients by what they begin with": (
        reads.CLIENTS["clients_found", "first_name", "asc"],
        {"subscription_pkey", "client_pkey"}
        | {"client_name", "client_last_name", "client_company", "client_email"},
    ),
    "cancellations of a client": (reads.CANCELLATIONS["client"], FENCE | {"cancellation_client"}),
    "clients with a service to end": (
        reads.CLIENTS_TO_END,
        {"subscription_pkey", "cancellation_standing", "service_pkey"},
    ),
    "services of a client": (reads.SERVICES["client"], {"subscription_pkey", "service_client"}),
    "services on a server": (reads.SERVICES["server"], {"subscription_pkey", "service_server"}),
    "all services": (reads.SERVICES["everything"], {"subscription_pkey", "service_pkey"}),
    "clients to renew": (
        reads.CLIENTS_TO_RENEW,
        {"subscription_pkey", "service_due", "invoice_pkey", "item_pkey", "cancellation_standing"},
    ),
    "clients of services": (reads.CLIENTS_OF_SERVICES, {"subscription_pkey", "service_pkey"}),
    "contacts of a client": (reads.CONTACTS["client"], FENCE | {"contact_client"}),
    "all contacts": (reads.CONTACTS["everything"], FENCE | {"contact_pkey"}),
    "a used reference": (
        reads.REFERENCE_IS_USED,
        {"subscription_pkey", "transaction_reference", "used_reference_name"},
    ),
    "all transactions": (reads.TRANSACTIONS["everything"], OWNER | {"transaction_pkey"}),
}
"""Each read with the indexes that it must go through."""
WRITES = [
    (projection, path.stem)
    for projection in PROJECTIONS
    for path in sorted(projection.folder.glob("*.sql"))
    if path.stem != "tables"
]


@pytest.mark.parametrize(("read", "indexes"), READS.values(), ids=READS)
async def test_reads_use_their_indexes(pool: asyncpg.Pool, read: Read, indexes: set[str]) -> None:
    """Each read's generic plan reaches every table that grows through the index that was made for it."""
    await prepare(pool, LANE)
    async with pool.acquire() as connection:
        plan = await generic_plan(connection, read.text)
    used = set(re.findall(r"(?:using|Bitmap Index Scan on) (\w+)", plan))
    assert used - {"lane_pkey"} == indexes, plan
    # Of these two there is a row or two per lane, so they may be scanned.
    assert not re.search(r"Seq Scan on (?!lane\b|subscription\b)", plan), plan


async def test_credits_by_date_are_counted_and_paged_in_the_index(pool: asyncpg.Pool) -> None:
    """Of a long log only the rows of the page are visited, wherever the page lies."""
    await prepare(pool, LANE)
    async with pool.acquire() as connection:
        plan = await generic_plan(connection, reads.CREDITS_BETWEEN.text)
    assert plan.count("Index Only Scan using credit_pkey") == 2, plan


SHARED = {name: read for name, (read, _) in READS.items() if read.is_shared}


@pytest.mark.parametrize("read", SHARED.values(), ids=SHARED)
@pytest.mark.parametrize("rows", [0, 5, 60])
async def test_a_shared_read_never_joins_whole_tables(pool: asyncpg.Pool, read: Read, rows: int) -> None:
    """Each question is looked up by itself, though for small tables the planner prefers to hash them whole.

    The plan is kept while the tables grow.
    """
    await prepare(pool, LANE)
    async with pool.acquire() as connection, connection.transaction():
        for projection in PROJECTIONS if rows else ():
            await fill(connection, projection, rows)
        plan = await generic_plan(connection, read.text)
    assert not re.search("Hash|Merge", plan), plan


@pytest.mark.parametrize("read", SHARED.values(), ids=SHARED)
async def test_a_shared_read_is_not_planned_anew_for_one_question(pool: asyncpg.Pool, read: Read) -> None:
    """However few ask at a time, the statement keeps to one plan: planning takes longer than finding."""
    await prepare(pool, LANE)
    arrays = [[1]] * (max(int(number) for number in re.findall(r"\$(\d+)", read.text)) - 1)
    async with pool.acquire() as connection:
        for _ in range(12):
            await connection.fetch(read.text, LANE, *arrays)
        generic, custom = await connection.fetchrow(
            "select generic_plans, custom_plans from pg_prepared_statements where statement = $1", read.text
        ) or (0, 0)
    assert (generic, custom) == (7, 5)


@pytest.mark.parametrize(
    ("projection", "name"), WRITES, ids=[f"{projection.name}-{name}" for projection, name in WRITES]
)
@pytest.mark.parametrize("rows", [0, 1, 60])
async def test_no_write_scans_a_table(
    pool: asyncpg.Pool, projection: Projection, name: str, rows: int
) -> None:
    """Each write's generic plan goes row by row through the primary key, analysed never or too early."""
    await prepare(pool, LANE)
    async with pool.acquire() as connection, connection.transaction():
        if rows:
            await fill(connection, projection, rows)
        await connection.execute(statement("write_settings"))
        plan = await generic_plan(connection, projection.sql(name, projection.schema))
    assert not re.search(r"Seq Scan|Hash|Merge", plan), plan
    if name.startswith("update"):
        assert re.search(
            r"Index (?:Only )?Scan using \w+_pkey .*\n *Index Cond: \((\(lane = \$1\) AND|ROW\(lane, )", plan
        ), plan


async def fill(connection: Connection, projection: Projection, rows: int) -> None:
    """Clients with these numbers, one of everything each, and statistics of just these rows."""
    for number in range(rows):
        events = [
            replace(ACCOUNT_OPENED, client_id=number),
            replace(CREDIT_ADDED, credit_id=number),
            replace(INVOICE_ISSUED, invoice_id=number),
            replace(PAYMENT_RECORDED, invoice_id=number, transaction_id=number),
            replace(BILLABLE_ADDED, billable_id=number),
            replace(CONTACT_ADDED, contact_id=number),
            replace(SERVICE_REGISTERED, service_id=number),
        ]
        batch = [
            replace(fact, position=number * len(events) + fact.position)
            for fact in facts(*events, stream=f"account-{number}")
        ]
        await apply(connection, projection, projection.schema, LANE, batch)
    for table in projection.tables:
        await connection.execute(f"analyze {projection.schema}.{table}")


async def generic_plan(connection: Connection, text: str) -> str:
    """The plan that a statement settles on once it was prepared and used for a while."""
    arguments = max(int(number) for number in re.findall(r"\$(\d+)", text))
    await connection.execute(f"prepare planned as {text}")
    await connection.execute("set plan_cache_mode = force_generic_plan")
    try:
        rows = await connection.fetch(
            f"explain (costs off) execute planned ({', '.join(['null'] * arguments)})"
        )
    finally:
        await connection.execute("reset plan_cache_mode; deallocate planned")
    return "\n".join(row[0] for row in rows)


async def test_a_clients_last_entry_is_looked_up_once_per_batch(pool: asyncpg.Pool) -> None:
    """Not per row: each look-up steps over the rows that the statement inserted, which is quadratic."""
    await prepare(pool, LANE)
    projection = BY_NAME["credits"]
    count = 50
    async with pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch(
            f"explain (analyze, costs off, timing off) {projection.sql('insert_credit', projection.schema)}",
            LANE,
            [7] * count,
            list(range(count)),
            *([["text"] * count] * 2),
            *([[1] * count] * 3),
        )
    plan = "\n".join(row[0] for row in rows)
    lookups = re.findall(r"credit_pkey on credit c.*?loops=(\d+)", plan)
    assert lookups == ["1"], plan
