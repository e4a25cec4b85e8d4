"""A little bookkeeper for `test_service_model`: lists of numbers, added up whenever a sum is needed.

It shares no code with the domain but the classes of commands and events. Amounts are small and positive here,
so no limit and no negative invoice is in its rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from service.domain.commands import AddCredit, ApplyCredit, IssueInvoice, RecordPayment, RemoveCredit
from service.domain.events import (
    CreditAdded,
    CreditApplied,
    CreditRemoved,
    InvoiceIssued,
    InvoiceSettled,
    PaymentRecorded,
)
from service.domain.invoice_status import InvoiceStatus
from service.domain.refusals import Refusal, RefusalCode

if TYPE_CHECKING:
    from service.domain.events import Event
    from service.handling.answers import Done

METHOD = "banktransfer"
"""The payment method of every client here."""
Command = AddCredit | RemoveCredit | IssueInvoice | ApplyCredit | RecordPayment
Facts = tuple[Any, ...]
"""What an answer says, without numbers and times that the model does not choose."""
RECORDED_BEFORE: Facts = ("recorded before",)


@dataclass
class Invoice:
    """A debt and everything put against it: amounts of credit, and payments as (what came, what it kept)."""

    total: int
    status: str
    credits: list[int] = field(default_factory=list)
    payments: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def due(self) -> int:
        """Added up from scratch."""
        return self.total - sum(self.credits) - sum(kept for _, kept in self.payments.values())

    def paid(self) -> int:
        """Added up from scratch."""
        return sum(amount for amount, _ in self.payments.values())


@dataclass
class Account:
    """The bookkeeper's page for one client."""

    rows: list[int] = field(default_factory=list)
    """Signed movements of credit."""
    invoices: dict[int, Invoice] = field(default_factory=dict)

    def balance(self) -> int:
        """Added up from scratch."""
        return sum(self.rows)

    def perform(self, command: Command, new_invoice: int) -> Facts:
        """Write the command down; what the answer has to be. `new_invoice` is the number it will get."""
        match command:
            case AddCredit():
                return self._move(command.amount)
            case RemoveCredit():
                is_too_much = command.amount > self.balance()
                return (RefusalCode.CREDIT_TOO_LOW,) if is_too_much else self._move(-command.amount)
            case IssueInvoice():
                return self._issue(command, new_invoice)
        invoice = self.invoices.get(command.invoice_id)
        if invoice is None:
            return (RefusalCode.INVOICE_NOT_FOUND,)
        if isinstance(command, ApplyCredit):
            return self._apply(command, invoice)
        return self._pay(command, invoice)

    def _move(self, amount: int) -> Facts:
        self.rows.append(amount)
        return (("credit", amount, self.balance()),)

    def _issue(self, command: IssueInvoice, new_invoice: int) -> Facts:
        total = sum(item.amount for item in command.items)
        invoice = self.invoices[new_invoice] = Invoice(total, command.status.value)
        facts: Facts = (("issued", total, command.status.value),)
        if command.status is InvoiceStatus.PAID:
            return (*facts, ("settled",))
        amount = min(total, self.balance())
        if command.status is InvoiceStatus.UNPAID and command.auto_apply_credit and amount > 0:
            facts += self._from_credit(invoice, amount)
        return facts

    def _apply(self, command: ApplyCredit, invoice: Invoice) -> Facts:
        amount = invoice.due() if command.amount is None else command.amount
        if invoice.status != InvoiceStatus.UNPAID:
            return (RefusalCode.INVOICE_NOT_UNPAID,)
        if amount > self.balance():
            return (RefusalCode.CREDIT_TOO_LOW,)
        if amount > invoice.due():
            return (RefusalCode.MORE_THAN_DUE,)
        return self._from_credit(invoice, amount)

    def _from_credit(self, invoice: Invoice, amount: int) -> Facts:
        invoice.credits.append(amount)
        return (*self._move(-amount), *self._settle_if_paid(invoice))

    def _pay(self, command: RecordPayment, invoice: Invoice) -> Facts:
        name = (command.gateway or METHOD, command.reference)
        if name in invoice.payments:
            return RECORDED_BEFORE
        if invoice.status in {InvoiceStatus.DRAFT, InvoiceStatus.CANCELLED}:
            return (RefusalCode.INVOICE_NOT_PAYABLE,)
        owed = invoice.due() if invoice.status == InvoiceStatus.UNPAID else 0
        amount = command.amount or owed
        kept = min(amount, owed)
        invoice.payments[name] = (amount, kept)
        facts: Facts = (("payment", amount, kept),)
        if invoice.status == InvoiceStatus.UNPAID:
            facts += self._settle_if_paid(invoice)
        return facts if amount == kept else facts + self._move(amount - kept)

    def _settle_if_paid(self, invoice: Invoice) -> Facts:
        if invoice.due() > 0:
            return ()
        invoice.status = InvoiceStatus.PAID.value
        return (("settled",),)


def facts_of(answer: Done | Refusal) -> Facts:
    """An answer in the bookkeeper's words."""
    if isinstance(answer, Refusal):
        return (answer.code,)
    return tuple(_fact(event) for event in answer.events) or RECORDED_BEFORE


def _fact(event: Event) -> Facts:
    match event:
        case CreditAdded():
            return ("credit", event.amount, event.balance)
        case CreditRemoved() | CreditApplied():
            return ("credit", -event.amount, event.balance)
        case InvoiceIssued():
            return ("issued", event.total, event.status)
        case InvoiceSettled():
            return ("settled",)
        case PaymentRecorded():
            return ("payment", event.amount, event.applied)
    raise AssertionError(f"no command here causes {event}")


def invoice_in(answer: Done | Refusal) -> int:
    """The number of the invoice that an answer issued, else 0."""
    events = answer.events if not isinstance(answer, Refusal) else ()
    return next((event.invoice_id for event in events if isinstance(event, InvoiceIssued)), 0)
