"""The schema is brought up to date safely, by however many processes at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import pytest

from eventstore import migrate as module
from eventstore.database import connect
from eventstore.migrate import MIGRATIONS, MigrationError, is_current, migrate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import asyncpg


async def _migrate(dsn: str, positions: int = 1000) -> list[str]:
    return await migrate(dsn, lane=0, partition_positions=positions, partitions_ahead=2)


async def test_processes_that_start_at_once_apply_each_file_once(database: str) -> None:
    """One applies, the others wait and find nothing to do."""
    applied = await asyncio.gather(*(_migrate(database) for _ in range(5)))

    names = [path.name for path in sorted(MIGRATIONS.glob("*.sql"))]
    assert sorted(applied) == [[], [], [], [], names]
    service = await connect(database)
    assert await is_current(service)
    await service.close()


async def test_an_edited_migration_is_refused(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was applied and changed since stops the start with a sentence that says what to do."""
    await _migrate(database)
    for path in MIGRATIONS.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text() + "-- edited", encoding="utf-8")
    monkeypatch.setattr(module, "MIGRATIONS", tmp_path)

    with pytest.raises(MigrationError, match="was changed after it was applied"):
        await _migrate(database)


async def test_a_failing_migration_leaves_nothing_behind(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file is one transaction: half of one never stays."""
    await _migrate(database)
    for path in MIGRATIONS.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text(), encoding="utf-8")
    (tmp_path / "9999_broken.sql").write_text("create table es.half (); select 1/0;", encoding="utf-8")
    monkeypatch.setattr(module, "MIGRATIONS", tmp_path)

    with pytest.raises(Exception, match="division by zero"):
        await _migrate(database)
    owner = await connect(database, as_service=False)
    assert await owner.fetchval("select to_regclass('es.half')") is None
    await owner.close()


async def test_partitions_are_created_ahead_of_the_head(database: str) -> None:
    """There are always whole partitions beyond the end, and asking again changes nothing."""
    await _migrate(database, positions=1000)
    owner = await connect(database, as_service=False)
    ranges = "select first_position, end_position from es.event_partition order by 1"
    assert [tuple(row) for row in await owner.fetch(ranges)] == [(0, 1000), (1000, 2000), (2000, 3000)]

    await owner.execute("update es.lane set head_position = 1999")
    assert await owner.fetchval("select es.ensure_partitions_v1(1000, 2)") == 1
    assert await owner.fetchval("select es.ensure_partitions_v1(1000, 2)") == 0
    await owner.close()


@pytest.fixture
async def plain_owner(database: str) -> AsyncIterator[tuple[str, asyncpg.Connection]]:
    """The DSN of an owner of the database who is no superuser, and an administrator's connection to it."""
    administrator = await connect(database, as_service=False)
    name = f"owner_{uuid4().hex}"
    await administrator.execute(f"create role {name} login password 'secret'")
    await administrator.execute(
        f"alter database {await administrator.fetchval('select current_database()')} owner to {name}"
    )
    yield _as_user(database, name), administrator
    await administrator.execute(f"reassign owned by {name} to current_user")
    await administrator.execute(f"drop owned by {name}")
    await administrator.execute(f"drop role {name}")
    await administrator.close()


def _as_user(dsn: str, name: str) -> str:
    parts = urlsplit(dsn)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key not in {"user", "password"}]
    host = parts.netloc.rpartition("@")[2]
    login = [("user", name), ("password", "secret")]
    return f"{parts.scheme}://{host}{parts.path}?{urlencode(query + login)}"


async def test_an_owner_who_is_no_superuser_can_set_the_ledger_up(
    plain_owner: tuple[str, asyncpg.Connection],
) -> None:
    """With the right to create roles nothing else is needed, and the service can take its role."""
    dsn, administrator = plain_owner
    await _make_sure_of_role(administrator)
    name = urlsplit(dsn).query.partition("user=")[2].partition("&")[0]
    await administrator.execute(f"alter role {name} createrole")
    await administrator.execute(f"grant creditledger_service to {name} with admin option")
    await _migrate(dsn)
    service = await connect(dsn)
    assert await service.fetchval("select current_user") == "creditledger_service"
    await service.close()


async def test_a_missing_right_is_told_with_the_statement_that_grants_it(
    plain_owner: tuple[str, asyncpg.Connection],
) -> None:
    """What the error says an administrator should run is enough, run literally."""
    dsn, administrator = plain_owner
    await _make_sure_of_role(administrator)
    with pytest.raises(MigrationError, match="GRANT creditledger_service TO ") as refused:
        await _migrate(dsn)
    await administrator.execute(str(refused.value).partition("run once: ")[2])
    await _migrate(dsn)


async def test_who_does_not_own_the_database_is_told_so(
    database: str, plain_owner: tuple[str, asyncpg.Connection]
) -> None:
    """A stranger is told what to ask for."""
    dsn, administrator = plain_owner
    await administrator.execute(
        f"alter database {await administrator.fetchval('select current_database()')} owner to current_user"
    )
    assert database
    with pytest.raises(MigrationError, match=r"does not own the database; .* ALTER DATABASE"):
        await _migrate(dsn)


async def _make_sure_of_role(administrator: asyncpg.Connection) -> None:
    if not await administrator.fetchval("select 1 from pg_roles where rolname = 'creditledger_service'"):
        await administrator.execute("create role creditledger_service nologin")
