"""The record of refusals in PostgreSQL: batches, quotas, floods, repetitions, and what it survives."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from eventstore.database import connect
from eventstore.records import Unavailable
from eventstore.refusals import ACCESS, COMMAND, Wanted
from service.handling.refusals import NOT_REMEMBERED, RefusalLimits, Refusals, Refused
from tests.support.proposals import proposal

if TYPE_CHECKING:
    from eventstore.postgres import PostgresStore
    from eventstore.refusals import PastRefusal

LIMITS = RefusalLimits(rows_max=40, access_rows_max=20, queue_max=1000)
EVERYTHING = Wanted()
WAITING = "from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
NO = Refused(
    kind=COMMAND,
    action="AddCredit",
    code="credit_too_low",
    message="Amount exceeds customer credit balance",
    credential="key",
    admin_id=1,
    address="192.0.2.7",
    client_id=7,
    amount=500,
)
STRANGER = Refused(
    kind=ACCESS,
    action="GetCredits",
    code="not_authenticated",
    message="Authentication Failed",
    address="198.51.100.9",
)


@pytest.fixture
def refusals(pool: asyncpg.Pool, store: PostgresStore) -> Refusals:
    """A record with small quotas; nobody writes it in the background."""
    return Refusals(pool, store, LIMITS)


async def all_of(refusals: Refusals, wanted: Wanted = EVERYTHING) -> list[PastRefusal]:
    """The rows, the newest first."""
    return await refusals.read(wanted, 0, await refusals.count(wanted))


async def test_a_refusal_is_kept_as_it_was(refusals: Refusals, pool: asyncpg.Pool) -> None:
    """Who, what, why, about what, in which request; stamped by the database's clock."""
    before = await pool.fetchval("select clock_timestamp()")
    refusals.remember(NO, "request-1")
    (row,) = await all_of(refusals)
    assert row[4:] == (
        1,
        "AddCredit",
        "credit_too_low",
        "Amount exceeds customer credit balance",
        "account-7",
        {"client_id": 7, "amount": 500},
        "key",
        1,
        "192.0.2.7",
        "request-1",
    )
    assert row.kind == COMMAND
    assert before - timedelta(seconds=1) < row.first_at == row.last_at
    assert row.last_at <= await pool.fetchval("select clock_timestamp()")


async def test_rows_are_found_by_what_is_asked(refusals: Refusals, store: PostgresStore) -> None:
    """By account, also of an invoice alone; by invoice, code, kind and time."""
    await store.append([proposal("account-9", 0, claims=("invoice:17",))])
    refusals.remember(NO, "a")
    refusals.remember(replace(NO, client_id=0, invoice_id=17, code="more_than_due"), "b")
    refusals.remember(STRANGER, "c")
    assert await refusals.count(EVERYTHING) == 3
    assert [row.request_id for row in await all_of(refusals, Wanted(stream="account-7"))] == ["a"]
    assert [row.request_id for row in await all_of(refusals, Wanted(stream="account-9"))] == ["b"]
    assert [row.request_id for row in await all_of(refusals, Wanted(about={"invoice_id": 17}))] == ["b"]
    assert [row.request_id for row in await all_of(refusals, Wanted(code="more_than_due"))] == ["b"]
    (stranger,) = await all_of(refusals, Wanted(kind=ACCESS))
    assert not await all_of(refusals, Wanted(until=stranger.last_at, since=stranger.last_at))
    assert await all_of(refusals, Wanted(since=stranger.last_at))


async def test_texts_are_made_harmless(refusals: Refusals) -> None:
    """What PostgreSQL or a terminal cannot take does not keep the others from the record."""
    refusals.remember(replace(NO, message="a\x00b\ud800c\n" + "x" * 5000, address="é\x1b"), "r\x00")
    refusals.remember(replace(STRANGER, message="\ud800"), "stranger")
    refusals.remember(NO, "plain")
    rows = await all_of(refusals)
    assert {row.request_id for row in rows} == {"r ", "stranger", "plain"}
    assert next(row for row in rows if row.request_id == "r ").message.startswith("a b c xxx")


async def test_the_same_again_is_counted(refusals: Refusals) -> None:
    """Callers who are not let in: one row for an hour of the same. Commands: only what waits together."""
    for _ in range(3):
        refusals.remember(NO, "a")
        refusals.remember(STRANGER, "b")
    await refusals.flush()
    refusals.remember(NO, "c")
    refusals.remember(STRANGER, "d")
    refusals.remember(replace(STRANGER, address="198.51.100.10"), "e")
    rows = [(row.kind, row.times, row.request_id) for row in await all_of(refusals)]
    assert sorted(rows) == [
        (ACCESS, 1, "e"),
        (ACCESS, 4, "b"),
        (COMMAND, 1, "c"),
        (COMMAND, 3, "a"),
    ]


