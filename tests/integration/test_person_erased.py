"""A person is forgotten, the account goes on: in read models, keys, names given back, and replays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from eventstore.verify import verify_chain
from projections.rebuild import rebuild
from projections.registry import PROJECTIONS
from projections.schema import prepare
from projections.verify import differences
from service.copying import replay
from service.domain.cancellation_commands import CancellationKind, RequestCancellation
from service.domain.client_commands import AddContact, ChangeAccount, ChangeContact, ErasePerson
from service.domain.commands import AddCredit
from service.settings import Settings
from tests.support.databases import empty_database
from tests.support.endings import registration
from tests.support.history import moment_of
from tests.support.ledger_log import LedgerLog
from tests.support.projecting import LANE, NEVER, projecting, rows

if TYPE_CHECKING:
    import asyncpg

    from eventstore.postgres import PostgresStore

SECRET = "Lovelace-Secret"
OLD, NEW = f"email:{'0a' * 32}", f"email:{'0b' * 32}"
CHANGE = ChangeAccount(
    profile={"last_name": SECRET, "email": f"{SECRET}@example.org", "custom_fields": '{"3":"blue"}'},
    email_name=NEW,
    names={1: OLD},
    flags={"tax_exempt": True},
)
ERASE = ErasePerson(names={2: NEW})
SERVICE = registration(7)
ENDING = RequestCancellation(service_id=7, kind=CancellationKind.END_OF_PERIOD, reason=SECRET)


@pytest.fixture
async def log(store: PostgresStore) -> LedgerLog:
    """Two clients; the first has personal data wherever it may stand."""
    log = LedgerLog(store)
    for _ in range(2):
        await log.open_account()
    await log.command(1, CHANGE)
    await log.command(1, AddCredit(amount=1000, description="Goodwill"))
    await log.command(1, AddContact(profile={"first_name": SECRET}))
    await log.command(1, ChangeContact(contact_id=1, profile={"city": SECRET}, flags={"mail_domain": False}))
    return log


async def _everything(pool: asyncpg.Pool) -> dict[str, list[tuple[Any, ...]]]:
    async with pool.acquire() as connection:
        return await rows(connection)


async def _prove(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """The chain is whole; every read model is what the log says, and what a rebuild gives."""
    async with pool.acquire() as connection:
        assert (await verify_chain(connection, LANE)).problem is None
    before = await _everything(pool)
    for projection in PROJECTIONS:
        assert await differences(pool, projection, log.translator.decode, LANE) == []
        await rebuild(pool, projection, {LANE: log.translator.decode})
    assert await _everything(pool) == before


@pytest.mark.parametrize("batch_events_max", [1, 2000])
@pytest.mark.parametrize("is_followed", [True, False])
async def test_only_the_personal_columns_go(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog, *, batch_events_max: int, is_followed: bool
) -> None:
    """Projected one by one or at once, before or after the key is gone: the same rows, and all else stays."""
    await prepare(pool, LANE)
    decode = log.translator.decode
    await log.command(1, SERVICE)
    await log.command(1, ENDING)
    async with projecting(pool, ledger_dsn, decode, batch_events_max=batch_events_max) as runner:
        await runner.wait_until(log.head, NEVER)
        before = await _everything(pool)
        assert SECRET in str(before)
        if is_followed:
            await log.command(1, ERASE)
            await runner.wait_until(log.head, NEVER)
    if not is_followed:
        await log.command(1, ERASE)
        async with projecting(pool, ledger_dsn, decode, batch_events_max=batch_events_max) as runner:
            await runner.wait_until(log.head, NEVER)
    after = await _everything(pool)
    assert SECRET.casefold() not in str(after).casefold()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"cancellations.cancellation", "clients.client", "contacts.contact"}
    for name in changed:
        assert len(after[name]) == len(before[name])
    await _prove(pool, log)


async def test_keys_and_names_of_the_person_go(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """The key, the address that is claimed, and those given back before; other people's stay."""
    assert [row["name"] for row in await pool.fetch("select name from es.released_key")] == []
    other = ChangeAccount(profile={"email": "o@example.org"}, email_name=OLD, names={1: ""})
    await log.command(2, other)
    await log.command(
        2, ChangeAccount(profile={"email": "p@example.org"}, names={2: OLD}, email_name="email:c")
    )
    assert [tuple(row) for row in await pool.fetch("select name, stream_id from es.released_key")] == [
        (OLD, "account-2")
    ]
    await log.command(1, ChangeAccount(profile={"email": "q@example.org"}, email_name=OLD, names={2: NEW}))
    assert await pool.fetchval("select count(*) from es.released_key where stream_id = 'account-1'") == 1
    await log.command(1, ErasePerson(names={7: OLD}))
    held = await pool.fetch("select name, stream_id from es.key where name like 'email:%'")
    assert [tuple(row) for row in held] == [("email:c", "account-2")]
    released = await pool.fetch("select name, stream_id from es.released_key")
    assert [tuple(row) for row in released] == [(OLD, "account-2")]
    keys = await pool.fetch("select subject, key is null as gone from es.subject_key order by subject")
    assert [tuple(row) for row in keys] == [("account-1", True), ("account-2", False)]


async def test_a_replay_to_before_the_erasure_gives_nobody_back(
    pool: asyncpg.Pool, ledger_dsn: str, server_dsn: str, log: LedgerLog
) -> None:
    """The log as it was then, balances too, and the person as unknown as now."""
    before = log.head
    await log.command(1, ERASE)
    async with empty_database(server_dsn) as dsn:
        settings = Settings(dsn=ledger_dsn)
        await replay(settings, dsn, before, None, lambda *_: None, personal=True)
        copy = await moment_of(dsn)
    assert copy.position == before
    assert SECRET.casefold() not in str(copy).casefold()
    assert ("account-1", True) in [(row[1], row[2] is None) for row in copy.log["subject_key"]]
    assert [row[2:] for row in copy.read_models["balances.balance"]] == [("EUR", 1000), ("EUR", 0)]
    assert await pool.fetchval("select count(*) from es.event where position <= $1", before) == before
