"""A year of business written into a real log: every kind of event that moves money, in random order.

The same seed writes the same year. The days of facts and of their recording move on from January to December.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from service.domain.account import AccountState, evolve, initial_state
from service.domain.client_commands import DeleteAccount
from service.domain.commands import (
    AddCredit,
    AmendInvoice,
    ApplyCredit,
    CorrectTransaction,
    IssueInvoice,
    ItemChange,
    NewItem,
    RecordPayment,
    RecordTransaction,
    RemoveCredit,
)
from service.domain.decide import decide, decide_house
from service.domain.invoice_status import InvoiceStatus
from service.domain.streams import HOUSE_STREAM, account_stream
from tests.support.decider import Numbers
from tests.support.ledger_log import OPEN_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.commands import AccountCommand
    from tests.support.ledger_log import LedgerLog

YEAR = 2025
CURRENCIES = ("EUR", "USD")
GATEWAYS = ("paypal", "banktransfer", "bank_transfer", "Überweisung 2")
"""One of them is told from another by a character that account names cannot have."""


@dataclass
class Year:
    """What was written; `states` are the accounts at its end, 0 being nobody's."""

    log: LedgerLog
    random: Random
    states: dict[int, AccountState]
    numbers: Numbers
    today: date = date(YEAR, 1, 1)

    async def send(self, client: int, command: AccountCommand) -> bool:
        """Decide today and leave the writing to `flush`; False if it is refused."""
        state = self.states.setdefault(client, initial_state())
        offer = replace(self.numbers.offer(), now=f"{self.today} 10:00:00")
        rules: Any = decide if client else decide_house
        decision = rules(state, command, offer)
        if not isinstance(decision, tuple):
            return False
        self.numbers.take(decision)
        for event in decision:
            self.states[client] = evolve(self.states[client], event)
        await self.log.queue_events(account_stream(client) if client else HOUSE_STREAM, decision)
        return True


