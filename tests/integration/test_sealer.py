"""The tree in the database is that of the log, checkpoints are signed over it, damage is found and named."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest

from eventstore.database import connect
from eventstore.doorbell import Doorbell
from eventstore.merkle import verify_consistency, verify_inclusion
from eventstore.note import TreeHead, new_signing_key, sign_head, verify_checkpoint
from eventstore.sealer import ForkError, Sealer, SealLimits
from eventstore.signing_keys import KeyFile, KeyFileError
from eventstore.statements import statement
from eventstore.subscription import read_after
from eventstore.tiles import Tile
from eventstore.tree import (
    MissingTile,
    consistency_proof,
    inclusion_proof,
    last_checkpoint,
    read_entries,
    read_root,
    read_tiles,
)
from eventstore.tree_check import TreeCheck, leaf_digest
from tests.support.merkle_model import model_root
from tests.support.proposals import proposal

if TYPE_CHECKING:
    from pathlib import Path

    from eventstore.postgres import PostgresStore
    from eventstore.tree_check import TreeReport

LIMITS = SealLimits(events_max=1000, interval_s=60)
NAME = "ledger.example/0"


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    """A signing key in a file."""
    file = KeyFile(tmp_path / "key")
    assert file.create(new_signing_key(NAME))
    return file


@pytest.fixture
def sealer(pool: asyncpg.Pool, keys: KeyFile) -> Sealer:
    """A sealer that signs."""
    return Sealer(pool, 0, keys, LIMITS)


async def _append(store: PostgresStore, count: int) -> None:
    head = (await store.head()).position
    for _ in range(0, count, 500):
        await store.append([proposal(f"s{head}", 0, min(count, 500))])
        head, count = head + 500, count - 500


async def _digests(pool: asyncpg.Pool, size: int) -> list[bytes]:
    async with pool.acquire() as connection:
        events = await read_after(connection, 0, 0, size)
    return [leaf_digest(0, event.position, event.recorded_at, event.content_hash) for event in events]


async def _report(pool: asyncpg.Pool, keys: KeyFile | None, resume_at: int = 0) -> TreeReport:
    """What a check finds that is fed from the log, put away at `resume_at` and taken up again."""
    digests = await _digests(pool, 100_000)
    vkeys = [key.verifier for key in keys.read()] if keys else []
    async with pool.acquire() as connection:
        check = TreeCheck(connection, 0, vkeys)
        if resume_at:
            await check.add(digests[:resume_at])
            check = TreeCheck(connection, 0, vkeys, check.state())
        await check.add(digests[resume_at:])
        return await check.finish()


async def _damage(dsn: str, statement: str) -> None:
    """Done as the owner, with the triggers switched off."""
    owner = await connect(dsn, as_service=False)
    await owner.execute("set session_replication_role = replica")
    await owner.execute(statement)
    await owner.close()


async def test_the_stored_tree_is_that_of_the_log(
    store: PostgresStore, pool: asyncpg.Pool, sealer: Sealer, keys: KeyFile
) -> None:
    """Roots, proofs, tiles and entries at many sizes agree with the definition and the signed checkpoints."""
    sizes = []
    for count in (3, 253, 1, 300, 1000):
        await _append(store, count)
        sizes.append(await sealer.seal())
    assert sizes == [3, 256, 257, 557, 1557]
    digests = await _digests(pool, 1557)
    async with pool.acquire() as connection:
        for size in (1, 2, *sizes):
            assert await read_root(connection, 0, size) == model_root(digests[:size])
        for size in sizes:
            checkpoint = await last_checkpoint(connection, 0, size)
            assert checkpoint is not None
            head = verify_checkpoint(checkpoint.note, [keys.read()[0].verifier])
            assert (head.origin, head.size, head.root) == (NAME, size, model_root(digests[:size]))
            position = min(size, 200)
            proof = await inclusion_proof(connection, 0, position, size)
            assert verify_inclusion(position - 1, size, digests[position - 1], proof.path, head.root)
            grown = await consistency_proof(connection, 0, size, 1557)
            assert verify_consistency(size, 1557, head.root, grown.root, grown.path)
        tiles = await read_tiles(connection, 0, [Tile(0, 5), Tile(0, 6, 21), Tile(1, 0, 6)])
        assert tiles[Tile(0, 6, 21)] == b"".join(digests[1536:1557])
        assert len(await read_entries(connection, 0, 6, 21)) == 21
        with pytest.raises(MissingTile, match="level 0, index 6 only 21 of 22"):
            await read_tiles(connection, 0, [Tile(0, 6, 22)])
    report = await _report(pool, keys, resume_at=700)
    assert (report.size, report.problems) == (1557, ())
    assert (report.tiles, report.checkpoints, report.last_checkpoint) == (4, 1, 1557)
    assert (await _report(pool, keys)).tiles == 6


async def test_without_a_key_the_tree_is_built_and_nothing_is_signed(
    store: PostgresStore, pool: asyncpg.Pool
) -> None:
    """The tiles do not wait for a key."""
    await _append(store, 600)
    await Sealer(pool, 0, None, LIMITS).seal()
    report = await _report(pool, None)
    assert (report.tiles, report.checkpoints, report.problems) == (2, 0, ())


async def test_several_sealers_do_not_disturb_each_other(
    store: PostgresStore, pool: asyncpg.Pool, keys: KeyFile
) -> None:
    """Processes that seal at once, over and over, leave one true tree."""
    for _ in range(4):
        await _append(store, 300)
        await asyncio.gather(*(Sealer(pool, 0, keys, LIMITS).seal() for _ in range(3)))
    report = await _report(pool, keys)
    assert (report.size, report.last_checkpoint, report.problems) == (1200, 1200, ())


async def test_nothing_is_signed_that_contradicts_what_was(
    store: PostgresStore, pool: asyncpg.Pool, sealer: Sealer, ledger_dsn: str
) -> None:
    """An event changed behind a checkpoint stops the signing, and putting it back lets it go on."""
    await _append(store, 100)
    await sealer.seal()
    await _append(store, 1)
    was = await pool.fetchval("select content_hash from es.event where position = 70")
    await _damage(ledger_dsn, "update es.event set content_hash = sha256('x') where position = 70")
    with pytest.raises(ForkError, match="up to position 100"):
        await sealer.seal()
    await _damage(ledger_dsn, f"update es.event set content_hash = '\\x{was.hex()}' where position = 70")
    await sealer.seal()
    async with pool.acquire() as connection:
        checkpoint = await last_checkpoint(connection, 0)
    assert checkpoint is not None
    assert checkpoint.size == 101


async def test_a_crash_between_signing_and_storing_leaves_nothing_wrong(
    store: PostgresStore, pool: asyncpg.Pool, sealer: Sealer, keys: KeyFile
) -> None:
    """What the file beside the key knows and the database does not is signed again, word for word."""
    await _append(store, 7)
    async with pool.acquire() as connection:
        note = sign_head(TreeHead(NAME, 7, await read_root(connection, 0, 7)), keys.read())
        keys.keep_last(note)
        await sealer.seal()
        checkpoint = await last_checkpoint(connection, 0)
    assert checkpoint is not None
    assert checkpoint.note == note


async def test_a_sealer_outlives_what_goes_wrong(
    store: PostgresStore, pool: asyncpg.Pool, keys: KeyFile, ledger_dsn: str
) -> None:
    """While a file is in its way it says so and goes on trying; a ring of the doorbell wakes it."""
    sealer = Sealer(pool, 0, keys, SealLimits(events_max=1, interval_s=0.01))
    doorbell = Doorbell(lambda: connect(ledger_dsn), 0, listen=False)
    await _append(store, 3)
    keys.path.chmod(0o644)
    running = asyncio.create_task(sealer.run(doorbell))
    try:
        async with asyncio.timeout(20), pool.acquire() as connection:
            while sealer.problem is None:
                doorbell.ring(3)
                await asyncio.sleep(0)
            assert "can be read by others" in sealer.problem
            keys.path.chmod(0o600)
            while (await last_checkpoint(connection, 0)) is None:
                pass
    finally:
        running.cancel()


async def test_a_database_without_its_tail_is_noticed(
    store: PostgresStore, sealer: Sealer, ledger_dsn: str
) -> None:
    """Cut off so that the database holds no trace of it: the file beside the key remembers."""
    await _append(store, 10)
    await sealer.seal()
    await _damage(
        ledger_dsn,
        "delete from es.event; delete from es.block; delete from es.stream; delete from es.receipt; "
        "delete from es.signed_checkpoint; update es.lane set head_position = 0",
    )
    with pytest.raises(ForkError, match="the log ends at position 0"):
        await sealer.seal()
    await _append(store, 20)
    with pytest.raises(ForkError, match="up to position 10"):
        await sealer.seal()


async def test_keys_that_others_can_read_are_not_used(
    store: PostgresStore, sealer: Sealer, keys: KeyFile
) -> None:
    """A signing key open to other users of the machine is no key."""
    await _append(store, 1)
    keys.path.chmod(0o640)
    with pytest.raises(KeyFileError, match="can be read by others"):
        await sealer.seal()


async def test_rotated_keys_go_on_from_what_was_signed(
    store: PostgresStore, pool: asyncpg.Pool, sealer: Sealer, keys: KeyFile
) -> None:
    """With overlap both sign; then the new one alone, which still knows what the old one signed."""
    old, new = keys.read()[0], new_signing_key(NAME)
    notes = []
    for following in ([old], [new, old], [new]):
        if following != [old]:
            keys.replace(following)
        await _append(store, 5)
        await sealer.seal()
        async with pool.acquire() as connection:
            checkpoint = await last_checkpoint(connection, 0)
        assert checkpoint is not None
        notes.append(checkpoint.note)
    for note, signers in zip(notes, [{old}, {new, old}, {new}], strict=True):
        for key in signers:
            verify_checkpoint(note, [key.verifier])
        assert note.count("\u2014") == len(signers)
    last = keys.last_signed()
    assert last is not None
    assert last.size == 15


_TILE = "update es.merkle_tile set"
DAMAGES = [
    (
        f"{_TILE} hashes = set_byte(hashes, 4000, get_byte(hashes, 4000) # 1) where level = 0 and index = 1",
        "es.merkle_tile, level 0, index 1, column hashes: not what positions 257 to 512 hash to",
    ),
    (
        f"{_TILE} root = sha256('x') where level = 0 and index = 2",
        "es.merkle_tile, level 0, index 2, column root",
    ),
    ("delete from es.merkle_tile where index = 1", "es.merkle_tile, level 0, index 1: the tile is missing"),
    (
        "delete from es.merkle_tile",
        "es.merkle_tile, level 0, index 0: the tile is missing, and a checkpoint of 900 events was signed",
    ),
    (
        "insert into es.merkle_tile select lane, level, 9, hashes, root from es.merkle_tile where index = 0",
        "es.merkle_tile, level 0, index 9: the log does not reach that far",
    ),
    (
        "update es.signed_checkpoint set root = sha256('x') where size = 500",
        "es.signed_checkpoint, size 500, column",
    ),
    (
        "update es.signed_checkpoint set note = replace(note, E'\\n500\\n', E'\\n501\\n') where size = 500",
        "es.signed_checkpoint, size 500, column note: the signature by ledger.example/0",
    ),
    (
        "update es.signed_checkpoint set size = 5000 where size = 900",
        "a checkpoint of 5000 events was signed, but the log ends at position 900",
    ),
    (
        "update es.event set recorded_at = recorded_at + interval '1 us' where position = 300",
        "es.merkle_tile, level 0, index 1, column hashes",
    ),
    (
        "update es.event set content_hash = sha256('x') where position = 890",
        "es.signed_checkpoint, size 900, column root",
    ),
]


@pytest.mark.parametrize(("damage", "finding"), DAMAGES)
async def test_damage_to_the_tree_is_found_and_named(
    store: PostgresStore,
    pool: asyncpg.Pool,
    sealer: Sealer,
    keys: KeyFile,
    ledger_dsn: str,
    damage: str,
    finding: str,
) -> None:
    """Whoever can switch the triggers off and edit tiles, checkpoints or events is found out."""
    for count in (500, 400):
        await _append(store, count)
        await sealer.seal()
    assert (await _report(pool, keys)).problems == ()
    await _damage(ledger_dsn, damage)
    assert any(finding in problem for problem in (await _report(pool, keys)).problems)


async def test_the_service_cannot_edit_the_tree(
    store: PostgresStore, pool: asyncpg.Pool, sealer: Sealer, ledger_dsn: str
) -> None:
    """Its role may add and read; changing is refused by right, and for the owner by trigger."""
    await _append(store, 300)
    await sealer.seal()
    owner = await connect(ledger_dsn, as_service=False)
    try:
        for table in ("merkle_tile", "signed_checkpoint", "checkpoint_timestamp"):
            for change in (
                f"update es.{table} set lane = 1",
                f"delete from es.{table}",
                f"truncate es.{table}",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await pool.execute(change)
                with pytest.raises(asyncpg.PostgresError, match="append-only"):
                    await owner.execute(change)
    finally:
        await owner.close()


async def test_the_planner_reads_tiles_by_their_key(store: PostgresStore, pool: asyncpg.Pool) -> None:
    """On a database that was never analysed, and with a plan made for any arguments, no table is scanned."""
    await _append(store, 10)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        await connection.execute(
            "prepare tiles (smallint, smallint[], bigint[], int[]) as " + statement("read_tiles")
        )
        rows = await connection.fetch("explain execute tiles (0, '{0}', '{0}', '{10}')")
        await connection.execute("deallocate tiles")
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan" not in plan
    assert plan.count("Index Scan") + plan.count("Bitmap Index Scan") >= 3
