"""History cannot be edited: not by the service, not by the owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from eventstore.database import connect
from tests.support.proposals import proposal

if TYPE_CHECKING:
    from eventstore.postgres import PostgresStore

EDITS = [
    "update es.{0} set lane = lane",
    "delete from es.{0}",
    "truncate es.{0}",
]
PARTITION = "event_00000000000000"


@pytest.mark.parametrize("statement", EDITS)
@pytest.mark.parametrize("table", ["event", "block", "receipt", PARTITION])
async def test_the_owner_cannot_edit_history(
    store: PostgresStore, ledger_dsn: str, statement: str, table: str
) -> None:
    """UPDATE, DELETE, TRUNCATE are refused by trigger for a superuser too, also straight at a partition."""
    await store.append([proposal("a", 0)])
    owner = await connect(ledger_dsn, as_service=False)
    try:
        with pytest.raises(asyncpg.PostgresError, match="append-only") as refused:
            await owner.execute(statement.format(table))
        assert refused.value.sqlstate == "ES001"
        assert await owner.fetchval("select count(*) from es.event") == 1
    finally:
        await owner.close()


@pytest.mark.parametrize(
    "statement",
    [
        *(
            edit.format(table)
            for edit in EDITS
            for table in ("event", "block", "receipt", "stream", "key", "lane")
        ),
        "insert into es.lane values (9, 0, decode(repeat('00', 32), 'hex'), now())",
        "insert into es.key values (0, 'n', 's', 1)",
        "alter table es.event disable trigger append_only",
        "drop table es.block",
        "update es.secret set value = ''",
        "update es.subject_key set key = null",
    ],
)
async def test_the_service_has_no_privilege_on_the_log(
    store: PostgresStore, ledger_dsn: str, statement: str
) -> None:
    """The service's role can only append through the function."""
    await store.append([proposal("a", 0)])
    service = await connect(ledger_dsn)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(statement)
    finally:
        await service.close()


async def test_appending_needs_read_committed(store: PostgresStore, ledger_dsn: str) -> None:
    """Under a stricter isolation versions would be judged on an old snapshot, so the function refuses."""
    del store
    service = await connect(ledger_dsn)
    try:
        arguments = ", ".join(["'{}'"] * 19)
        async with service.transaction(isolation="repeatable_read"):
            with pytest.raises(asyncpg.PostgresError, match="READ COMMITTED"):
                await service.execute(f"select es.append_batch_v1(0::smallint, false, {arguments})")
    finally:
        await service.close()
