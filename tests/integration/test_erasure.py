"""A deleted client is gone from every read model; the log without its key can still be proven and read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from eventstore.verify import verify_chain
from projections.client_reader import ClientReader
from projections.rebuild import rebuild
from projections.registry import PROJECTIONS
from projections.schema import prepare
from projections.verify import differences
from service.domain.billable_commands import AddBillableItem, InvoiceAction
from service.domain.cancellation_commands import CancellationKind, RequestCancellation
from service.domain.client_commands import (
    AddContact,
    ChangeAccount,
    ChangeContact,
    CloseAccount,
    DeleteAccount,
    RemoveContact,
)
from service.domain.commands import AddCredit, ApplyCredit, IssueInvoice, NewItem, RecordPayment
from service.domain.invoice_status import InvoiceStatus
from tests.support.endings import registration
from tests.support.ledger_log import LedgerLog
from tests.support.projecting import LANE, NEVER, projecting, rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from eventstore.postgres import PostgresStore
    from projections.runner import Runner

SECRET = "Lovelace-Secret"
NAMES = {1: "email:one", 2: "email:two"}
ITEM = NewItem(description="Server", amount=700)
INVOICE = IssueInvoice(status=InvoiceStatus.UNPAID, items=(ITEM, ITEM))


async def _live(log: LedgerLog, client: int, invoice: int, contact: int) -> None:
    """One of everything that an account can have, with personal data wherever it may stand."""
    change = ChangeAccount(
        profile={"last_name": SECRET, "email": f"{SECRET}@example.org", "custom_fields": '{"3":"blue"}'},
        email_name=f"email:new-{client}",
        names={1: f"email:old-{client}"},
        flags={"tax_exempt": True},
    )
    await log.command(client, change)
    await log.command(client, AddCredit(amount=1000, description="Goodwill"))
    await log.command(client, INVOICE)
    await log.command(client, ApplyCredit(invoice_id=invoice, amount=300))
    await log.command(client, RecordPayment(invoice_id=invoice, reference="R1", amount=100))
    billable = AddBillableItem(
        description="Work", amount=100, unit="hours", quantity=100, invoice_action=InvoiceAction.NEXT_RUN
    )
    await log.command(client, billable)
    await log.command(client, registration(client))
    ending = RequestCancellation(service_id=client, kind=CancellationKind.END_OF_PERIOD, reason=SECRET)
    await log.command(client, ending)
    await log.command(client, AddContact(profile={"first_name": SECRET}))
    change_contact = ChangeContact(contact_id=contact, profile={"city": SECRET}, flags={"mail_domain": False})
    await log.command(client, change_contact)


@pytest.fixture
async def log(store: PostgresStore) -> LedgerLog:
    """A log of two clients, both with one of everything."""
    log = LedgerLog(store)
    for number in (1, 2):
        client = await log.open_account()
        await _live(log, client, number, number)
    return log


@pytest.fixture
async def runner(pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog) -> AsyncIterator[Runner]:
    """The projections at work."""
    await prepare(pool, LANE)
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        yield runner


async def _everything(pool: asyncpg.Pool) -> dict[str, list[tuple[Any, ...]]]:
    async with pool.acquire() as connection:
        return await rows(connection)


async def _prove(pool: asyncpg.Pool, log: LedgerLog) -> None:
    """The chain is whole; every read model is what the log says, folded again, and after a rebuild."""
    async with pool.acquire() as connection:
        assert (await verify_chain(connection, LANE)).problem is None
    before = await _everything(pool)
    for projection in PROJECTIONS:
        assert await differences(pool, projection, log.translator.decode, LANE) == []
        await rebuild(pool, projection, {LANE: log.translator.decode})
        assert await differences(pool, projection, log.translator.decode, LANE) == []
    assert await _everything(pool) == before


@pytest.mark.parametrize("with_transactions", [False, True])
async def test_a_deleted_client_leaves_every_read_model(
    pool: asyncpg.Pool, log: LedgerLog, runner: Runner, *, with_transactions: bool
) -> None:
    """Only its transactions may stay; the other client keeps everything, and all can be proven."""
    await runner.wait_until(log.head, NEVER)
    before = await _everything(pool)
    assert SECRET in str(before)
    await log.command(1, DeleteAccount(with_transactions=with_transactions, names={2: "email:new-1"}))
    await runner.wait_until(log.head, NEVER)
    after = await _everything(pool)
    kept = {"transactions.transaction": 2 - with_transactions}
    kept["transactions.used_reference"] = int(with_transactions)  # numbers of gateways stay taken
    kept |= dict.fromkeys(("billables.billable", "invoices.item", "credits.credit"), 2)
    # What was booked stays booked; one more entry closes the account. Nobody's lines become credit here.
    kept |= {"journal.entry": len(before["journal.entry"]) + 1, "journal.credit_line": 0}
    assert {name: len(found) for name, found in after.items()} == {name: kept.get(name, 1) for name in before}
    assert all(set(after[name]) & set(found) for name, found in before.items() if found)
    closed = [row for row in after["billables.billable"] if row[-2:] == (None, False)]
    assert len(closed) == 1
    await _prove(pool, log)


async def test_nothing_personal_is_left_of_the_last_client(
    pool: asyncpg.Pool, log: LedgerLog, runner: Runner
) -> None:
    """Neither in a read model nor in a snapshot or claimed name, and no key opens what is sealed."""
    for client in (1, 2):
        await log.command(client, CloseAccount())
        await log.command(client, DeleteAccount(names={2: f"email:new-{client}"}))
    await runner.wait_until(log.head, NEVER)
    assert SECRET.casefold() not in str(await _everything(pool)).casefold()
    keys = await pool.fetch("select key, destroyed_at from es.subject_key")
    assert [(row["key"], row["destroyed_at"] is None) for row in keys] == [(None, False)] * 2
    assert await pool.fetch("select name from es.key where name like 'email:%'") == []
    await _prove(pool, log)


async def test_a_batch_may_hold_a_whole_life(pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog) -> None:
    """Projected in one batch, with the keys destroyed before anything was read: the same rows."""
    await log.command(1, DeleteAccount(names={2: "email:new-1"}))
    await log.command(2, RemoveContact(contact_id=2))
    await prepare(pool, LANE)
    async with projecting(pool, ledger_dsn, log.translator.decode) as runner:
        await runner.wait_until(log.head, NEVER)
    await _prove(pool, log)
    async with projecting(pool, ledger_dsn, log.translator.decode, batch_events_max=1) as runner:
        for projection in PROJECTIONS:
            await rebuild(pool, projection, {LANE: log.translator.decode})
        await runner.wait_until(log.head, NEVER)
    await _prove(pool, log)


async def test_changes_give_the_same_rows_in_any_batches(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog
) -> None:
    """Merged one by one in the database, or all together here: fields, flags and texts are the same."""
    odd = ChangeAccount(
        profile={"first_name": 'é"\\\u2028<', "custom_fields": '{"10":"ten","3":"é","4":""}'},
        flags={"mail_domain": True, "no_auto_close": False},
        marketing_opt_in=False,
        group_id=0,
        language="",
    )
    await log.command(1, odd)
    await log.command(
        1, replace(odd, profile={"custom_fields": '{"3":"red"}', "city": ""}, language="german")
    )
    await prepare(pool, LANE)
    async with projecting(pool, ledger_dsn, log.translator.decode, batch_events_max=1) as runner:
        await runner.wait_until(log.head, NEVER)
        client = await ClientReader(pool, runner, LANE).client(1, deadline=NEVER)
    await _prove(pool, log)
    assert client is not None
    assert client.flags == {"mail_domain": True, "no_auto_close": False, "tax_exempt": True}
    assert client.profile is not None
    assert client.profile["first_name"] == odd.profile["first_name"]
    assert client.profile["custom_fields"] == '{"3": "red", "4": "", "10": "ten"}'
    assert (client.language, client.group_id, client.marketing_opt_in) == ("german", 0, False)


async def test_reads_do_not_know_a_deleted_client(pool: asyncpg.Pool, log: LedgerLog, runner: Runner) -> None:
    """From the moment of the answer on, whatever is still on its way to the read models."""
    reader = ClientReader(pool, runner, LANE)
    page: dict[str, Any] = {"start": 0, "limit": 10, "deadline": NEVER}
    everyone = {"begins_with": None, "status": None, "order_by": "id", "is_descending": False, **page}
    assert (await reader.clients(**everyone)).total == 2
    await log.command(1, DeleteAccount(names={2: "email:new-1"}))
    assert await reader.client(1, deadline=NEVER) is None
    assert await reader.invoice(1, deadline=NEVER) is None
    dates: dict[str, Any] = {"date_from": None, "date_to": None}
    assert await reader.credits(1, **page, **dates) is None
    assert await reader.credits(1, **page, **(dates | {"date_from": "2000-01-01"})) is None
    assert (await reader.credits(2, **page, **dates)) is not None
    assert [row.client_id for row in (await reader.clients(**everyone)).rows] == [2]
    assert (await reader.contacts(client_id=1, matching={}, **page)).total == 0
    assert (await reader.contacts(client_id=None, matching={}, **page)).total == 1
    kept = await reader.transactions(client_id=1, invoice_id=None, reference=None, **page, **dates)
    assert kept.total == 1
