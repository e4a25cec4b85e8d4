"""A second ledger is the first one as it was, to the last byte of every row, and goes on as a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import asyncpg
import pytest

from eventstore.archive.lines import ArchiveError
from eventstore.copying.cuts import NoSuchPlace
from eventstore.copying.target import TargetRefused
from eventstore.database import create_pool
from eventstore.migrate import MigrationError
from eventstore.postgres import PostgresStore
from eventstore.records import Corrupt
from eventstore.verify import verify_chain
from projections.registry import PROJECTIONS
from projections.verify import differences
from service.copying import create_archive, replay
from service.handling.translation import Translator
from service.local_api import open_local_api
from service.operations import init
from service.settings import Settings
from tests.support.databases import administer, empty_database
from tests.support.history import SURNAME, Moment, living, moment_of
from tests.support.projecting import LANE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.copying import Copied


class Past(NamedTuple):
    """A ledger and what it held at some positions, the last one being its head."""

    settings: Settings
    moments: list[Moment]


def _settings(dsn: str) -> Settings:
    return Settings(dsn=dsn, partition_positions=40, log_level="error")


@pytest.fixture
async def past(server_dsn: str) -> AsyncIterator[Past]:
    """A random history, and four of its moments."""
    async with empty_database(server_dsn) as dsn:
        settings = _settings(dsn)
        moments = []
        async with living(settings) as history:
            for _ in range(4):
                await history.go_on()
                moments.append(await moment_of(dsn))
        moments[-1] = await moment_of(dsn)  # closing a ledger may leave something in it
        yield Past(settings, moments)


@pytest.fixture
async def target(server_dsn: str) -> AsyncIterator[str]:
    """An empty database."""
    async with empty_database(server_dsn) as dsn:
        yield dsn


async def _replay(
    past: Past, into: str, place: int | None = None, archive: Path | None = None, *, personal: bool = True
) -> Copied:
    return await replay(past.settings, into, place, archive, lambda *_: None, personal=personal)


async def _archive(past: Past, folder: Path, *, personal: bool = True) -> Path:
    done = await create_archive(past.settings, folder, None, None, lambda *_: None, personal=personal)
    assert done.path is not None
    return done.path


def _assert_same(copy: Moment, original: Moment) -> None:
    """Every row of the log, of what stands beside it, and of every read model."""
    assert copy.position == original.position
    assert copy.log == original.log
    assert copy.read_models == original.read_models
    assert all(copy.log.values())


async def _assert_proven(dsn: str) -> None:
    """The chain holds to the head, and every read model is what the log says."""
    pool = await create_pool(dsn, size_max=4, statement_timeout_ms=10_000)
    try:
        async with pool.acquire() as connection:
            assert (await verify_chain(connection, LANE)).problem is None
        decoder = Translator(PostgresStore(pool, lane=LANE)).decode
        for projection in PROJECTIONS:
            assert await differences(pool, projection, decoder, LANE) == []
    finally:
        await pool.close()


async def test_a_replay_is_the_ledger_as_it_was(past: Past, server_dsn: str) -> None:
    """At the head and at two earlier positions: the same rows, provable, and ready to go on."""
    for moment in (past.moments[-1], past.moments[0], past.moments[2]):
        async with empty_database(server_dsn) as dsn:
            done = await _replay(past, dsn, moment.position)
            assert done.end.position == moment.position
            _assert_same(await moment_of(dsn), moment)
            await _assert_proven(dsn)
            await _assert_alive(dsn)


async def _assert_alive(dsn: str) -> None:
    """New writes work, and what was unique still is."""
    settings = _settings(dsn)
    await init(settings)
    async with open_local_api(settings) as api:
        client = (await api("GetClients"))["clients"]["client"][0]
        before = (await api("GetClientsDetails", {"clientid": client["id"]}))["credit"]
        answer = await api("AddCredit", {"clientid": client["id"], "amount": "1.00", "description": "new"})
        assert round(float(answer["newbalance"]) - float(before), 2) == 1
        new = {"firstname": "N", "lastname": "N", "email": client["email"], "skipvalidation": "true"}
        assert (await api("AddClient", new))["message"].startswith("A user already exists")
        made = await api("AddClient", {**new, "email": "n@example.com"})
        assert int(made["clientid"]) > int(client["id"])


async def test_an_archive_is_as_good_as_the_ledger(past: Past, server_dsn: str, tmp_path: Path) -> None:
    """From an archive with keys, of everything: the head and an earlier position, to the last byte."""
    archive = await _archive(past, tmp_path)
    for moment in (past.moments[-1], past.moments[1]):
        async with empty_database(server_dsn) as dsn:
            await _replay(past, dsn, moment.position, archive)
            _assert_same(await moment_of(dsn), moment)
            await _assert_proven(dsn)


async def test_without_keys_there_is_no_person(past: Past, target: str, tmp_path: Path) -> None:
    """The same log and balances from an archive without keys; personal columns as after an erasure."""
    await _replay(past, target, archive=await _archive(past, tmp_path, personal=False))
    original, copy = past.moments[-1], await moment_of(target)
    assert SURNAME.casefold() in str(original.read_models).casefold()
    assert SURNAME.casefold() not in str(copy).casefold()
    for table in ("event", "block", "receipt", "key", "released_key", "stream", "lane"):
        assert copy.log[table] == original.log[table]
    assert copy.log["subject_key"] == copy.log["secret"] == []
    for table, held in original.read_models.items():
        if not table.startswith(("clients.", "contacts.")):
            assert copy.read_models[table] == held
    await _assert_proven(target)


async def test_a_position_inside_a_block_means_the_block(past: Past, target: str) -> None:
    """The copy ends where the chain does, and says so."""
    block = next(row for row in past.moments[-1].log["block"] if row[1] > row[2])
    done = await _replay(past, target, block[2])
    assert (done.asked, done.end.position) == (block[2], block[1])
    await _assert_proven(target)


async def test_only_an_empty_database_is_a_target(past: Past, target: str) -> None:
    """Neither the source itself, nor one with anything in it, and it is left as it was."""
    source = past.settings.dsn
    assert source is not None
    with pytest.raises(TargetRefused, match="the database that is to be copied"):
        await _replay(past, source.get_secret_value())
    await administer(target, "create table public.mine (id int)")
    with pytest.raises(TargetRefused, match="not empty"):
        await _replay(past, target)
    assert await _tables(target) == ["mine"]
    assert (await moment_of(source.get_secret_value())).position == past.moments[-1].position


async def _tables(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        found = await connection.fetch(
            "select tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
        )
    finally:
        await connection.close()
    return [row["tablename"] for row in found]


async def test_what_cannot_be_copied_leaves_no_trace(past: Past, target: str, tmp_path: Path) -> None:
    """A position that is not there and an archive that is damaged or only a part: nothing is touched."""
    head = past.moments[-1].position
    for place in (head + 1, 0):
        with pytest.raises(NoSuchPlace):
            await _replay(past, target, place)
    archive = await _archive(past, tmp_path)
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArchiveError):
        await _replay(past, target, archive=archive)
    archive.unlink()
    part = await create_archive(past.settings, archive, 5, None, lambda *_: None, personal=True)
    with pytest.raises(ArchiveError, match="begins at position"):
        await _replay(past, target, archive=part.path)
    assert await _tables(target) == []


async def test_a_log_that_does_not_verify_is_not_copied(past: Past, target: str, tmp_path: Path) -> None:
    """One changed byte in an event: no archive, and a target that nobody can mistake for a ledger."""
    source = past.settings.dsn
    assert source is not None
    connection = await asyncpg.connect(source.get_secret_value())
    await connection.execute("set session_replication_role = replica")
    await connection.execute(
        "update es.event set data = replace(data::text, '{', '{ ')::json where position = 9"
    )
    await connection.close()
    with pytest.raises(Corrupt, match="position 9: the event does not hash"):
        await _archive(past, tmp_path)
    assert not any(Path(tmp_path).iterdir())  # noqa: ASYNC240 -- a look at the disk
    with pytest.raises(Corrupt, match="position 9: the event does not hash"):
        await _replay(past, target)
    settings = _settings(target)
    for use in (init(settings), _open(settings)):
        with pytest.raises(MigrationError, match="was not finished"):
            await use
    with pytest.raises(TargetRefused, match="was not finished"):
        await _replay(past, target)


async def _open(settings: Settings) -> None:
    async with open_local_api(settings):
        pass
