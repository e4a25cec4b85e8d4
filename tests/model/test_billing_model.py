"""Random histories of one account with lines that do something when paid, transactions told by hand, refunds,
corrections and changed invoices, compared step by step with an honest little book (`billing_book`).

Limits on amounts, and the plain commands in all their detail, are tried in `test_account_model`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from service.domain.account import dump, evolve, initial_state
from service.domain.commands import AddCredit, OpenAccount, RecordPayment
from service.domain.decide import decide
from service.domain.events import CreditAdded, CreditApplied, CreditRemoved
from service.domain.refusals import AlreadyRecorded, Refusal, RefusalCode
from tests.model.billing_book import Book
from tests.support import billing_commands as commands
from tests.support.decider import Numbers

if TYPE_CHECKING:
    from service.domain.commands import (
        AccountCommand,
        AmendInvoice,
        ApplyCredit,
        CorrectTransaction,
        IssueInvoice,
        RecordTransaction,
    )
    from service.domain.events import Event


class BillingModel(RuleBasedStateMachine):
    """The domain and the book get the same commands and must agree on every answer and every sum."""

    def __init__(self) -> None:
        super().__init__()
        self.state = initial_state()
        self.numbers = Numbers()
        self.book = Book()

    def send(self, command: AccountCommand, expected: RefusalCode | None) -> None:
        """Decide and evolve `command`; the account is touched by its events only."""
        before = dump(self.state)
        decision = decide(self.state, command, self.numbers.offer())
        assert dump(self.state) == before
        if expected is not None:
            assert isinstance(decision, Refusal)
            assert decision.code is expected
            return
        assert isinstance(decision, tuple)
        assert decision
        rows = [amount for event in decision if (amount := _row(event)) is not None]
        assert rows == self.book.rows[len(self.book.rows) - len(rows) :]
        self.numbers.take(decision)
        for event in decision:
            self.state = evolve(self.state, event)

    @initialize(first=commands.issue_invoices, second=commands.issue_invoices)
    def open(self, first: IssueInvoice, second: IssueInvoice) -> None:
        """Every history starts with an account that has two invoices."""
        opening = OpenAccount(currency="EUR", currency_id=1, profile={}, payment_method="paypal")
        decision = decide(self.state, opening, self.numbers.offer())
        assert isinstance(decision, tuple)
        self.numbers.take(decision)
        self.state = evolve(self.state, decision[0])
        self.issue(first)
        self.issue(second)

    @rule(amount=st.integers(1, 300))
    def add_credit(self, amount: int) -> None:
        """Credit by hand."""
        self.book.rows.append(amount)
        self.send(AddCredit(amount=amount, description="Added"), None)

    @rule(command=commands.issue_invoices)
    def issue(self, command: IssueInvoice) -> None:
        """An invoice; its lines may add funds or pay other invoices."""
        self.book.issue(self.numbers.invoice, command, self.numbers.item)
        self.send(command, None)

    @rule(command=commands.apply_credits)
    def apply_credit(self, command: ApplyCredit) -> None:
        """Credit for an invoice."""
        self.send(command, self.book.apply(command))

    @rule(command=commands.record_payments)
    def pay(self, command: RecordPayment) -> None:
        """Money through a gateway; what was told before under that number is known again."""
        name = (command.invoice_id, command.gateway, command.reference)
        known = self.state.payments.get(name)
        if known is not None:
            assert self.book.money[known].name == (command.gateway, command.reference)
            told = self.book.money[known].came
            is_other = command.to_credit and command.amount and command.amount != told
            assert decide(self.state, command, self.numbers.offer()) == (
                Refusal(RefusalCode.TRANSACTION_ID_TAKEN) if is_other else AlreadyRecorded(known)
            )
            return
        self.send(command, self.book.pay(self.numbers.transaction, command))

    @rule(command=commands.record_transactions)
    def transact(self, command: RecordTransaction) -> None:
        """Money told by hand, in or out."""
        unknown = command.invoice_id not in {0, *self.book.debts}
        refusal = None if unknown else self.book.transact(self.numbers.transaction, command)
        if not unknown:
            self.send(command, refusal)

    @rule(command=commands.correct_transactions)
    def correct(self, command: CorrectTransaction) -> None:
        """A transaction told anew."""
        self.send(command, self.book.correct(command))

    @rule(command=commands.amend_invoices)
    def amend(self, command: AmendInvoice) -> None:
        """Other lines, another status."""
        self.send(command, self.book.amend(command, self.numbers.item))

    @invariant()
    def credit_adds_up(self) -> None:
        """The balance is the sum of the rows, never negative, and every row has a number."""
        assert self.state.balance == self.book.balance() >= 0
        assert self.numbers.credit == len(self.book.rows) + 1

    @invariant()
    def invoices_agree(self) -> None:
        """Status, total, credit, what was received and what is due of every invoice."""
        assert self.state.invoices.keys() == self.book.debts.keys()
        for number, debt in self.book.debts.items():
            invoice = self.state.invoices[number]
            assert invoice.status is debt.status
            assert (invoice.total_gross, invoice.credit) == (debt.total(), sum(debt.credits))
            assert (invoice.paid, invoice.applied) == (self.book.received(number), self.book.kept(number))
            assert invoice.due == self.book.due(number)
            assert invoice.paid >= 0

    @invariant()
    def transactions_agree(self) -> None:
        """What came, what went, what became credit; nothing paid back twice."""
        assert self.state.transactions.keys() == self.book.money.keys()
        for number, money in self.book.money.items():
            told = self.state.transactions[number]
            assert (told.invoice_id, told.net, told.applied) == (money.invoice, money.net, money.kept)
            assert told.credited == money.credited
            assert 0 <= told.refunded <= told.amount_in


def _row(event: Event) -> int | None:
    match event:
        case CreditAdded():
            return event.amount
        case CreditRemoved() | CreditApplied():
            return -event.amount
    return None


BillingModel.TestCase.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
test_billing_model = BillingModel.TestCase
