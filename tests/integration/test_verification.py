"""The complete check names what somebody with all rights did to a ledger, and says how far it holds."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from eventstore.database import create_pool
from eventstore.note import TreeHead
from projections.registry import PROJECTIONS
from service.audit.report import Ask, Report, State
from service.audit.verification import CONNECTIONS_MAX, LOG_PARTS, PARTS, verify
from service.core import open_core
from service.operations import operator_call, rebuild
from tests.support.damage import LANE, damage, forge_chain
from tests.support.damages import DAMAGES, Damage
from tests.support.databases import administer
from tests.support.mixed_history import act, settings_for, write_history
from tests.support.postgres import with_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence


_READS: Sequence[tuple[str, dict[str, Any]]] = (
    ("GetStats", {}),
    ("GetContacts", {}),
    ("GetCancelledPackages", {}),
)
"""They wait for all read models."""


@pytest.fixture(scope="module")
def template(server_dsn: str) -> Iterator[str]:
    """A database with a history, to be copied and not used."""
    name = f"history_{uuid.uuid4().hex}"
    asyncio.run(administer(server_dsn, f"CREATE DATABASE {name}"))
    asyncio.run(write_history(with_database(server_dsn, name)))
    yield name
    asyncio.run(administer(server_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def dsn(server_dsn: str, template: str) -> AsyncIterator[str]:
    """A ledger of its own with that history."""
    name = f"test_{uuid.uuid4().hex}"
    await administer(server_dsn, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
    await administer(server_dsn, f"GRANT CREATE ON DATABASE {name} TO creditledger_service")
    yield with_database(server_dsn, name)
    await administer(server_dsn, f"DROP DATABASE {name} WITH (FORCE)")


async def check(dsn: str, *, as_service: bool = True, **asked: Any) -> Report:
    """The report of a check."""
    async with _pool(dsn, as_service=as_service) as pool:
        return await verify(pool, LANE, Ask(**asked))


@asynccontextmanager
async def _pool(dsn: str, *, as_service: bool) -> AsyncIterator[asyncpg.Pool]:
    pool = await create_pool(
        dsn, size_max=CONNECTIONS_MAX, statement_timeout_ms=10_000, as_service=as_service
    )
    yield pool
    await pool.close()


async def _value(dsn: str, query: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def wrong(report: Report) -> dict[str, list[str]]:
    """The problems of each part that has any."""
    return {part.name: [str(each) for each in part.findings] for part in report.parts if part.findings}


async def test_an_untouched_ledger_holds(dsn: str) -> None:
    """Every part is checked, twice with the same result, and the report says where the log ends."""
    for _ in range(2):
        report = await check(dsn)
        assert (wrong(report), report.unchecked) == ({}, [])
        assert tuple(part.name for part in report.parts) == PARTS
        assert report.position > 20
        assert report.root is not None
        assert report.as_json()["result"] == "ok"


@pytest.mark.parametrize("damages", DAMAGES.values(), ids=list(DAMAGES))
async def test_damage_is_named(dsn: str, damages: Sequence[Damage]) -> None:
    """Each kind of damage is found by the part that is about it, which names the place."""
    await damage(dsn, *(each.statement for each in damages))
    found = wrong(await check(dsn))
    missed = [each for each in damages if not any(each.place in text for text in found.get(each.part, []))]
    assert not missed, found


async def test_a_row_of_every_table_of_every_read_model(dsn: str) -> None:
    """Whatever tables a read model has, one changed row in each of them is named with table and column."""
    changed: list[tuple[str, str]] = []
    connection = await asyncpg.connect(dsn)
    for projection in PROJECTIONS:
        for table, key in projection.tables.items():
            columns = await connection.fetch(
                "select column_name as name, data_type as type from information_schema.columns "
                "where table_schema = $1 and table_name = $2 order by ordinal_position",
                projection.schema,
                table,
            )
            # Of a table that is all key the last column is changed: that row is not in the log then.
            others = [row for row in columns if row["name"] not in (*key, "lane", "client_id")]
            name, kind = (others or columns[-1:])[0]
            value = {"bigint": f"{name} + 1", "boolean": f"not {name}"}.get(kind, "'tampered'")
            live = f"{projection.schema}.{table}"
            await connection.execute("set session_replication_role = replica")
            done = await connection.execute(
                f"update {live} set {name} = {value} where ctid = (select min(ctid) from {live})"
            )
            assert done == "UPDATE 1", f"the history puts no row into {live}"
            changed.append((f"{projection.name}.{table}", name if others else ""))
    await connection.close()
    report = await check(dsn)
    named = {(finding.table, column) for finding in report.findings for column in finding.columns or ("",)}
    assert set(changed) <= named


async def test_snapshots(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots that were really kept hold, whatever came since; one changed number is named."""
    monkeypatch.setattr("service.handling.sessions.SNAPSHOT_EVENTS", 1)
    for client in (1, 2):
        await act(dsn, ("AddCredit", {"clientid": client, "amount": "1.00", "description": "x"}))
    assert wrong(await check(dsn)) == {}
    assert await _value(dsn, "select count(*) from es.snapshot") == 2
    more = "jsonb_set(state::jsonb, '{balance}', '900000')::json"
    await damage(dsn, f"update es.snapshot set state = {more} where stream_id = 'account-2'")
    found = wrong(await check(dsn))
    assert list(found) == ["snapshots"]
    assert found["snapshots"][0].startswith("es.snapshot stream_id=account-2: is not what versions 1 to ")
    assert found["snapshots"][0].endswith(" fold to: balance")