async def write_year(log: LedgerLog, *, clients: int = 10, commands: int = 1500, seed: int = 7) -> Year:
    """Write it; the last client is deleted at the end, with what it owes and has."""
    year = Year(log, Random(seed), {}, Numbers())  # noqa: S311 -- a made-up year
    for _ in range(clients):
        currency = year.random.choice(CURRENCIES)
        number = year.numbers.client
        assert await year.send(number, replace(OPEN_ACCOUNT, currency=currency))
    kinds = list(_KINDS)
    for count in range(commands):
        year.today = date(YEAR, 1, 1) + timedelta(days=count * 364 // commands)
        client = year.random.randint(1, clients)
        await year.send(*_KINDS[kinds[count % len(kinds)]](year, client))
        if count % 200 == 0:
            await log.flush()
    await year.send(clients, AddCredit(amount=999, description="Left"))
    await year.send(clients, _issue(year, clients)[1])
    assert await year.send(clients, DeleteAccount(names={1: "name"}))
    await log.flush()
    return year


def _some_day(year: Year) -> str | None:
    """Now and then a fact is told later than it was."""
    back = year.random.choice([None, None, None, 1, 5, 40])
    return None if back is None else max(year.today - timedelta(days=back), date(YEAR, 1, 1)).isoformat()


def _add(year: Year, client: int) -> tuple[int, AccountCommand]:
    amount = year.random.randint(1, 50_000)
    return client, AddCredit(amount=amount, description="Added", date=_some_day(year))


def _remove(year: Year, client: int) -> tuple[int, AccountCommand]:
    return client, RemoveCredit(amount=year.random.randint(1, 3_000), description="Removed")


def _issue(year: Year, client: int) -> tuple[int, AccountCommand]:
    random = year.random
    invoices = list(year.states[client].invoices) or [0]
    items = [
        NewItem(
            description="Line",
            amount=random.randint(-300, 9_999),
            taxed=random.random() < 0.5,
            kind=random.choice(["", "", "", "AddFunds", "Invoice"]),
            relation_id=random.choice(invoices),
        )
        for _ in range(random.randint(0, 3))
    ]
    status = random.choice([InvoiceStatus.UNPAID] * 8 + list(InvoiceStatus))
    return client, IssueInvoice(
        status=status,
        items=tuple(items),
        tax_rate=random.choice([0, 19_000]),
        tax_rate2=random.choice([0, 0, 1_500]),
        payment_method=random.choice(GATEWAYS),
        auto_apply_credit=random.random() < 0.3,
        date=_some_day(year),
    )


def _invoice(year: Year, client: int) -> int:
    return year.random.choice(list(year.states[client].invoices)[-8:] or [0])


def _transaction(year: Year, client: int) -> int:
    state = year.states.get(client)
    return year.random.choice(list(state.transactions)[-8:] or [0]) if state else 0


def _apply(year: Year, client: int) -> tuple[int, AccountCommand]:
    amount = year.random.choice([None, 100, 1_000])
    return client, ApplyCredit(invoice_id=_invoice(year, client), amount=amount)


def _pay(year: Year, client: int) -> tuple[int, AccountCommand]:
    random = year.random
    return client, RecordPayment(
        invoice_id=_invoice(year, client),
        gateway=random.choice(GATEWAYS),
        reference=f"P{random.random()}",
        amount=random.choice([None, 500, 20_000]),
        fees=random.choice([0, 35]),
        to_credit=random.random() < 0.5,
    )


def _transact(year: Year, client: int) -> tuple[int, AccountCommand]:
    random = year.random
    refund = random.random() < 0.5
    return client, RecordTransaction(
        gateway=random.choice(GATEWAYS),
        invoice_id=0 if refund else random.choice([0, _invoice(year, client)]),
        reference=f"T{random.random()}",
        amount_in=0 if refund else random.randint(0, 9_999),
        amount_out=random.randint(1, 900) if refund else 0,
        fees=random.choice([0, 20, -5]),
        refund_id=_transaction(year, client) if refund else 0,
        to_credit=random.random() < 0.5,
    )


def _nobody(year: Year, _client: int) -> tuple[int, AccountCommand]:
    currency = year.random.choice(CURRENCIES)
    command = (
        _transact(year, 0)[1] if 0 in year.states else RecordTransaction(gateway="paypal", amount_in=100)
    )
    assert isinstance(command, RecordTransaction)
    number = 1 + CURRENCIES.index(currency)
    return 0, replace(command, currency=currency, currency_id=number, to_credit=False)


def _correct(year: Year, client: int) -> tuple[int, AccountCommand]:
    random = year.random
    return client, CorrectTransaction(
        transaction_id=_transaction(year, client),
        gateway=random.choice([None, *GATEWAYS]),
        invoice_id=random.choice([None, None, _invoice(year, client), 0]),
        amount_in=random.choice([None, random.randint(0, 9_999)]),
        fees=random.choice([None, 11]),
        to_credit=random.random() < 0.5,
    )


def _amend(year: Year, client: int) -> tuple[int, AccountCommand]:
    random = year.random
    number = _invoice(year, client)
    invoice = year.states[client].invoices.get(number)
    lines = [line.item_id for line in invoice.lines] if invoice else []
    return client, AmendInvoice(
        invoice_id=number,
        changed_items=tuple(
            ItemChange(item_id=item, description="Changed", amount=random.randint(-50, 5_000), taxed=False)
            for item in lines[:1]
        ),
        removed_items=tuple(lines[1:2]),
        credit=random.choice([None, None, None, 250]),
        publish=invoice is not None and invoice.status is InvoiceStatus.DRAFT,
        status=random.choice([None, None, *InvoiceStatus]),
    )


_KINDS: dict[str, Callable[[Year, int], tuple[int, AccountCommand]]] = {
    "add": _add,
    "issue": _issue,
    "apply": _apply,
    "issue more": _issue,
    "pay": _pay,
    "pay more": _pay,
    "transact": _transact,
    "remove": _remove,
    "amend": _amend,
    "correct": _correct,
    "nobody": _nobody,
}
