"""The schema is brought up to date safely, by however many processes at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from eventstore import migrate as module
from eventstore.database import connect
from eventstore.migrate import MIGRATIONS, MigrationError, is_current, migrate

if TYPE_CHECKING:
    from pathlib import Path


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
