"""Damage to the stored log is found and named, done as the database's superuser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from eventstore.database import connect
from eventstore.verify import ChainReport, verify_chain
from tests.support.proposals import proposal

if TYPE_CHECKING:
    from eventstore.postgres import PostgresStore

_EVENT = "update es.event set"
_CUT_OFF = "delete from es.block where last_position > 4; update es.lane set head_position = 4, head_hash ="
DAMAGES = [
    (f"{_EVENT} data = '{{\"n\":9}}' where position = 3", "position 3: the event does not hash"),
    (f"{_EVENT} metadata = '{{ }}' where position = 3", "position 3: the event does not hash"),
    (f"{_EVENT} type = 'thing.else' where position = 4", "position 4: the event does not hash"),
    (
        f"{_EVENT} recorded_at = recorded_at + interval '1 us' where position = 2",
        "2: not the time of",
    ),
    ("delete from es.event where position = 3", "position 3: the event is missing"),
    (
        "delete from es.event where position > 4; delete from es.block where last_position > 4",
        "there is no block for this event",
    ),
    ("update es.block set block_hash = sha256('x') where last_position = 2", "positions 1 to 2 does not"),
    ("update es.block set previous_hash = sha256('x') where last_position = 4", "does not follow position 2"),
    ("update es.lane set head_hash = sha256('x')", "es.lane lane=0: the head says"),
    (
        f"{_CUT_OFF} (select block_hash from es.block where last_position = 4)",
        "position 5: lies beyond",
    ),
]


async def _filled(store: PostgresStore) -> None:
    await store.append([proposal("a", 0, 2)])
    await store.append([proposal("a", 2), proposal("b", 0)])
    await store.append([proposal("b", 1, 3)])


async def _report(dsn: str) -> ChainReport:
    service = await connect(dsn)
    try:
        return await verify_chain(service, 0)
    finally:
        await service.close()


async def test_an_untouched_log_verifies_to_its_head(store: PostgresStore, ledger_dsn: str) -> None:
    """Every hash recomputed in Python from stored bytes meets the head that the database computed."""
    await _filled(store)
    head = await store.head()
    assert await _report(ledger_dsn) == ChainReport(head.position, head.hash, None)


@pytest.mark.parametrize(("damage", "finding"), DAMAGES)
async def test_damage_is_found_and_named(
    store: PostgresStore, ledger_dsn: str, damage: str, finding: str
) -> None:
    """Whoever can switch the triggers off and edit the tables is found out."""
    await _filled(store)
    owner = await connect(ledger_dsn, as_service=False)
    await owner.execute("set session_replication_role = replica")
    await owner.execute(damage)
    await owner.close()

    report = await _report(ledger_dsn)
    assert report.problem is not None
    assert finding in str(report.problem)