async def test_a_flood_pushes_nothing_out(refusals: Refusals, pool: asyncpg.Pool) -> None:
    """100,000 wrong secrets from 50,000 addresses: the commands refused before stay, what is kept is bounded,
    and what was not kept is counted: nothing is lost in silence.
    """
    refusals.remember(NO, "before")
    await refusals.flush()
    for number in range(100_000):
        refusals.remember(replace(STRANGER, address=f"198.51.{number % 50_000}"), "flood")
        if number % 20_000 == 0:
            await refusals.flush()
    await refusals.flush()
    assert sum(row.times for row in await all_of(refusals, Wanted(kind=ACCESS))) == 100_000
    assert sum(row.times for row in await all_of(refusals, Wanted(code=NOT_REMEMBERED))) > 90_000
    await refusals.prune()
    assert len(await all_of(refusals, Wanted(kind=ACCESS))) == LIMITS.access_rows_max
    assert [row.request_id for row in await all_of(refusals, Wanted(kind=COMMAND))] == ["before"]
    assert await pool.fetchval("select count(*) from es.refusal") == LIMITS.access_rows_max + 1


async def test_the_oldest_are_forgotten(refusals: Refusals, ledger_dsn: str) -> None:
    """Of each kind the newest stay, as many as its quota; and nothing that is too old."""
    for number in range(50):
        refusals.remember(replace(NO, amount=number + 1), str(number))
    await refusals.flush()
    assert await refusals.prune() == 10
    rows = await all_of(refusals)
    assert [row.request_id for row in rows] == [str(number) for number in range(49, 9, -1)]
    owner = await connect(ledger_dsn, as_service=False)
    try:
        await owner.execute(
            "update es.refusal set first_at = first_at - interval '401 days',"
            " last_at = last_at - interval '401 days' where request_id < '3'"
        )
    finally:
        await owner.close()
    gone = sum(row.request_id < "3" for row in rows)
    assert await refusals.prune() == gone
    assert len(await all_of(refusals)) == 40 - gone


async def test_pruning_happens_by_itself(pool: asyncpg.Pool, store: PostgresStore) -> None:
    """The background task prunes once a part of the quota was written; nobody has to ask."""
    refusals = Refusals(pool, store, LIMITS)
    task = asyncio.create_task(refusals.run())
    for number in range(200):
        refusals.remember(replace(NO, amount=number + 1), str(number))
    async with asyncio.timeout(20):
        while await pool.fetchval("select coalesce(max(refusal_id), 0) from es.refusal") < 200:
            pass  # the question itself takes its time
        while await pool.fetchval("select count(*) from es.refusal") > LIMITS.rows_max:
            pass
    task.cancel()
    await asyncio.wait([task])


async def test_a_pruning_that_failed_is_done_again(
    pool: asyncpg.Pool, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was to be forgotten is still counted when the database is away just then."""
    refusals = Refusals(pool, store, LIMITS)
    for number in range(100):
        refusals.remember(replace(NO, amount=number + 1), str(number))
    await refusals.flush()
    with monkeypatch.context() as patched:

        async def away(*_: object) -> int:
            raise Unavailable("away")

        patched.setattr("eventstore.refusals.prune", away)
        with pytest.raises(Unavailable):
            await refusals.prune()
    task = asyncio.create_task(refusals.run())
    refusals.remember(NO, "one more")
    async with asyncio.timeout(20):
        while await pool.fetchval("select count(*) from es.refusal") > LIMITS.rows_max:
            pass  # the question itself takes its time
    task.cancel()
    await asyncio.wait([task])


async def test_several_processes_share_the_record(pool: asyncpg.Pool, store: PostgresStore) -> None:
    """What four of them write at once is all there, under numbers that never repeat, counted as one."""
    processes = [Refusals(pool, store, RefusalLimits()) for _ in range(4)]
    for number in range(300):
        for who, process in enumerate(processes):
            process.remember(STRANGER, "s")
            process.remember(replace(NO, amount=number + 1), f"{who}-{number}")
    await asyncio.gather(*(process.flush() for process in processes))
    rows = await all_of(processes[0])
    assert len({row.refusal_id for row in rows}) == len(rows) == 1201
    assert {row.request_id for row in rows if row.kind == COMMAND} == {
        f"{who}-{number}" for who in range(4) for number in range(300)
    }
    (stranger,) = (row for row in rows if row.kind == ACCESS)
    assert stranger.times == 1200


async def test_a_database_that_is_away_is_waited_for(refusals: Refusals, ledger_dsn: str) -> None:
    """What cannot be written now is kept, and written once, when the database answers again."""
    refusals.remember(NO, "a")
    owner = await connect(ledger_dsn, as_service=False)
    try:
        async with owner.transaction():
            await owner.execute("set local lock_timeout = '5s'")
            await owner.execute("lock es.refusal in access exclusive mode")
            writing = asyncio.create_task(refusals.flush())
            while not await owner.fetch(f"select pg_terminate_backend(pid) {WAITING}"):
                pass  # the question itself takes its time
            with pytest.raises(Unavailable):
                await writing
    finally:
        await owner.close()
    refusals.remember(replace(NO, amount=6), "b")
    await refusals.flush()
    await refusals.flush()
    assert sorted((row.request_id, row.times) for row in await all_of(refusals)) == [("a", 1), ("b", 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "insert into es.refusal select * from es.refusal",
        "update es.refusal set code = ''",
        "delete from es.refusal",
        "truncate es.refusal",
    ],
)
async def test_the_service_writes_by_functions_only(pool: asyncpg.Pool, statement: str) -> None:
    """Its role can neither change nor remove a row but by pruning."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)
