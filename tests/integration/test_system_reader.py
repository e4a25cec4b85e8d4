"""Reads over all clients, and the state of the ledger, on a real database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from projections.schema import prepare
from projections.system_reader import SystemReader
from projections.views import DayFigures, Figures
from service.domain.billable_commands import AddBillableItem, InvoiceAction, InvoiceDue
from service.domain.commands import IssueInvoice, NewItem, RecordPayment
from service.domain.events import InvoiceIssued
from service.domain.invoice_status import InvoiceStatus
from service.handling.condition import Conditions
from service.handling.sessions import Sessions
from tests.support.decider import TODAY
from tests.support.ledger_log import LedgerLog
from tests.support.projecting import LANE, NEVER, projecting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from eventstore.postgres import PostgresStore
    from projections.runner import Runner

ITEM = AddBillableItem(description="Work", amount=100, unit="hours", invoice_action=InvoiceAction.NEXT_RUN)
LATER = AddBillableItem(
    description="Work",
    amount=100,
    unit="hours",
    invoice_action=InvoiceAction.DUE_DATE,
    due_date="2025-07-01",
)


@pytest.fixture
async def log(pool: asyncpg.Pool, store: PostgresStore) -> LedgerLog:
    """A log with prepared read models."""
    await prepare(pool, LANE)
    return LedgerLog(store)


@pytest.fixture
async def runner(pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog) -> AsyncIterator[Runner]:
    """Read models that hurry only for who waits."""
    async with projecting(pool, ledger_dsn, log.translator.decode, linger_s=3600) as running:
        yield running


@pytest.fixture
async def reader(pool: asyncpg.Pool, runner: Runner) -> SystemReader:
    """Reads them."""
    return SystemReader(pool, runner, LANE)


async def test_clients_with_something_due(log: LedgerLog, reader: SystemReader) -> None:
    """Each once, in order and piece by piece; not before the day, and not after the invoice."""
    clients = [await log.open_account() for _ in range(4)]
    assert await reader.due_clients(0, today=TODAY, limit=9, deadline=NEVER) == ()
    for client_id in (clients[0], clients[0], clients[2], clients[3]):
        await log.command(client_id, ITEM)
    await log.command(clients[1], LATER)
    assert await reader.due_clients(0, today=TODAY, limit=9, deadline=NEVER) == (1, 3, 4)
    assert await reader.due_clients(0, today=TODAY, limit=2, deadline=NEVER) == (1, 3)
    assert await reader.due_clients(3, today=TODAY, limit=2, deadline=NEVER) == (4,)
    assert await reader.due_clients(0, today="2025-07-01", limit=9, deadline=NEVER) == (1, 2, 3, 4)
    await log.command(clients[2], InvoiceDue(lines_max=5, text_bytes_max=5000))
    assert await reader.due_clients(0, today=TODAY, limit=9, deadline=NEVER) == (1, 4)
    assert await reader.clients_with_items(deadline=NEVER) == (1, 2, 3, 4)


async def test_figures(log: LedgerLog, reader: SystemReader) -> None:
    """Money by day and currency, that before the first day in one sum; open items are counted."""
    assert await reader.figures("2025-01-01", deadline=NEVER) == Figures(billables=0, days=())
    client_id = await log.open_account()
    await log.command(client_id, ITEM)
    items = (NewItem(description="Server", amount=1000),)
    issued, *_ = await log.command(client_id, IssueInvoice(status=InvoiceStatus.UNPAID, items=items))
    assert isinstance(issued, InvoiceIssued)
    for day, amount in (("2024-01-01", 1), ("2024-12-31", 2), ("2025-01-01", 4), ("2025-01-01", 8)):
        payment = RecordPayment(invoice_id=issued.invoice_id, amount=amount, fees=1, date=f"{day} 23:59:59")
        await log.command(client_id, payment)
    figures = await reader.figures("2025-01-01", deadline=NEVER)
    assert figures.billables == 1
    assert sorted(figures.days, key=lambda row: row.day) == [
        DayFigures(currency="EUR", day="", amount_in=3, fees=2, amount_out=0),
        DayFigures(currency="EUR", day="2025-01-01", amount_in=12, fees=2, amount_out=0),
    ]


async def test_the_condition_of_a_ledger(
    pool: asyncpg.Pool, store: PostgresStore, log: LedgerLog, runner: Runner
) -> None:
    """On an empty log and on a used one; a stopped read model is told."""
    conditions = Conditions(pool, store, Sessions(store, log.translator, capacity=9), runner)
    empty = await conditions.now()
    assert (empty.position, empty.head_age_s, empty.verified) == (0, None, None)
    assert empty.is_current
    await log.open_account()
    used = await conditions.now()
    assert (used.position, used.behind, used.halted) == (1, {}, ())
    assert used.head_age_s is not None
    assert used.database_version[0].isdigit()
    await pool.execute("update es.subscription set state = 'halted' where name like 'credits.%'")
    await log.open_account()
    assert (await conditions.now()).halted == ("credits",)
