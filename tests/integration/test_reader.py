"""Reads see every write that was acknowledged before them, in any process, or say that they cannot."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from eventstore.database import connect, create_pool
from eventstore.doorbell import Doorbell
from projections.reader import SHARED_ROWS_MAX, Reader
from projections.runner import Runner
from projections.schema import prepare
from projections.views import BehindError, ClientRow, HaltedError, InvoiceTotals, TransactionRow
from service.domain.commands import AddCredit, ApplyCredit, IssueInvoice, NewItem, RecordPayment
from service.domain.events import InvoiceIssued
from service.domain.invoice_status import InvoiceStatus
from tests.support.ledger_log import PROFILE, LedgerLog
from tests.support.projecting import LANE, NEVER, projecting
from tests.support.samples import CREDIT_ADDED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from eventstore.postgres import PostgresStore

ALL: dict[str, Any] = {"start": 0, "limit": None, "date_from": None, "date_to": None, "deadline": NEVER}
ANY: dict[str, Any] = {"client_id": None, "invoice_id": None, "reference": None}


@pytest.fixture
async def log(pool: asyncpg.Pool, store: PostgresStore) -> LedgerLog:
    """A log with prepared read models."""
    await prepare(pool, LANE)
    return LedgerLog(store)


@pytest.fixture
async def reader(pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog) -> AsyncIterator[Reader]:
    """A reader in a process that projects lazily: only a waiting reader makes it hurry."""
    async with projecting(pool, ledger_dsn, log.translator.decode, linger_s=3600) as runner:
        yield Reader(pool, runner, LANE)


async def issue(log: LedgerLog, client: int, amount: int, **options: Any) -> int:
    """An Unpaid invoice with two lines over `amount` and -1."""
    items = (NewItem(description="Server", amount=amount, taxed=True), NewItem(description="Off", amount=-1))
    command = IssueInvoice(status=InvoiceStatus.UNPAID, items=items, **options)
    issued, *_ = await log.command(client, command)
    assert isinstance(issued, InvoiceIssued)
    return issued.invoice_id


async def test_a_client_with_its_balance(log: LedgerLog, reader: Reader) -> None:
    """The client as opened, personal data open, with the balance after the last movement."""
    client_id = await log.open_account()
    await log.command(client_id, AddCredit(amount=1000, description="Goodwill"))
    client = await reader.client(client_id, deadline=NEVER)
    assert client is not None
    assert (client.client_id, client.owner_id, client.status, client.currency) == (1, 1, "Active", "EUR")
    assert (client.profile, client.balance) == (PROFILE | {"custom_fields": "{}"}, 1000)


async def test_an_erased_client_has_no_profile(pool: asyncpg.Pool, log: LedgerLog, reader: Reader) -> None:
    """A client whose personal data is gone is still there."""
    client_id = await log.open_account()
    await reader.client(client_id, deadline=NEVER)
    await pool.execute("update projection_clients.client set profile = null")
    client = await reader.client(client_id, deadline=NEVER)
    assert client is not None
    assert client.profile is None


async def test_what_does_not_exist(log: LedgerLog, reader: Reader) -> None:
    """Unknown clients and invoices are None or empty, on an empty log and on a used one."""
    for _ in range(2):
        assert await reader.client(9, deadline=NEVER) is None
        assert await reader.credits(9, **ALL) is None
        assert await reader.invoice(9, deadline=NEVER) is None
        assert await reader.invoice_totals(9, today="2025-01-01", deadline=NEVER) == ()
        page = await reader.transactions(**ANY | {"invoice_id": 9}, **ALL)
        assert (page.rows, page.total) == ((), 0)
        client_id = await log.open_account()
        page_of_none = await reader.credits(client_id, **ALL)
        assert page_of_none is not None
        assert (page_of_none.rows, page_of_none.total) == ((), 0)


async def test_an_invoice_with_lines_and_transactions(log: LedgerLog, reader: Reader) -> None:
    """The invoice after credit and a payment: total net of credit, status Paid, everything attached."""
    client_id = await log.open_account()
    await log.command(client_id, AddCredit(amount=300, description="Goodwill"))
    invoice_id = await issue(log, client_id, 1001, tax_rate=10_000)
    await log.command(client_id, ApplyCredit(invoice_id=invoice_id, amount=300))
    before = await reader.invoice(invoice_id, deadline=NEVER)
    assert before is not None
    assert (before.subtotal, before.tax, before.credit, before.total, before.paid) == (1000, 100, 300, 800, 0)
    assert (before.status, before.settled_at, before.transactions) == ("Unpaid", "", ())
    await log.command(client_id, RecordPayment(invoice_id=invoice_id, reference="R1", gateway="paypal"))
    after = await reader.invoice(invoice_id, deadline=NEVER)
    assert after is not None
    assert (after.status, after.total, after.paid) == ("Paid", 800, 800)
    assert after.settled_at
    assert [(item.item_id, item.amount, item.taxed) for item in after.items] == [
        (1, 1001, True),
        (2, -1, False),
    ]
    assert [(row.amount_in, row.reference, row.invoice_id) for row in after.transactions] == [(800, "R1", 1)]


async def test_totals_by_status(log: LedgerLog, reader: Reader) -> None:
    """Invoices are summed by status; overdue are those due before the day asked about."""
    client_id = await log.open_account()
    for due_date in ("2025-01-01", "2025-01-31"):
        await issue(log, client_id, 101, due_date=due_date)
    paid = await issue(log, client_id, 501, due_date="2025-01-01")
    await log.command(client_id, RecordPayment(invoice_id=paid, reference="R1", amount=600))
    assert await reader.invoice_totals(client_id, today="2025-01-31", deadline=NEVER) == (
        InvoiceTotals(status="Paid", count=1, total=500, due_count=1, due=0, overdue_count=1, overdue_due=0),
        InvoiceTotals(
            status="Unpaid", count=2, total=200, due_count=2, due=200, overdue_count=1, overdue_due=100
        ),
    )


async def test_a_mass_payment_is_not_due_a_second_time(log: LedgerLog, reader: Reader) -> None:
    """It counts as an invoice, but what it asks for is due on the invoices that it is for."""
    client_id = await log.open_account()
    invoice_id = await issue(log, client_id, 101, due_date="2025-01-01")
    lines = NewItem(description="Invoice", amount=100, kind="Invoice", relation_id=invoice_id)
    await log.command(
        client_id, IssueInvoice(status=InvoiceStatus.UNPAID, items=(lines,), due_date="2025-01-01")
    )
    assert await reader.invoice_totals(client_id, today="2025-01-31", deadline=NEVER) == (
        InvoiceTotals(
            status="Unpaid", count=2, total=200, due_count=1, due=100, overdue_count=1, overdue_due=100
        ),
    )


async def test_every_write_is_seen_at_once(log: LedgerLog, reader: Reader) -> None:
    """However lazy the projections are, a read right after a write has it."""
    client_id = await log.open_account()
    for number in range(1, 30):
        await log.command(client_id, AddCredit(amount=1, description="One"))
        client = await reader.client(client_id, deadline=NEVER)
        page = await reader.credits(client_id, **ALL)
        assert client is not None
        assert page is not None
        assert (client.balance, page.total, len(page.rows)) == (number, number, number)
        invoice_id = await issue(log, client_id, 6)
        assert await reader.invoice(invoice_id, deadline=NEVER)
        await log.command(client_id, RecordPayment(invoice_id=invoice_id, reference=f"R{number}", amount=5))
        for narrowed in (
            {"invoice_id": invoice_id},
            {"client_id": client_id},
            {"reference": f"R{number}"},
            {},
        ):
            found = await reader.transactions(**ANY | narrowed, **ALL)
            assert found.rows[-1].reference == f"R{number}"


@pytest.mark.parametrize("listen", [True, False], ids=["notify", "poll"])
async def test_writes_of_another_process_are_seen(log: LedgerLog, ledger_dsn: str, listen: bool) -> None:
    """A process that did not write, and whose own clock would look only in an hour, sees the write."""
    pool = await create_pool(ledger_dsn, size_max=4, statement_timeout_ms=10_000)
    client_id = await log.open_account()
    async with projecting(
        pool, ledger_dsn, log.translator.decode, listen=listen, linger_s=3600, poll_interval_s=3600
    ) as runner:
        reader = Reader(pool, runner, LANE)
        for balance in range(1, 10):
            await log.command(client_id, AddCredit(amount=1, description="One"))
            client = await reader.client(client_id, deadline=NEVER)
            assert client is not None
            assert client.balance == balance
    await pool.close()


class BusyRunner(Runner):
    """Projects only once a reader waits, and then somebody writes; a second wait of the read is an error."""

    log: LedgerLog
    running: asyncio.Task[None] | None = None

    async def wait_until(
        self, position: int, deadline: float, projections: Iterable[str] | None = None
    ) -> None:
        """As ever, and one more event is in the log when it ends."""
        assert self.running is None
        self.running = asyncio.create_task(self.run())
        await super().wait_until(position, deadline, projections)
        await self.log.command(1, AddCredit(amount=1, description="One"))


async def test_a_reader_is_not_led_on_by_a_busy_account(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog
) -> None:
    """What a read must see is settled when it begins: writes during it do not keep it waiting."""
    await log.command(await log.open_account(), AddCredit(amount=1, description="One"))
    runner = BusyRunner(
        pool, Doorbell(lambda: connect(ledger_dsn), LANE, listen=False), log.translator.decode, LANE
    )
    runner.log = log
    client = await Reader(pool, runner, LANE).client(1, deadline=NEVER)
    assert runner.running is not None
    runner.running.cancel()
    with suppress(asyncio.CancelledError):
        await runner.running
    assert client is not None
    assert client.balance >= 1


async def test_a_read_that_cannot_catch_up_says_so(
    pool: asyncpg.Pool, ledger_dsn: str, log: LedgerLog
) -> None:
    """Without anybody who projects, the deadline ends the read; it never answers with old rows."""
    client_id = await log.open_account()
    idle = Runner(pool, Doorbell(lambda: connect(ledger_dsn), LANE), log.translator.decode, LANE)
    reader = Reader(pool, idle, LANE)
    with pytest.raises(BehindError):
        await reader.client(client_id, deadline=asyncio.get_running_loop().time() + 0.2)
    assert await reader.client(99, deadline=NEVER) is None


async def test_a_halted_projection_fails_only_who_needs_it(log: LedgerLog, reader: Reader) -> None:
    """What a halted read model has seen stays readable, as does everything that does not use it."""
    client_id = await log.open_account()
    assert await reader.client(client_id, deadline=NEVER)
    await log.write("account-99", replace(CREDIT_ADDED, credit_id=999))
    assert await reader.client(client_id, deadline=NEVER)
    await log.command(client_id, AddCredit(amount=1, description="One"))
    with pytest.raises(HaltedError, match="balances is halted"):
        await reader.client(client_id, deadline=NEVER)
    assert await reader.credits(client_id, **ALL)


async def test_pages_of_the_credit_log(log: LedgerLog, reader: Reader) -> None:
    """Pages cut the log anywhere, with the total of all rows, also between two dates."""
    client_id, other = await log.open_account(), await log.open_account()
    days = [f"2025-01-{1 + number % 7:02}" for number in range(25)]
    for amount, day in enumerate(days, 1):
        await log.queue(client_id, AddCredit(amount=amount, description="", date=day))
        await log.queue(other, AddCredit(amount=amount, description="", date=day))
    await log.flush()
    for date_from, date_to in (
        (None, None),
        ("2025-01-03", None),
        (None, "2025-01-05"),
        ("2025-01-02", "2025-01-02"),
    ):
        wanted = [
            amount for amount, day in enumerate(days, 1) if (date_from or "") <= day <= (date_to or "9999")
        ]
        for start, limit in ((0, 10), (20, 10), (24, 1), (25, 10), (3, 0), (5, None), (0, None)):
            page = await reader.credits(
                client_id, start=start, limit=limit, date_from=date_from, date_to=date_to, deadline=NEVER
            )
            assert page is not None
            end = None if limit is None else start + limit
            assert [row.amount for row in page.rows] == wanted[start:end]
            assert (page.total, page.start) == (len(wanted), start)


async def test_transactions_by_every_condition(log: LedgerLog, reader: Reader) -> None:
    """Any combination of conditions finds just the rows that match all of them."""
    clients = [await log.open_account() for _ in range(4)]
    for number in range(12):
        client_id = clients[number // 3]
        invoice_id = await issue(log, client_id, 1000)
        for part in range(2):
            command = RecordPayment(
                invoice_id=invoice_id,
                reference=f"R{number % 4}-{part}",
                amount=10,
                gateway="paypal",
                date=f"2025-01-0{1 + number % 5} 23:59:59",
            )
            await log.command(client_id, command)
    everything = (await reader.transactions(**ANY, **ALL)).rows
    assert len(everything) == 24
    for client in (None, 1, 4):
        for invoice in (None, 1, 10):
            for reference in (None, "R1-0", "unheard of"):
                for first, last in (
                    (None, None),
                    ("2025-01-02", None),
                    (None, "2025-01-04"),
                    ("2025-01-03", "2025-01-03"),
                ):
                    wanted = [
                        row for row in everything if _matches(row, client, invoice, reference, first, last)
                    ]
                    page = await reader.transactions(
                        client_id=client,
                        invoice_id=invoice,
                        reference=reference,
                        start=1,
                        limit=3,
                        date_from=first,
                        date_to=last,
                        deadline=NEVER,
                    )
                    assert (list(page.rows), page.total) == (wanted[1:4], len(wanted))


def _matches(
    row: TransactionRow,
    client: int | None,
    invoice: int | None,
    reference: str | None,
    first: str | None,
    last: str | None,
) -> bool:
    return (
        client in (None, row.client_id)
        and invoice in (None, row.invoice_id)
        and reference in (None, row.reference)
        and (first or "") <= row.date[:10] <= (last or "9999")
    )


async def test_questions_asked_together_get_their_own_answers(log: LedgerLog, reader: Reader) -> None:
    """Reads of all kinds at once, the same one twice and unknown ones among them, are answered as alone."""
    clients = [await log.open_account() for _ in range(3)]
    for client in clients:
        await log.command(client, AddCredit(amount=100 * client, description=f"credit of {client}"))
    invoices = [await issue(log, client, 1000 + client) for client in clients]
    asked = [
        *(reader.client(client, deadline=NEVER) for client in [*clients, 99, 1]),
        *(reader.credits(client, **ALL) for client in [*clients, 99, 1]),
        *(reader.invoice(invoice, deadline=NEVER) for invoice in [*invoices, 99, 1]),
    ]
    answers: list[Any] = await asyncio.gather(*asked)
    assert [row and (row.client_id, row.balance) for row in answers[:5]] == [
        (1, 100),
        (2, 200),
        (3, 300),
        None,
        (1, 100),
    ]
    assert [page and page.rows[0].description for page in answers[5:10]] == [
        "credit of 1",
        "credit of 2",
        "credit of 3",
        None,
        "credit of 1",
    ]
    assert [row and (row.client_id, row.items[0].amount) for row in answers[10:]] == [
        (1, 1001),
        (2, 1002),
        (3, 1003),
        None,
        (1, 1001),
    ]


async def test_a_long_credit_log_comes_whole(log: LedgerLog, reader: Reader) -> None:
    """Also one with more entries than are read together with others, from any start and to any limit."""
    client_id = await log.open_account()
    for number in range(SHARED_ROWS_MAX + 5):
        await log.command(client_id, AddCredit(amount=1, description=str(number)))
    whole = [str(number) for number in range(SHARED_ROWS_MAX + 5)]
    slices = (0, None), (0, SHARED_ROWS_MAX), (0, SHARED_ROWS_MAX + 1), (3, SHARED_ROWS_MAX + 1), (104, 9)
    for start, limit in slices:
        page = await reader.credits(client_id, **ALL | {"start": start, "limit": limit})
        assert page is not None
        assert page.total == SHARED_ROWS_MAX + 5
        stop = None if limit is None else start + limit
        assert [row.description for row in page.rows] == whole[start:stop]


async def test_one_kind_of_read_fails_alone(pool: asyncpg.Pool, log: LedgerLog, reader: Reader) -> None:
    """Tables that somebody dropped are the trouble of those who read them, though others ask with them."""
    client_id = await log.open_account()
    await reader.client(client_id, deadline=NEVER)
    await pool.execute("drop schema projection_invoices cascade")
    invoice, client = await asyncio.gather(
        reader.invoice(1, deadline=NEVER), reader.client(client_id, deadline=NEVER), return_exceptions=True
    )
    assert isinstance(invoice, asyncpg.UndefinedTableError)
    assert isinstance(client, ClientRow)
