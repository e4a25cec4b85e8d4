"""Two processes serve one ledger, and everybody wants the same client."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from service.domain.events import AccountOpened, CreditApplied, PaymentRecorded
from tests.support.audit import audit, balance_of, hundredths
from tests.support.lane_lock import lane_locked
from tests.support.service import CLIENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.hazard.conftest import Start
    from tests.support.service import Answer, Api

AT_ONCE = 64
TOO_LITTLE = "Amount exceeds customer credit balance"


class Pair(NamedTuple):
    """One ledger, two ways in; client 1 exists."""

    first: Api
    second: Api
    dsn: str


@pytest.fixture
async def pair(ledger_dsn: str, start: Start) -> Pair:
    """Both processes, ready."""
    (_, first), (_, second) = await asyncio.gather(start(), start())
    await first.add_client("ada@example.com")
    return Pair(first, second, ledger_dsn)


async def through_both(pair: Pair, calls: Iterable[tuple[str, dict[str, Any]]]) -> list[Answer]:
    """The answers to calls that are sent alternately to both processes, AT_ONCE at a time to each."""
    rooms = {id(api): asyncio.Semaphore(AT_ONCE) for api in (pair.first, pair.second)}

    async def call(api: Api, action: str, parameters: dict[str, Any]) -> Answer:
        async with rooms[id(api)]:
            return await api.call(action, **parameters)

    ways = cycle((pair.first, pair.second, pair.second, pair.first))
    return list(await asyncio.gather(*(call(api, *wanted) for api, wanted in zip(ways, calls, strict=False))))


async def test_a_hot_client_keeps_its_balance(pair: Pair) -> None:
    """2,000 commands on one client through both processes: no overdraft, no lost update, one truth."""
    invoice = await pair.first.create_invoice(1, "9000000.00")
    add = ("AddCredit", {"clientid": 1, "amount": "1.00", "description": "In"})
    apply = ("ApplyCredit", {"invoiceid": invoice, "amount": "1.00"})
    answers = await through_both(pair, [add, apply] * 1000)
    outcomes = Counter(
        ("applied" if "invoicepaid" in answer.body else "added")
        if answer.is_success
        else answer.body["message"]
        for answer in answers
    )
    assert outcomes.keys() <= {"added", "applied", TOO_LITTLE}, outcomes
    assert outcomes["added"] == 1000
    expected = 100 * (outcomes["added"] - outcomes["applied"])
    assert [await balance_of(api, 1) for api in (pair.first, pair.second)] == [expected, expected]
    await audit(pair.dsn)


async def test_a_write_through_one_is_read_through_the_other(pair: Pair) -> None:
    """A read that begins after a write was acknowledged by the other process sees it."""
    writer, reader = pair.first, pair.second
    for number in range(1, 31):
        added = await writer.must("AddCredit", clientid=1, amount="1.00", description=f"Gift {number}")
        client, credit = await asyncio.gather(
            reader.must("GetClientsDetails", clientid=1), reader.must("GetCredits", clientid=1)
        )
        assert client["credit"] == added["newbalance"]
        assert credit["credits"]["credit"][-1]["id"] == added["creditid"]
        invoice = await writer.create_invoice(1, "1.00")
        assert (await reader.must("GetInvoice", invoiceid=invoice))["status"] == "Unpaid"
        await reader.must("ApplyCredit", invoiceid=invoice, amount="full")
        assert (await writer.must("GetInvoice", invoiceid=invoice))["status"] == "Paid"
        await writer.must("AddCredit", clientid=1, amount="1.00", description="Back")
        writer, reader = reader, writer


async def test_the_same_payment_is_taken_once(pair: Pair) -> None:
    """50 identical notices of one payment through both processes leave one transaction."""
    invoice = await pair.first.create_invoice(1, "10.00")
    notice = {"invoiceid": invoice, "transid": "T-1", "gateway": "paypal", "amount": "10.00"}
    answers = await through_both(pair, [("AddInvoicePayment", notice)] * 50)
    assert all(answer.is_success for answer in answers)
    assert sum("Idempotency-Hit" not in answer.headers for answer in answers) == 1
    for api in (pair.first, pair.second):
        assert (await api.must("GetTransactions", invoiceid=invoice))["totalresults"] == 1
        assert await balance_of(api, 1) == 0
    log = await audit(pair.dsn)
    assert sum(isinstance(entry.event, PaymentRecorded) for entry in log) == 1


async def test_one_number_is_told_once(pair: Pair) -> None:
    """50 AddTransaction with one number, of two clients through both processes: one is recorded."""
    other = await pair.first.add_client("grace@example.com")
    told = {"paymentmethod": "mailin", "transid": "T-1", "amountin": "1.00", "credit": "1"}
    answers = await through_both(
        pair, [("AddTransaction", {**told, "userid": client}) for client in (1, other)] * 25
    )
    outcomes = Counter(answer.body.get("message", "recorded") for answer in answers)
    assert outcomes == {"recorded": 1, "Transaction ID must be Unique": 49}
    for api in (pair.first, pair.second):
        assert sorted([await balance_of(api, 1), await balance_of(api, other)]) == [0, 100]
    await audit(pair.dsn)


async def test_mass_payments_race_with_payments(pair: Pair) -> None:
    """Invoices are paid by themselves and by mass invoices at once: each once, and no money is lost."""
    invoices = [await pair.first.create_invoice(1, "1.00") for _ in range(20)]
    lines: dict[str, Any] = {"userid": 1}
    for place, invoice in enumerate(invoices):
        lines |= {
            f"itemdescription{place}": "Line",
            f"itemamount{place}": "1.00",
            f"itemtype{place}": "Invoice",
            f"itemrelid{place}": invoice,
        }
    masses = [(await pair.second.must("CreateInvoice", **lines))["invoiceid"] for _ in range(2)]
    calls = [
        ("AddInvoicePayment", {"invoiceid": invoice, "transid": f"T-{invoice}"})
        for invoice in [*invoices, *masses]
    ]
    answers = await through_both(pair, calls[::2] + calls[1::2])
    assert all(answer.is_success for answer in answers)
    for invoice in [*invoices, *masses]:
        assert (await pair.first.must("GetInvoice", invoiceid=invoice))["status"] == "Paid"
    # 60.00 or less came in, of which the 20 invoices kept 20.00 and the rest is credit.
    rows = (await pair.second.must("GetTransactions", clientid=1))["transactions"]["transaction"]
    came_in = sum(hundredths(row["amountin"]) for row in rows)
    assert [await balance_of(api, 1) for api in (pair.first, pair.second)] == [came_in - 2000] * 2
    await audit(pair.dsn)


async def test_many_invoices_never_overdraw_one_credit(pair: Pair) -> None:
    """200 invoices want 1.00 each of a credit of 50.00, at once: 50 get it."""
    created = await through_both(
        pair,
        [("CreateInvoice", {"userid": 1, "itemdescription1": "Line", "itemamount1": "1.00"})] * 200,
    )
    assert len({answer.body["invoiceid"] for answer in created}) == 200
    await pair.second.must("AddCredit", clientid=1, amount="50.00", description="All there is")
    answers = await through_both(
        pair, [("ApplyCredit", {"invoiceid": answer.body["invoiceid"]}) for answer in created]
    )
    outcomes = Counter(answer.body.get("invoicepaid") or answer.body["message"] for answer in answers)
    assert outcomes == {"true": 50, TOO_LITTLE: 150}
    assert [await balance_of(api, 1) for api in (pair.first, pair.second)] == [0, 0]
    log = await audit(pair.dsn)
    assert sum(isinstance(entry.event, CreditApplied) for entry in log) == 50


async def test_the_same_address_opens_one_account(pair: Pair) -> None:
    """AddClient with one e-mail address through both processes at once gives exactly one client."""
    for round_number in range(5):
        wanted = {**CLIENT, "email": f"grace-{round_number}@example.com"}
        answers = await through_both(pair, [("AddClient", wanted)] * 10)
        assert Counter(answer.body.get("message") for answer in answers) == {
            None: 1,
            "A user already exists with that email address": 9,
        }
    log = await audit(pair.dsn)
    assert sum(isinstance(entry.event, AccountOpened) for entry in log) == 6


async def test_a_replay_does_not_carry_what_was_decided_on_it(pair: Pair, ledger_dsn: str) -> None:
    """A process that is behind decides on top of a replayed command: the ledger is still not overdrawn.

    The replay seems to add 50.00 once more; the other process has spent 80.00 of 100.00 in as many events.
    """
    api = pair.first
    wide = await api.create_invoice(1, "9000.00")
    other_client = await api.add_client("grace@example.com")
    gift = {"clientid": 1, "amount": "50.00", "description": "Gift"}
    for number in range(10):
        key = {"Idempotency-Key": f"gift-{number}"}
        assert (await api.call("AddCredit", key, **gift)).is_success
        balance = await balance_of(api, 1)
        await api.must("AddCredit", clientid=1, amount=f"{(10000 - balance) / 100:.2f}", description="Fill")
        await pair.second.must("ApplyCredit", invoiceid=wide, amount="80.00")
        async with lane_locked(ledger_dsn) as lock:
            first = asyncio.create_task(api.call("AddCredit", clientid=other_client, amount="1.00"))
            await lock.wanted()
            replay = asyncio.create_task(api.call("AddCredit", key, **gift))
            await api.must("GetCredits", clientid=other_client)  # enough time for the one before
            greedy = asyncio.create_task(api.call("ApplyCredit", invoiceid=wide, amount="120.00"))
            await api.must("GetCredits", clientid=other_client)
        assert (await replay).headers["Idempotency-Hit"] == "true"
        assert (await greedy).body["message"] == TOO_LITTLE
        assert (await first).is_success
        assert await balance_of(api, 1) == 2000
    await audit(ledger_dsn)