async def test_a_copy_may_be_without_keys(dsn: str) -> None:
    """What is older than the database that it lies in came with a copy: said, and not called wrong."""
    await damage(
        dsn,
        "update public.creditledger_migration set applied_at = now()",
        "delete from es.subject_key where subject = 'account-1'",
        "update es.subject_key set key = null, destroyed_at = now() - interval '1 day'"
        " where subject = 'account-2'",
    )
    report = await check(dsn)
    part = next(part for part in report.parts if part.name == "personal keys")
    assert (part.state, part.note) == (State.HOLDS, "2 have no key since before this copy was made")


async def test_the_checkpoint_beside_the_signing_key(dsn: str) -> None:
    """What the database cannot change tells of a history that was made anew, in incremental checks, too."""
    before = await check(dsn)
    assert before.kept_compared is None
    await act(dsn, ("AddCredit", {"clientid": 2, "amount": "1.00", "description": "x"}), ("GetStats", {}))
    newer = await check(dsn, is_incremental=True)
    kept = TreeHead("ledger", newer.position, newer.root or b"")
    report = await check(dsn, kept=kept)
    assert (wrong(report), report.kept_compared) == ({}, newer.position)
    await act(dsn, ("AddCredit", {"clientid": 2, "amount": "2.00", "description": "y"}), ("GetStats", {}))
    kept = TreeHead("ledger", newer.position + 1, b"another")
    found = wrong(await check(dsn, kept=kept))
    assert list(found) == ["tree"]
    assert "history is not the one that was signed" in found["tree"][0]


async def test_a_tail_that_was_cut_off(dsn: str) -> None:
    """A shorter log that is whole in itself is found by whoever noted a later head, or has a checkpoint."""
    before = await check(dsn)
    last = "(select max(last_position) from es.block)"
    first = f"(select first_position from es.block where last_position = {last})"
    await damage(
        dsn,
        f"delete from es.event where position >= {first}",
        f"delete from es.receipt where last_position = {last}",
        f"delete from es.block where last_position = {last}",
    )
    await forge_chain(dsn)
    assert "chain" not in wrong(await check(dsn))
    found = wrong(await check(dsn, expected={before.position: before.head_hash}))
    assert "its tail is gone" in found["chain"][0]
    head = TreeHead("ledger", before.position, before.root or b"")
    assert "its tail is gone" in wrong(await check(dsn, tree_heads=(head,)))["tree"][0]


async def test_a_history_that_was_computed_anew(dsn: str) -> None:
    """A forged chain with rebuilt read models holds in itself; a head or checkpoint from outside tells."""
    before = await check(dsn)
    await damage(
        dsn, "update es.event set data = replace(data::text, 'Bank', 'Bonk')::json where position = 5"
    )
    await forge_chain(dsn)
    for projection in PROJECTIONS:
        await rebuild(settings_for(dsn), projection.name, lambda _done, _all: None)
    assert wrong(await check(dsn)) == {}
    found = wrong(await check(dsn, expected={before.position: before.head_hash}))
    assert list(found) == ["chain"]
    assert f"position {before.position}: the head was expected" in found["chain"][0]
    head = TreeHead("ledger", before.position, before.root or b"")
    found = wrong(await check(dsn, tree_heads=(head,)))
    assert list(found) == ["tree"]
    assert "history is not the one that was signed" in found["tree"][0]
    assert wrong(await check(dsn, tree_heads=(TreeHead("ledger", 4, b""),)))


async def test_a_clock_that_was_set_back(dsn: str) -> None:
    """Times that run backwards are named, though every hash is right."""
    early = "'2001-01-01 00:00:00+00'"
    await damage(
        dsn,
        f"update es.event set recorded_at = {early} where position between 5 and 5",
        f"update es.block set recorded_at = {early} where last_position = 5",
        f"update es.receipt set recorded_at = {early} where last_position = 5",
    )
    await forge_chain(dsn)
    found = wrong(await check(dsn))
    assert list(found) == ["chain"]
    assert found["chain"][0].startswith("es.block position 5: ")
    assert "the time runs backwards" in found["chain"][0]


