"""One at a time, whatever process asks: shown by tickets in a JIRA, which are made once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from eventstore.database import create_pool
from eventstore.records import Unavailable
from eventstore.turns import Turns
from service.invapi.jira import Jira, JiraAccount, Ticket
from tests.support.jira import LocalJira

if TYPE_CHECKING:
    import asyncpg

LOCK_CLASS = 1
WISH = Ticket(label="creditledger-whmcs_ru-7001", summary="Cancel 7001", description="Because")


async def test_two_processes_make_one_ticket(pool: asyncpg.Pool, ledger_dsn: str) -> None:
    """Each with connections of its own, and more who ask than there are of these."""
    other = await create_pool(ledger_dsn, size_max=3, statement_timeout_ms=10_000)
    with LocalJira() as there:
        account = JiraAccount(
            url=there.url, user="", token="", project="OPS", issue_type="Task", timeout_s=30
        )
        processes = [
            Jira(account, Turns(each, LOCK_CLASS, at_once_max=2, wait_s=30).turn) for each in (pool, other)
        ]
        keys = await asyncio.gather(*(jira.open_ticket(WISH) for jira in processes * 10))
        assert set(keys) == {"OPS-1"} == set(there.tickets)
    await other.close()


async def _failing(turns: Turns) -> None:
    async with turns.turn("one"):
        raise ZeroDivisionError


async def test_a_turn_is_waited_for_and_ends(pool: asyncpg.Pool) -> None:
    """Another name has its own; who waits too long is told so; what fails lets go of it."""
    patient, hasty = (Turns(pool, LOCK_CLASS, at_once_max=2, wait_s=wait_s) for wait_s in (30, 0.05))
    with pytest.raises(ZeroDivisionError):
        await _failing(patient)
    async with patient.turn("one"), patient.turn("two"):
        with pytest.raises(Unavailable):
            await _failing(hasty)
