"""Followers get every event once and in order: what there is, then what comes, with or without NOTIFY."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import asyncpg
import pytest

from eventstore.database import connect
from eventstore.doorbell import Doorbell
from eventstore.postgres import PostgresStore
from eventstore.records import Corrupt, Unavailable
from eventstore.subscription import (
    Checkpoint,
    advance,
    follow,
    halt,
    lock_checkpoints,
    read_after,
    read_bodies_after,
    read_checkpoints,
    subscribe,
)
from tests.support.databases import administer
from tests.support.proposals import proposal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LANE = 0
HOUR_S = 3600.0


@pytest.fixture
async def doorbell(ledger_dsn: str) -> AsyncIterator[Doorbell]:
    """A doorbell that listens."""
    bell = Doorbell(lambda: connect(ledger_dsn), LANE, keepalive_s=HOUR_S)
    task = asyncio.create_task(bell.run())
    await bell.listening()
    yield bell
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_follower_catches_up_and_then_lives_on_the_doorbell(
    pool: asyncpg.Pool, store: PostgresStore, doorbell: Doorbell
) -> None:
    """From any position on: old events in batches, new ones as they are written, nothing twice or missed."""
    await store.append([proposal("thing-1", 0, 5)])
    seen: list[int] = []
    async for events in follow(pool, doorbell, LANE, 1, batch_events_max=3, poll_interval_s=HOUR_S):
        assert len(events) <= 3
        seen += [event.position for event in events]
        if seen[-1] == 5:
            await store.append([proposal("thing-2", 0, 2)])
        if seen[-1] == 7:
            break
    assert seen == [2, 3, 4, 5, 6, 7]


async def test_a_follower_without_notify_polls(pool: asyncpg.Pool, ledger_dsn: str) -> None:
    """With NOTIFY and LISTEN switched off new events are found by looking."""
    store = PostgresStore(pool, lane=LANE, notify=False)
    bell = Doorbell(lambda: connect(ledger_dsn), LANE, listen=False)
    await bell.run()  # nothing to do: returns
    followed = follow(pool, bell, LANE, 0, batch_events_max=10, poll_interval_s=0.001)
    coming = asyncio.ensure_future(anext(followed))
    await store.append([proposal("thing-1", 0, 2)])
    assert [event.position for event in await coming] == [1, 2]


async def test_a_local_ring_needs_no_connection(ledger_dsn: str) -> None:
    """The writer of the same process rings directly; who waits for less than is known waits not at all."""
    bell = Doorbell(lambda: connect(ledger_dsn), LANE, listen=False)
    waiting = asyncio.create_task(bell.wait(6, HOUR_S))
    await asyncio.sleep(0)
    bell.ring(6)
    bell.ring(3)
    assert bell.head == 6
    assert not waiting.done()
    bell.ring(7)
    await waiting
    await bell.wait(6, HOUR_S)
    await bell.wait(7, 0)


async def test_the_doorbell_knows_the_head_before_the_first_ring(
    ledger_dsn: str, store: PostgresStore
) -> None:
    """What was written before it listened, or while its connection was lost, is not missed."""
    await store.append([proposal("thing-1", 0, 3)])
    bell = Doorbell(lambda: connect(ledger_dsn), LANE)
    task = asyncio.create_task(bell.run())
    await bell.listening()
    assert bell.head == 3
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_cut_line_is_mended(
    pool: asyncpg.Pool, ledger_dsn: str, store: PostgresStore, doorbell: Doorbell
) -> None:
    """When its connection is ended by the server the doorbell connects anew and rings for what it missed."""
    await administer(
        ledger_dsn,
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()",
    )
    await pool.expire_connections()
    await store.append([proposal("thing-1", 0, 2)])
    await doorbell.wait(1, HOUR_S)
    assert doorbell.head == 2


async def test_an_unreachable_server_is_tried_again(ledger_dsn: str) -> None:
    """Refusals to connect do not end the doorbell."""
    attempts = 0

    async def reluctant() -> asyncpg.Connection:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise Unavailable("not yet")
        return await connect(ledger_dsn)

    bell = Doorbell(reluctant, LANE)
    task = asyncio.create_task(bell.run())
    await bell.listening()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert attempts == 3


async def test_a_gap_is_noticed(pool: asyncpg.Pool, ledger_dsn: str, store: PostgresStore) -> None:
    """A follower never steps over a missing event, wherever in the batch it is missing."""
    await store.append([proposal("thing-1", 0, 4)])
    owner = await asyncpg.connect(ledger_dsn)
    await owner.execute("set session_replication_role = replica; delete from es.event where position = 3")
    await owner.close()
    async with pool.acquire() as connection:
        assert len(await read_after(connection, LANE, 0, 2)) == 2
        for after, limit in ((0, 10), (2, 1)):
            with pytest.raises(Corrupt, match="position 3 is missing, the next is 4"):
                await read_after(connection, LANE, after, limit)
            with pytest.raises(Corrupt, match="position 3 is missing, the next is 4"):
                await read_bodies_after(connection, LANE, after, limit, ["of no event"])


async def test_a_fold_reads_only_the_types_it_applies(pool: asyncpg.Pool, store: PostgresStore) -> None:
    """Events of other types are passed over, yet counted: the next stretch begins behind them."""
    await store.append([proposal("thing-1", 0, 3)])
    recorded = await store.read_range(1, 3)
    async with pool.acquire() as connection:
        bodies, end = await read_bodies_after(connection, LANE, 1, 10, ["thing.happened", "other"])
        assert [tuple(body) for body in bodies] == [
            (event.position, event.stream, event.type, event.schema_version, event.data)
            for event in recorded[1:]
        ]
        assert end == 3
        assert await read_bodies_after(connection, LANE, 0, 2, ["other"]) == ([], 2)
        assert await read_bodies_after(connection, LANE, 3, 2, ["thing.happened"]) == ([], 3)


async def test_checkpoints_move_by_compare_and_set(pool: asyncpg.Pool) -> None:
    """A checkpoint moves only from where the follower believed it to be, and only while it runs."""
    async with pool.acquire() as connection:
        for _ in range(2):
            await subscribe(connection, LANE, ["a", "b"])
        assert await advance(connection, LANE, ["a", "b"], 0, 5)
        assert not await advance(connection, LANE, ["a"], 0, 6)
        assert not await halt(connection, LANE, "b", 4, "elsewhere")
        assert await halt(connection, LANE, "b", 5, "cannot go on")
        assert not await advance(connection, LANE, ["b"], 5, 6)
        expected = {"a": Checkpoint(5, "running"), "b": Checkpoint(5, "halted")}
        assert await lock_checkpoints(connection, LANE, ["b", "a", "unknown"]) == expected
        assert await read_checkpoints(connection, LANE, ["a", "b"]) == (0, expected)
        assert await read_checkpoints(connection, LANE, ["unknown"]) == (0, {})
        assert await read_checkpoints(connection, 99, ["a"]) == (0, {})
