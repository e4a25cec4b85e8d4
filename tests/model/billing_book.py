"""An honest little book of one client's invoices and money, for `test_billing_model`.

It keeps every movement and adds all of them up whenever a sum is needed; it shares no code with the domain
but the classes of commands. Amounts are small, so that no limit is in its rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.domain.invoice_status import InvoiceStatus as Status
from service.domain.refusals import RefusalCode

if TYPE_CHECKING:
    from service.domain.commands import (
        AmendInvoice,
        ApplyCredit,
        CorrectTransaction,
        IssueInvoice,
        NewItem,
        RecordPayment,
        RecordTransaction,
    )

_OPEN = {Status.UNPAID, Status.COLLECTIONS, Status.PAYMENT_PENDING}
_CLOSED_TO_MONEY = {Status.DRAFT, Status.CANCELLED}


@dataclass
class Debt:
    """An invoice: lines by number, percentages of tax, and credit put against it."""

    status: Status
    lines: dict[int, NewItem]
    rates: tuple[int, int]
    credits: list[int] = field(default_factory=list)
    was_paid: bool = False

    def total(self) -> int:
        """Lines and both taxes, added up from scratch."""
        taxed = sum(line.amount for line in self.lines.values() if line.taxed)
        return sum(line.amount for line in self.lines.values()) + sum(
            _tax(taxed, rate) for rate in self.rates
        )


@dataclass
class Money:
    """A transaction; `kept` is what its invoice has of it."""

    invoice: int
    name: tuple[str, str]
    came: int
    went: int
    kept: int
    credited: int
    pays_back: int

    @property
    def net(self) -> int:
        """Positive for what came."""
        return self.came - self.went


@dataclass
class Book:
    """One client's page."""

    rows: list[int] = field(default_factory=list)
    debts: dict[int, Debt] = field(default_factory=dict)
    money: dict[int, Money] = field(default_factory=dict)

    def balance(self) -> int:
        """Added up from scratch."""
        return sum(self.rows)

    def received(self, invoice: int, *, but: int = 0) -> int:
        """What came in for an invoice less what went out."""
        return sum(m.net for number, m in self.money.items() if m.invoice == invoice and number != but)

    def kept(self, invoice: int, *, but: int = 0) -> int:
        """What of it went to the invoice."""
        return sum(m.kept for number, m in self.money.items() if m.invoice == invoice and number != but)

    def due(self, invoice: int, *, but: int = 0) -> int:
        """What is owed."""
        debt = self.debts[invoice]
        return debt.total() - sum(debt.credits) - self.kept(invoice, but=but)

    def issue(self, number: int, command: IssueInvoice, first_item: int) -> None:
        """A new invoice."""
        lines = dict(enumerate(command.items, first_item))
        debt = self.debts[number] = Debt(Status.UNPAID, lines, (command.tax_rate, command.tax_rate2))
        debt.status = command.status
        adds_funds = any(line.kind == "AddFunds" for line in command.items)
        amount = min(self.balance(), debt.total())
        if command.status is Status.PAID:
            self._settle(number)
        elif command.status is Status.UNPAID and command.auto_apply_credit and not adds_funds and amount > 0:
            self._from_credit(number, amount)

    def apply(self, command: ApplyCredit) -> RefusalCode | None:
        """Credit for an invoice."""
        debt = self.debts.get(command.invoice_id)
        if debt is None:
            return RefusalCode.INVOICE_NOT_FOUND
        due = self.due(command.invoice_id)
        amount = due if command.amount is None else command.amount
        tests = {
            RefusalCode.INVOICE_NOT_UNPAID: debt.status is not Status.UNPAID,
            RefusalCode.CREDIT_TOO_LOW: amount > self.balance(),
            RefusalCode.MORE_THAN_DUE: amount > due,
            RefusalCode.AMOUNT_NOT_POSITIVE: amount <= 0,
            RefusalCode.CREDIT_FOR_CREDIT: any(line.kind == "AddFunds" for line in debt.lines.values()),
        }
        why_not = next((code for code, is_so in tests.items() if is_so), None)
        if why_not is None:
            self._from_credit(command.invoice_id, amount)
        return why_not

    def pay(self, number: int, command: RecordPayment) -> RefusalCode | None:
        """A payment through a gateway, never the same twice (the caller looks)."""
        debt = self.debts.get(command.invoice_id)
        if debt is None:
            return RefusalCode.INVOICE_NOT_FOUND
        if debt.status in _CLOSED_TO_MONEY and not command.to_credit:
            return RefusalCode.INVOICE_NOT_PAYABLE
        owed = max(self.due(command.invoice_id), 0) if debt.status in _OPEN else 0
        self._receive(
            number, command.invoice_id, (command.gateway, command.reference), command.amount or owed
        )
        return None

    def transact(self, number: int, command: RecordTransaction) -> RefusalCode | None:
        """Money told by hand, for one of the invoices or for none."""
        back = self.money.get(command.refund_id)
        if command.refund_id and back is None:
            return RefusalCode.TRANSACTION_NOT_FOUND
        if back is not None and command.amount_out > back.came - self._paid_back(command.refund_id):
            return RefusalCode.REFUND_TOO_LARGE
        invoice = command.invoice_id or (back.invoice if back else 0)
        net = command.amount_in - command.amount_out
        name = (command.gateway, command.reference)
        told = Money(invoice, name, command.amount_in, command.amount_out, 0, 0, command.refund_id)
        if invoice:
            return self._transact_on(number, told)
        told.credited = net if command.to_credit and net > 0 else 0
        self.money[number] = told
        self.rows += [told.credited] if told.credited else []
        return None

    def _transact_on(self, number: int, told: Money) -> RefusalCode | None:
        debt = self.debts[told.invoice]
        if told.net > 0:
            if debt.status in _CLOSED_TO_MONEY:
                return RefusalCode.INVOICE_NOT_PAYABLE
            self._receive(number, told.invoice, told.name, told.net, told)
            return None
        if self.received(told.invoice) + told.net < 0:
            return RefusalCode.REFUND_TOO_LARGE
        told.kept = min(0, self.received(told.invoice) + told.net - self.kept(told.invoice))
        self.money[number] = told
        if told.net and debt.status is Status.PAID and not self.received(told.invoice):
            debt.status = Status.REFUNDED
        return None

    def amend(self, command: AmendInvoice, first_item: int) -> RefusalCode | None:
        """Other lines, another status."""
        debt = self.debts.get(command.invoice_id)
        if debt is None:
            return RefusalCode.INVOICE_NOT_FOUND
        if command.publish and debt.status is not Status.DRAFT:
            return RefusalCode.INVOICE_NOT_DRAFT
        for change in command.changed_items:
            old = debt.lines.get(change.item_id)
            if old is not None:
                debt.lines[change.item_id] = type(old)(
                    description="",
                    amount=change.amount,
                    taxed=change.taxed,
                    kind=old.kind,
                    relation_id=old.relation_id,
                )
        for item_id in command.removed_items:
            debt.lines.pop(item_id, None)
        debt.lines |= dict(enumerate(command.added_items, first_item))
        given = (command.tax_rate, command.tax_rate2)
        debt.rates = tuple(old if new is None else new for old, new in zip(debt.rates, given, strict=True))  # type: ignore[assignment] # there are two of them
        debt.credits = debt.credits if command.credit is None else [command.credit]
        debt.status = Status.UNPAID if command.publish else debt.status
        if command.status is Status.PAID and debt.status is not Status.PAID:
            self._settle(command.invoice_id)
        debt.status = command.status or debt.status
        return None

    def correct(self, command: CorrectTransaction) -> RefusalCode | None:
        """A transaction told anew."""
        number = command.transaction_id
        old = self.money.get(number)
        if old is None:
            return RefusalCode.TRANSACTION_NOT_FOUND
        invoice = old.invoice if command.invoice_id is None else command.invoice_id
        came = old.came if command.amount_in is None else command.amount_in
        went = old.went if command.amount_out is None else command.amount_out
        if invoice and invoice not in self.debts:
            return RefusalCode.INVOICE_NOT_FOUND
        back = self.money.get(old.pays_back)
        if came < self._paid_back(number) or (
            back is not None and self._paid_back(old.pays_back) - old.went + went > back.came
        ):
            return RefusalCode.REFUND_TOO_LARGE
        left = invoice and self.received(invoice, but=number) + came - went
        if left < 0 or (old.invoice not in {0, invoice} and self.received(old.invoice, but=number) < 0):
            return RefusalCode.REFUND_TOO_LARGE
        new = Money(invoice, old.name, came, went, 0, old.credited, old.pays_back)
        if invoice and new.net > 0:
            new.kept = min(max(new.net - old.credited, 0), max(self.due(invoice, but=number), 0))
        elif invoice:
            new.kept = min(0, left - self.kept(invoice, but=number))
        if self._breaks_an_invoice(number, old, new):
            return RefusalCode.REFUND_TOO_LARGE
        surplus = self._surplus(number, new, to_credit=command.to_credit)
        if surplus > 0:
            new.credited += surplus
            self.rows.append(surplus)
        self.money[number] = new
        return None

    def _surplus(self, number: int, new: Money, *, to_credit: bool) -> int:
        """What a corrected transaction leaves over: for an invoice always, else if it is asked for."""
        if not new.invoice:
            return new.net - self._paid_back(number) - new.credited if to_credit else 0
        others = [
            money for each, money in self.money.items() if each != number and money.invoice == new.invoice
        ]
        everything = [*others, new]
        spare = sum(money.net - money.kept - money.credited for money in everything)
        return min(spare, new.net - new.kept - new.credited)

    def _breaks_an_invoice(self, number: int, old: Money, new: Money) -> bool:
        """Whether an invoice would keep less than nothing, or more than came for it."""
        kept = {invoice: self.kept(invoice, but=number) for invoice in {old.invoice, new.invoice} - {0}}
        came = {invoice: self.received(invoice, but=number) for invoice in kept}
        if new.invoice:
            kept[new.invoice] += new.kept
            came[new.invoice] += new.net
        return any(not 0 <= kept[invoice] <= came[invoice] for invoice in kept)

    def _receive(
        self, number: int, invoice: int, name: tuple[str, str], amount: int, told: Money | None = None
    ) -> None:
        is_open = self.debts[invoice].status in _OPEN
        owed = max(self.due(invoice), 0) if is_open else 0
        money = told or Money(invoice, name, amount, 0, 0, 0, 0)
        money.kept = min(amount, owed)
        money.credited = amount - money.kept
        self.money[number] = money
        if is_open and self.due(invoice) <= 0:
            self._settle(invoice)
        if money.credited:
            self.rows.append(money.credited)

    def _from_credit(self, invoice: int, amount: int) -> None:
        self.rows.append(-amount)
        self.debts[invoice].credits.append(amount)
        if self.due(invoice) <= 0:
            self._settle(invoice)

    def _settle(self, invoice: int) -> None:
        """Paid; what its lines do then, they do once."""
        waiting = self._paid_lines(invoice)
        while waiting:
            line = waiting.pop(0)
            self.rows.append(line.amount)
            original = self.debts.get(line.relation_id)
            if line.kind == "AddFunds" or original is None or original.status not in _OPEN:
                continue
            amount = min(line.amount, self.due(line.relation_id))
            if amount > 0:
                self.rows.append(-amount)
                original.credits.append(amount)
                if self.due(line.relation_id) <= 0:
                    waiting += self._paid_lines(line.relation_id)

    def _paid_lines(self, invoice: int) -> list[NewItem]:
        debt = self.debts[invoice]
        debt.status = Status.PAID
        was_paid, debt.was_paid = debt.was_paid, True
        lines = [line for line in debt.lines.values() if line.kind in {"AddFunds", "Invoice"}]
        return [] if was_paid else [line for line in lines if line.amount > 0]

    def _paid_back(self, number: int) -> int:
        return sum(money.went for money in self.money.values() if money.pays_back == number)


def _tax(amount: int, rate: int) -> int:
    """Schoolbook rounding of thousandths of a percent: half a hundredth more, then cut."""
    cut = (abs(amount) * rate * 2 + 100_000) // 200_000
    return cut if amount >= 0 else -cut
