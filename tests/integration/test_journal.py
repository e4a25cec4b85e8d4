"""What each kind of event posts, by hand: small histories and what they leave on the accounts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from projections.journal.project import PROJECTION as JOURNAL
from projections.projection import CannotApply, apply
from service.domain.account import evolve, initial_state
from service.domain.cancellation_commands import CancellationKind, RequestCancellation
from service.domain.client_commands import DeleteAccount
from service.domain.commands import (
    AddCredit,
    AmendInvoice,
    ApplyCredit,
    CorrectTransaction,
    IssueInvoice,
    ItemChange,
    NewItem,
    OpenAccount,
    RecordPayment,
    RecordTransaction,
    RemoveCredit,
)
from service.domain.decide import decide, decide_house
from service.domain.invoice_status import InvoiceStatus as Status
from tests.support.decider import Numbers
from tests.support.endings import registration
from tests.support.facts import facts
from tests.support.projecting import LANE
from tests.support.samples import CREDIT_ADDED, INVOICE_SETTLED

if TYPE_CHECKING:
    from service.domain.events import Event

OPENING = OpenAccount(currency="EUR", currency_id=1, profile={}, payment_method="paypal")


def issue(
    amount: int = 100, kind: str = "", relation: int = 0, status: Status = Status.UNPAID, rate: int = 0
) -> IssueInvoice:
    """An invoice of one line."""
    item = NewItem(description="", amount=amount, kind=kind, relation_id=relation, taxed=True)
    return IssueInvoice(status=status, items=(item,), tax_rate=rate)


def pay(amount: int | None = None, invoice: int = 1, fees: int = 0) -> RecordPayment:
    """By PayPal."""
    return RecordPayment(invoice_id=invoice, reference="P", amount=amount, fees=fees)


def back(amount: int, transaction: int = 1, fees: int = 0) -> RecordTransaction:
    """A refund."""
    return RecordTransaction(
        gateway="paypal", refund_id=transaction, amount_out=amount, fees=fees, reference=f"R{amount}"
    )


def become(status: Status) -> AmendInvoice:
    """The first invoice gets another status, and nothing else."""
    return AmendInvoice(invoice_id=1, status=status)


RECEIVABLE, CREDIT, SALES = "Assets:Receivables:7", "Liabilities:Client-Credit:7", "Income:Sales"
PAYPAL, BANK, FEES = "Assets:Gateways:paypal", "Assets:Gateways:bank", "Expenses:Gateway-Fees:paypal"
UNALLOCATED, DEPOSITS = "Liabilities:Unallocated:7", "Liabilities:Deposits:7"
PREPAID, DIFFERENCES, REFUNDS = "Liabilities:Prepayments:7", "Assets:Settlement-Differences", "Income:Refunds"
GIVEN, RETURNED = "Expenses:Credit-Adjustments", "Expenses:Overpayments-Returned"
CREDITED = "Expenses:Invoice-Credits"

SERVICE = registration(7)
AT_ONCE = RequestCancellation(service_id=7, kind=CancellationKind.IMMEDIATE)

CASES: dict[str, tuple[list[Any], dict[str, int]]] = {
    "credit by hand": (
        [AddCredit(amount=90, description=""), RemoveCredit(amount=20, description="")],
        {CREDIT: -70, GIVEN: 70},
    ),
    "an invoice with tax": (
        [issue(rate=19_000)],
        {RECEIVABLE: 119, SALES: -100, "Liabilities:Tax:1": -19},
    ),
    "an invoice paid from credit": (
        [AddCredit(amount=100, description=""), issue(), ApplyCredit(invoice_id=1)],
        {GIVEN: 100, SALES: -100},
    ),
    "a draft": ([issue(status=Status.DRAFT)], {}),
    "a published draft": (
        [issue(status=Status.DRAFT), AmendInvoice(invoice_id=1, publish=True)],
        {RECEIVABLE: 100, SALES: -100},
    ),
    "an overpayment": (
        [issue(), pay(150, fees=4)],
        {PAYPAL: 146, FEES: 4, SALES: -100, CREDIT: -50},
    ),
    "an overpayment paid back, its credit kept": (
        [issue(), pay(150), back(50)],
        {PAYPAL: 100, SALES: -100, CREDIT: -50, RETURNED: 50},
    ),
    "a service that ended early": ([SERVICE, AT_ONCE], {CREDIT: -33_500, REFUNDS: 33_500}),
    "added funds": ([issue(kind="AddFunds"), pay()], {PAYPAL: 100, CREDIT: -100}),
    "added funds, not paid yet": ([issue(kind="AddFunds")], {RECEIVABLE: 100, PREPAID: -100}),
    "added funds that become a sale": (
        [
            issue(kind="AddFunds"),
            AmendInvoice(
                invoice_id=1,
                removed_items=(1,),
                added_items=(NewItem(description="", amount=30),),
            ),
        ],
        {RECEIVABLE: 30, SALES: -30},
    ),
    "a mass payment": (
        [issue(), issue(kind="Invoice", relation=1), pay(invoice=2)],
        {PAYPAL: 100, SALES: -100},
    ),
    "a cancelled invoice": ([issue(), become(Status.CANCELLED)], {}),
    "cancelled when a part was paid": (
        [issue(), pay(40), become(Status.CANCELLED)],
        {PAYPAL: 40, DEPOSITS: -40},
    ),
    "cancelled, and paid back": ([issue(), pay(40), become(Status.CANCELLED), back(40)], {}),
    "cancelled and reopened": (
        [issue(), pay(40), become(Status.CANCELLED), become(Status.UNPAID)],
        {PAYPAL: 40, RECEIVABLE: 60, SALES: -100},
    ),
    "paid and paid back": (
        [issue(), pay(), back(100, fees=3)],
        {PAYPAL: -3, FEES: 3, SALES: -100, REFUNDS: 100},
    ),
    "a part paid back": ([issue(), pay(), back(30)], {PAYPAL: 70, SALES: -100, REFUNDS: 30}),
    "paid back while open": ([issue(), pay(60), back(30)], {PAYPAL: 30, RECEIVABLE: 70, SALES: -100}),
    "paid back and reopened": (
        [issue(), pay(), back(100), become(Status.UNPAID)],
        {RECEIVABLE: 100, SALES: -100},
    ),
    "marked as paid": ([issue(), become(Status.PAID)], {DIFFERENCES: 100, SALES: -100}),
    "marked as refunded": ([issue(), become(Status.REFUNDED)], {REFUNDS: 100, SALES: -100}),
    "raised when it was paid": (
        [
            issue(),
            pay(),
            AmendInvoice(
                invoice_id=1,
                changed_items=(ItemChange(item_id=1, description="", amount=120, taxed=False),),
            ),
        ],
        {PAYPAL: 100, DIFFERENCES: 20, SALES: -120},
    ),
    "credit noted by hand": (
        [issue(), AmendInvoice(invoice_id=1, credit=25)],
        {RECEIVABLE: 75, CREDITED: 25, SALES: -100},
    ),
    "another gateway": (
        [issue(), pay(100, fees=5), CorrectTransaction(transaction_id=1, gateway="bank", fees=0)],
        {BANK: 100, SALES: -100},
    ),
    "corrected twice": (
        [
            issue(),
            pay(40, fees=5),
            CorrectTransaction(transaction_id=1, amount_in=70),
            CorrectTransaction(transaction_id=1, gateway="bank"),
        ],
        {BANK: 65, "Expenses:Gateway-Fees:bank": 5, RECEIVABLE: 30, SALES: -100},
    ),
    "moved to another invoice": (
        [issue(), issue(amount=60), pay(100), CorrectTransaction(transaction_id=1, invoice_id=2)],
        {PAYPAL: 100, DIFFERENCES: 100, SALES: -160, CREDIT: -40},
    ),
    "money for no invoice": (
        [RecordTransaction(gateway="paypal", amount_in=80, reference="T")],
        {PAYPAL: 80, UNALLOCATED: -80},
    ),
    "money for no invoice, as credit": (
        [RecordTransaction(gateway="paypal", amount_in=80, reference="T", to_credit=True)],
        {PAYPAL: 80, CREDIT: -80},
    ),
    "a deleted client": (
        [
            AddCredit(amount=30, description=""),
            issue(),
            pay(40),
            issue(status=Status.DRAFT),
            DeleteAccount(names={1: "name"}),
        ],
        {GIVEN: 30, PAYPAL: 40, SALES: -100, "Expenses:Write-Offs": 30},
    ),
}


def written(commands: list[Any], *, is_house: bool = False) -> list[Event]:
    """Their events; none of them is refused."""
    state, numbers = initial_state(), Numbers()
    numbers.client = 7
    events: list[Event] = []
    rules: Any = decide_house if is_house else decide
    for command in commands:
        decision = rules(state, command, numbers.offer())
        assert isinstance(decision, tuple), (command, decision)
        numbers.take(decision)
        for event in decision:
            state = evolve(state, event)
        events += decision
    return events


async def posted(dsn: str, batches: list[list[Any]]) -> dict[str, int]:
    """What the accounts have afterwards; those with nothing are left out."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(JOURNAL.sql("tables", "pg_temp"))
        for batch in batches:
            await apply(connection, JOURNAL, "pg_temp", LANE, batch)
        rows = await connection.fetch(
            "select account || coalesce(':' || party, '') as name, sum(amount)::bigint as amount "
            "from pg_temp.posting group by 1 having sum(amount) <> 0"
        )
    finally:
        await connection.close()
    return {row["name"]: row["amount"] for row in rows}


