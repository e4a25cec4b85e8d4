"""Reads about services on a real database: lists, who has a server, and whose services are to be renewed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from projections.schema import prepare
from projections.service_reader import ServiceReader
from service.domain.cancellation_commands import CancellationKind, RequestCancellation, WithdrawCancellation
from service.domain.commands import AmendInvoice, RecordPayment
from service.domain.events import InvoiceIssued
from service.domain.invoice_status import InvoiceStatus
from service.domain.service_commands import ChangeService, RegisterService, RenewService, ServiceCycle
from tests.support.decider import TODAY
from tests.support.ledger_log import LedgerLog
from tests.support.projecting import LANE, NEVER, projecting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from eventstore.postgres import PostgresStore

SERVICE = RegisterService(
    service_id=1,
    server_id=9001,
    kind="instant",
    product="VPS",
    cycle=ServiceCycle.MONTHLY,
    price=900,
    next_due_date=TODAY,
    hardware=("2 vCPU", "4 GB"),
)


@pytest.fixture
async def log(pool: asyncpg.Pool, store: PostgresStore) -> LedgerLog:
    """A log with prepared read models, and three clients."""
    await prepare(pool, LANE)
    log = LedgerLog(store)
    for _ in range(3):
        await log.open_account()
    return log


@pytest.fixture
async def reader(pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog) -> AsyncIterator[ServiceReader]:
    """Reads read models that hurry only for who waits."""
    async with projecting(pool, ledger_dsn, log.translator.decode, linger_s=3600) as runner:
        yield ServiceReader(pool, runner, LANE)


async def test_services_are_listed(log: LedgerLog, reader: ServiceReader) -> None:
    """By number, of a client or of all, page by page; a server's is the one that has it, else the last."""
    nothing = await reader.services(client_id=None, start=0, limit=9, deadline=NEVER)
    assert (nothing.rows, nothing.total) == ((), 0)
    for number, client_id in ((1, 1), (2, 2), (3, 1)):
        await log.command(client_id, replace(SERVICE, service_id=number, server_id=9000 + number))
    all_of_them = await reader.services(client_id=None, start=1, limit=1, deadline=NEVER)
    assert ([row.service_id for row in all_of_them.rows], all_of_them.total) == ([2], 3)
    page = await reader.services(client_id=1, start=0, limit=9, deadline=NEVER)
    assert [(row.service_id, row.server_id, row.hardware) for row in page.rows] == [
        (1, 9001, ("2 vCPU", "4 GB")),
        (3, 9003, ("2 vCPU", "4 GB")),
    ]
    await log.command(1, ChangeService(service_id=1, changes={"status": "Terminated"}))
    last = await reader.service_on(9001, deadline=NEVER)
    assert last is not None
    assert (last.service_id, last.status) == (1, "Terminated")
    await log.command(3, replace(SERVICE, service_id=4))
    found = await reader.service_on(9001, deadline=NEVER)
    assert found is not None
    assert (found.service_id, found.client_id) == (4, 3)
    assert await reader.service_on(9999, deadline=NEVER) is None
    assert await reader.clients_with_services(deadline=NEVER) == (1, 2, 3)
    assert await reader.clients_of_services((3, 4, 99), deadline=NEVER) == (1, 3)


async def test_whose_services_are_to_be_renewed(log: LedgerLog, reader: ServiceReader) -> None:
    """Due, going on, costing something, and on no invoice that stands; each client once and in order."""

    async def due(until: str = TODAY, after: int = 0, limit: int = 9) -> tuple[int, ...]:
        return await reader.clients_to_renew(after, until=until, limit=limit, deadline=NEVER)

    assert await due() == ()
    for number, client_id in ((1, 1), (2, 1), (3, 2), (4, 3)):
        await log.command(client_id, replace(SERVICE, service_id=number, server_id=9000 + number))
    assert (await due("2025-01-01"), await due()) == ((), (1, 2, 3))
    assert (await due(limit=2), await due(after=2)) == ((1, 2), (3,))
    for changes in ({"status": "Pending"}, {"price": 0}, {"cycle": "One Time"}):
        await log.command(3, ChangeService(service_id=4, changes=dict(changes)))
        assert await due() == (1, 2)
        back = {"status": "Suspended", "price": 900, "cycle": "Monthly"}
        await log.command(3, ChangeService(service_id=4, changes=dict(back)))
        assert await due() == (1, 2, 3)
    renew = RenewService(service_id=3, days_over=-1)
    issued, *_ = await log.command(2, renew)
    assert isinstance(issued, InvoiceIssued)
    assert await due() == (1, 3)
    await log.command(2, AmendInvoice(invoice_id=issued.invoice_id, status=InvoiceStatus.CANCELLED))
    assert await due() == (1, 2, 3)
    second, *_ = await log.command(2, renew)
    assert isinstance(second, InvoiceIssued)
    line = second.items[0].item_id
    await log.command(2, AmendInvoice(invoice_id=second.invoice_id, removed_items=(line,)))
    assert await due() == (1, 2, 3)
    third, *_ = await log.command(2, renew)
    assert isinstance(third, InvoiceIssued)
    await log.command(2, RecordPayment(invoice_id=third.invoice_id))
    assert await due() == (1, 3)
    assert await due("2025-08-01") == (1, 2, 3)
    later = RequestCancellation(service_id=3, kind=CancellationKind.END_OF_PERIOD)
    await log.command(2, later)
    assert await due("2025-08-01") == (1, 3)
    await log.command(2, WithdrawCancellation(service_id=3))
    assert await due("2025-08-01") == (1, 2, 3)
