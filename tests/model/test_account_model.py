"""Random histories of one account, compared step by step with an honest little bookkeeper.

The bookkeeper keeps every credit row and every payment in a list and adds them all up whenever it needs
a sum; it shares no code with the domain but the command and event classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from service.domain.account import evolve, initial_state
from service.domain.commands import OpenAccount
from service.domain.decide import decide
from service.domain.events import (
    AccountOpened,
    CreditAdded,
    CreditApplied,
    CreditRemoved,
    InvoiceIssued,
    InvoiceSettled,
    PaymentRecorded,
)
from service.domain.refusals import AlreadyRecorded, Refusal, RefusalCode
from tests.support import commands
from tests.support.decider import Numbers

if TYPE_CHECKING:
    from service.domain.commands import (
        AccountCommand,
        AddCredit,
        ApplyCredit,
        IssueInvoice,
        RecordPayment,
        RemoveCredit,
    )
    from service.domain.events import Event

strays = st.sampled_from([False, False, False, True])
"""Whether a command may be about any invoice, one that does not exist included."""

Aimed = TypeVar("Aimed", "ApplyCredit", "RecordPayment")

LIMIT = 10**16 - 1
METHOD = "banktransfer"


@dataclass
class Payment:
    """Money that came in, and how much of it the invoice kept."""

    transaction_id: int
    gateway: str
    reference: str
    amount: int
    kept: int


@dataclass
class Invoice:
    """A debt and everything that was put against it."""

    total: int
    status: str
    method: str
    credits: list[int] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)

    def due(self) -> int:
        """Added up from scratch."""
        return self.total - sum(self.credits) - sum(payment.kept for payment in self.payments)

    def paid(self) -> int:
        """Added up from scratch."""
        return sum(payment.amount for payment in self.payments)


def tax_on(amount: int, rate: int) -> int:
    """Schoolbook rounding of thousandths of a percent: half a hundredth more, then cut."""
    cut = (abs(amount) * rate * 2 + 100_000) // 200_000
    return cut if amount >= 0 else -cut


class AccountModel(RuleBasedStateMachine):
    """The domain and the bookkeeper get the same commands and must agree on every answer."""

    def __init__(self) -> None:
        super().__init__()
        self.state = initial_state()
        self.numbers = Numbers()
        self.rows: list[tuple[int, int]] = []  # amount, and the transaction it came from or 0
        self.invoices: dict[int, Invoice] = {}

    def balance(self) -> int:
        """The sum of the credit rows."""
        return sum(amount for amount, _ in self.rows)

    def send(self, command: AccountCommand, expected: RefusalCode | None) -> tuple[Event, ...]:
        """Decide and evolve `command`; its events, none if the expected refusal came."""
        decision = decide(self.state, command, self.numbers.offer())
        if expected is not None:
            assert isinstance(decision, Refusal)
            assert decision.code is expected
            return ()
        assert isinstance(decision, tuple)
        assert decision
        self.numbers.take(decision)
        for event in decision:
            self.state = evolve(self.state, event)
        return decision

    def aimed(self, command: Aimed) -> Aimed:
        """The same command for an invoice on which something is owed, if there is one."""
        owed = [
            number
            for number, invoice in self.invoices.items()
            if invoice.status == "Unpaid" and invoice.due() > 0
        ]
        return replace(command, invoice_id=owed[command.invoice_id % len(owed)]) if owed else command

    @initialize(credit=commands.add_credits, invoice=commands.issue_invoices)
    def open(self, credit: AddCredit, invoice: IssueInvoice) -> None:
        """Every history starts with an account and, unless refused, some credit and an invoice."""
        (opened,) = self.send(
            OpenAccount(currency="EUR", currency_id=1, profile={}, payment_method=METHOD), None
        )
        assert isinstance(opened, AccountOpened)
        self.add_credit(credit)
        self.issue(invoice)

    @rule(command=commands.add_credits)
    def add_credit(self, command: AddCredit) -> None:
        """Credit by hand, up to the limit."""
        expected = None
        if command.amount == 0:
            expected = RefusalCode.AMOUNT_NOT_POSITIVE
        elif self.balance() + command.amount > LIMIT:
            expected = RefusalCode.AMOUNT_TOO_LARGE
        for event in self.send(command, expected):
            assert isinstance(event, CreditAdded)
            self.rows.append((event.amount, 0))
            assert (event.amount, event.balance) == (command.amount, self.balance())

    @rule(command=commands.remove_credits)
    def remove_credit(self, command: RemoveCredit) -> None:
        """Credit taken back, down to nothing."""
        expected = None
        if command.amount == 0:
            expected = RefusalCode.AMOUNT_NOT_POSITIVE
        elif command.amount > self.balance():
            expected = RefusalCode.CREDIT_TOO_LOW
        for event in self.send(command, expected):
            assert isinstance(event, CreditRemoved)
            self.rows.append((-event.amount, 0))
            assert (event.amount, event.balance) == (command.amount, self.balance())

    @rule(command=commands.issue_invoices)
    def issue(self, command: IssueInvoice) -> None:
        """An invoice in any status, with lines, discounts and taxes."""
        subtotal = sum(item.amount for item in command.items)
        taxed = sum(item.amount for item in command.items if item.taxed)
        taxes = [tax_on(taxed, command.tax_rate), tax_on(taxed, command.tax_rate2)]
        total = subtotal + sum(taxes)
        if any(abs(value) > LIMIT for value in (subtotal, *taxes, total)):
            self.send(command, RefusalCode.AMOUNT_TOO_LARGE)
            return
        events = list(self.send(command, None))
        issued = events.pop(0)
        assert isinstance(issued, InvoiceIssued)
        assert (issued.subtotal, issued.tax, issued.tax2, issued.total) == (subtotal, *taxes, total)
        assert issued.invoice_id == len(self.invoices) + 1
        invoice = Invoice(total, issued.status, command.payment_method or METHOD)
        self.invoices[issued.invoice_id] = invoice
        from_credit = min(total, self.balance())
        if invoice.status == "Unpaid" and command.auto_apply_credit and from_credit > 0:
            self.credit_moved(events.pop(0), issued.invoice_id, from_credit)
        if invoice.status == "Paid" or (invoice.credits and invoice.due() == 0):
            self.settled(events.pop(0), issued.invoice_id)
        assert not events

    @rule(command=commands.apply_credits, stray=strays)
    def apply_credit(self, command: ApplyCredit, stray: bool) -> None:
        """Credit for an invoice, a part or all that is due."""
        command = command if stray else self.aimed(command)
        invoice = self.invoices.get(command.invoice_id)
        if invoice is None:
            self.send(command, RefusalCode.INVOICE_NOT_FOUND)
            return
        amount = invoice.due() if command.amount is None else command.amount
        expected = None
        if invoice.status != "Unpaid":
            expected = RefusalCode.INVOICE_NOT_UNPAID
        elif amount > self.balance():
            expected = RefusalCode.CREDIT_TOO_LOW
        elif amount > invoice.due():
            expected = RefusalCode.MORE_THAN_DUE
        elif amount <= 0:
            expected = RefusalCode.AMOUNT_NOT_POSITIVE
        events = list(self.send(command, expected))
        if expected is None:
            self.credit_moved(events.pop(0), command.invoice_id, amount)
            if invoice.due() == 0:
                self.settled(events.pop(0), command.invoice_id)
        assert not events

    @rule(command=commands.record_payments, stray=strays)
    def pay(self, command: RecordPayment, stray: bool) -> None:
        """Money for an invoice: too little, enough, too much, or the same again."""
        command = command if stray else self.aimed(command)
        invoice = self.invoices.get(command.invoice_id)
        if invoice is None:
            self.send(command, RefusalCode.INVOICE_NOT_FOUND)
            return
        gateway = command.gateway or invoice.method
        for payment in invoice.payments:
            if command.reference and (payment.gateway, payment.reference) == (gateway, command.reference):
                decision = decide(self.state, command, self.numbers.offer())
                assert decision == AlreadyRecorded(payment.transaction_id)
                return
        if invoice.status in {"Cancelled", "Draft"}:
            self.send(command, RefusalCode.INVOICE_NOT_PAYABLE)
            return
        still_open = invoice.status not in {"Paid", "Refunded"}
        owed = max(invoice.due(), 0) if still_open else 0
        amount = command.amount or owed
        kept = min(amount, owed)
        if invoice.paid() + amount > LIMIT or self.balance() + amount - kept > LIMIT:
            self.send(command, RefusalCode.AMOUNT_TOO_LARGE)
            return
        events = list(self.send(command, None))
        recorded = events.pop(0)
        assert isinstance(recorded, PaymentRecorded)
        invoice.payments.append(Payment(recorded.transaction_id, gateway, command.reference, amount, kept))
        assert (recorded.amount, recorded.applied, recorded.surplus) == (amount, kept, amount - kept)
        assert (recorded.invoice_paid, recorded.invoice_due) == (invoice.paid(), invoice.due())
        if still_open and invoice.due() <= 0:
            self.settled(events.pop(0), command.invoice_id)
        if amount > kept:
            credited = events.pop(0)
            assert isinstance(credited, CreditAdded)
            self.rows.append((amount - kept, recorded.transaction_id))
            assert (credited.amount, credited.balance) == (amount - kept, self.balance())
            assert credited.transaction_id == recorded.transaction_id
        assert not events

    def credit_moved(self, event: Event, invoice_id: int, amount: int) -> None:
        """The next event moved `amount` from the credit to the invoice."""
        assert isinstance(event, CreditApplied)
        invoice = self.invoices[invoice_id]
        self.rows.append((-amount, 0))
        invoice.credits.append(amount)
        assert (event.invoice_id, event.amount, event.balance) == (invoice_id, amount, self.balance())
        assert (event.invoice_credit, event.invoice_due) == (sum(invoice.credits), invoice.due())

    def settled(self, event: Event, invoice_id: int) -> None:
        """The next event settled the invoice."""
        assert isinstance(event, InvoiceSettled)
        assert event.invoice_id == invoice_id
        self.invoices[invoice_id].status = "Paid"

    @invariant()
    def credit_adds_up(self) -> None:
        """The balance is the sum of its rows, never negative, never past the limit, numbered without gaps."""
        assert self.state.balance == self.balance()
        assert 0 <= self.balance() <= LIMIT
        assert self.numbers.credit == len(self.rows) + 1

    @invariant()
    def invoices_agree(self) -> None:
        """Every invoice stands as the bookkeeper has it; due falls below zero only with the total itself."""
        assert self.state.invoices.keys() == self.invoices.keys()
        for invoice_id, invoice in self.invoices.items():
            state = self.state.invoices[invoice_id]
            assert (state.status, state.due, state.paid) == (invoice.status, invoice.due(), invoice.paid())
            assert state.due >= min(0, invoice.total)

    @invariant()
    def no_money_is_lost(self) -> None:
        """All money in is on an invoice or became credit."""
        received = sum(invoice.paid() for invoice in self.invoices.values())
        kept = sum(payment.kept for invoice in self.invoices.values() for payment in invoice.payments)
        assert received - kept == sum(amount for amount, transaction in self.rows if transaction)
        assert self.numbers.transaction == 1 + sum(len(i.payments) for i in self.invoices.values())


AccountModel.TestCase.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
test_account_model = AccountModel.TestCase