@pytest.mark.parametrize(("commands", "expected"), CASES.values(), ids=CASES)
async def test_what_is_posted(database: str, commands: list[Any], expected: dict[str, int]) -> None:
    """In one batch and in batches of one event the accounts come to the same, and to what they should."""
    batch = facts(*written([OPENING, *commands]))
    assert await posted(database, [batch]) == expected
    assert await posted(database, [[fact] for fact in batch]) == expected


async def test_money_of_nobody(database: str) -> None:
    """It is nobody's, in its own currency, also when it is corrected."""
    told = RecordTransaction(
        gateway="bank", amount_in=70, fees=2, reference="H", currency="USD", currency_id=2
    )
    corrected = CorrectTransaction(transaction_id=1, amount_in=60)
    batch = facts(*written([told, corrected], is_house=True), stream="house")
    assert await posted(database, [batch]) == {
        "Assets:Gateways:bank": 58,
        "Expenses:Gateway-Fees:bank": 2,
        "Liabilities:Unallocated:0": -60,
    }


async def test_what_no_account_stands_for_is_not_posted(database: str) -> None:
    """Credit for an unknown reason, and an event of an unknown invoice, cannot be applied."""
    with pytest.raises(CannotApply, match="position 1: no account stands for the reason"):
        await posted(database, [facts(replace(CREDIT_ADDED, reason="gift"))])
    with pytest.raises((CannotApply, asyncpg.NotNullViolationError)):
        await posted(database, [facts(INVOICE_SETTLED)])