async def test_incremental_goes_on_where_the_last_check_ended(dsn: str) -> None:
    """Only what came since is looked at: older damage is not seen until its account changes, or in full."""
    full = await check(dsn)
    await act(dsn, ("AddCredit", {"clientid": 2, "amount": "1.00", "description": "x"}), ("GetStats", {}))
    report = await check(dsn, is_incremental=True)
    assert (report.after, wrong(report)) == (full.position, {})
    assert report.position > full.position
    await act(dsn, ("AddCredit", {"clientid": 2, "amount": "1.00", "description": "y"}), ("GetStats", {}))
    await damage(dsn, "update projection_credits.credit set amount = 1 where client_id = 1")
    assert wrong(await check(dsn, is_incremental=True)) == {}
    await act(dsn, ("AddCredit", {"clientid": 1, "amount": "1.00", "description": "z"}), ("GetStats", {}))
    assert {"credits", "credit sums"} <= wrong(await check(dsn, is_incremental=True)).keys()
    assert {"credits", "credit sums"} <= wrong(await check(dsn)).keys()


async def test_incremental_sees_a_chain_that_is_another_one(dsn: str) -> None:
    """The point that was verified must still be in the chain."""
    await check(dsn)
    await damage(
        dsn, "update es.event set data = replace(data::text, 'Bank', 'Bonk')::json where position = 5"
    )
    await forge_chain(dsn)
    assert "verified before" in wrong(await check(dsn, is_incremental=True))["chain"][0]


async def test_an_interrupted_check_is_gone_on_with(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that were done are not done again; those that were not, and what came since, are."""
    with monkeypatch.context() as patched:

        async def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr("service.audit.verification.check_names", interrupted)
        with pytest.raises(KeyboardInterrupt):
            await check(dsn)
    await act(dsn, ("AddCredit", {"clientid": 2, "amount": "1.00", "description": "x"}), ("GetStats", {}))
    report = await check(dsn, resume=True)
    after = {part.name: part.after for part in report.parts}
    assert after["chain"] == after["receipts"] > 0
    assert after["names"] == after["balances"] == 0
    assert wrong(report) == {}
    assert {part.after for part in (await check(dsn, resume=True)).parts} == {0}


@pytest.mark.parametrize("is_incremental", [False, True])
@pytest.mark.parametrize("is_deleted", [False, True])
async def test_read_models_that_have_not_come_to_an_erasure(
    dsn: str, *, is_deleted: bool, is_incremental: bool
) -> None:
    """What they still show and the log cannot tell is no damage: not checked, proven once they followed."""
    await check(dsn)
    await act(dsn, ("UpdateClient", {"clientid": 1, "city": "Paris"}), *_READS)
    async with open_core(settings_for(dsn), dsn) as core:
        await (
            core.clients.delete(1, operator_call(), with_transactions=False)
            if is_deleted
            else core.clients.erase(1, operator_call())
        )
    report = await check(dsn, is_incremental=is_incremental)
    assert (wrong(report), report.as_json()["result"]) == ({}, "incomplete")
    assert {part.name for part in report.unchecked} == {"clients", "contacts", "cancellations"}
    assert all("before somebody was erased" in part.note for part in report.unchecked)
    if not is_incremental:  # which looks at the accounts that changed, and at no other
        await damage(dsn, "update projection_clients.client set group_id = 77 where client_id = 2")
        found = wrong(await check(dsn))
        assert found.keys() == {"clients"}
        assert all("client_id=2" in text for text in found["clients"])
        await damage(dsn, "update projection_clients.client set group_id = 0 where client_id = 2")
    await act(dsn, *_READS)
    report = await check(dsn, is_incremental=is_incremental)
    assert (wrong(report), report.unchecked) == ({}, [])


async def test_somebody_who_may_only_read(server_dsn: str, dsn: str) -> None:
    """With nothing but the right to read everything is checked, and nothing is kept."""
    name = f"reader_{uuid.uuid4().hex[:8]}"
    await administer(dsn, f"CREATE ROLE {name} LOGIN PASSWORD 'reader' IN ROLE pg_read_all_data")
    try:
        reader = _as_user(dsn, name, "reader")
        report = await check(reader, as_service=False)
        assert (wrong(report), report.unchecked, report.is_kept) == ({}, [], False)
        await administer(dsn, f"REVOKE pg_read_all_data FROM {name}")
        await administer(dsn, f"GRANT USAGE ON SCHEMA es TO {name}")
        await administer(dsn, f"GRANT SELECT ON es.lane, es.event, es.block, es.subscription TO {name}")
        report = await check(reader, as_service=False)
        unchecked = {part.name: part.state for part in report.parts}
        assert unchecked["balances"] is State.UNCHECKED
        assert report.as_json()["result"] == "incomplete"
    finally:
        await administer(dsn, f"DROP OWNED BY {name}")
        await administer(server_dsn, f"DROP ROLE {name}")


def _as_user(dsn: str, name: str, password: str) -> str:
    parts = urlsplit(dsn)
    query = "&".join(
        each for each in parts.query.split("&") if each and not each.startswith(("user=", "password="))
    )
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host, query=f"{query}&user={name}&password={password}"))


def test_every_read_model_is_a_part() -> None:
    """There is none without a verifier."""
    assert {projection.name for projection in PROJECTIONS} <= set(PARTS) - set(LOG_PARTS)
