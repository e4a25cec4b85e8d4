"""How an account's invoices and transactions follow from their events: the larger half of its fold.

Every event carries the sums that result from it, so folding is assignment. Pure; only `account` imports it.
"""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING, Any

from service.domain.events import (
    CreditApplied,
    Event,
    InvoiceAmended,
    InvoiceIssued,
    InvoicePublished,
    InvoiceSettled,
    InvoiceStatusChanged,
    PaymentRecorded,
    TransactionCorrected,
    TransactionRecorded,
)
from service.domain.invoice_state import TransactionState, issued_state, lines_of
from service.domain.invoice_status import InvoiceStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.account import AccountState
    from service.domain.invoice_state import InvoiceState


def _credit_applied(state: AccountState, event: CreditApplied) -> None:
    state.balance = event.balance
    state.invoices[event.invoice_id].credit = event.invoice_credit


def _issued(state: AccountState, event: InvoiceIssued) -> None:
    state.invoices[event.invoice_id] = issued_state(event)


def _amended(state: AccountState, event: InvoiceAmended) -> None:
    amend(state.invoices[event.invoice_id], event)


def amend(invoice: InvoiceState, event: InvoiceAmended) -> None:
    """Make of `invoice` itself what the event says."""
    if event.changed_items or event.added_items or event.removed_items:
        lines = {line.item_id: line for line in invoice.lines}
        lines |= {line.item_id: line for line in lines_of((*event.changed_items, *event.added_items))}
        invoice.lines = tuple([line for line in lines.values() if line.item_id not in event.removed_items])
    if event.payment_method is not None:
        invoice.payment_method = intern(event.payment_method)
    if event.settled_at is not None:
        invoice.settled_at = event.settled_at
    invoice.total_gross = event.total
    invoice.tax_rate = event.tax_rate
    invoice.tax_rate2 = event.tax_rate2
    invoice.credit = event.credit


def _published(state: AccountState, event: InvoicePublished) -> None:
    state.invoices[event.invoice_id].status = InvoiceStatus.UNPAID


def _settled(state: AccountState, event: InvoiceSettled) -> None:
    invoice = state.invoices[event.invoice_id]
    invoice.status = InvoiceStatus.PAID
    invoice.settled_at = event.settled_at
    invoice.was_settled = True


def _status_changed(state: AccountState, event: InvoiceStatusChanged) -> None:
    invoice = state.invoices[event.invoice_id]
    invoice.status = InvoiceStatus(event.status)
    if invoice.status is InvoiceStatus.UNPAID:
        invoice.settled_at = ""


def _paid(state: AccountState, event: PaymentRecorded) -> None:
    invoice = state.invoices[event.invoice_id]
    invoice.paid = event.invoice_paid
    invoice.applied += event.applied
    gateway = intern(event.gateway)
    if event.reference:
        state.payments[event.invoice_id, gateway, event.reference] = event.transaction_id
    state.transactions[event.transaction_id] = TransactionState(
        event.invoice_id, gateway, event.reference, event.amount, 0, event.applied, event.surplus
    )


def _transaction_recorded(state: AccountState, event: TransactionRecorded) -> None:
    transaction = TransactionState(
        event.invoice_id,
        intern(event.gateway),
        event.reference,
        event.amount_in,
        event.amount_out,
        event.applied,
        event.credited,
        event.refund_id,
    )
    _put(state, event.transaction_id, transaction)
    if event.invoice_id:
        invoice = state.invoices[event.invoice_id]
        invoice.paid = event.invoice_paid
        invoice.applied += event.applied


def _transaction_corrected(state: AccountState, event: TransactionCorrected) -> None:
    old = state.transactions[event.transaction_id]
    if old.refund_id:
        state.transactions[old.refund_id].refunded -= old.amount_out
    before = (old.invoice_id, old.gateway, old.reference)
    # Under the same number its gateway may tell of it again, whatever else was corrected; so that key stays.
    is_renamed = (old.gateway, old.reference) != (event.gateway, event.reference)
    if is_renamed and state.payments.get(before) == event.transaction_id:
        del state.payments[before]
    if event.previous_invoice_id:
        left = state.invoices[event.previous_invoice_id]
        left.paid = event.previous_invoice_paid
        left.applied -= old.applied
    if event.invoice_id:
        invoice = state.invoices[event.invoice_id]
        invoice.paid = event.invoice_paid
        invoice.applied += event.applied
    transaction = TransactionState(
        event.invoice_id,
        intern(event.gateway),
        event.reference,
        event.amount_in,
        event.amount_out,
        event.applied,
        event.credited,
        event.refund_id,
        old.refunded,
    )
    _put(state, event.transaction_id, transaction)


def _put(state: AccountState, number: int, transaction: TransactionState) -> None:
    state.transactions[number] = transaction
    if transaction.refund_id:
        state.transactions[transaction.refund_id].refunded += transaction.amount_out
    if transaction.invoice_id and transaction.reference and transaction.net > 0:
        # A gateway that tells of it again, with AddInvoicePayment, tells nothing new.
        payment = (transaction.invoice_id, transaction.gateway, transaction.reference)
        state.payments.setdefault(payment, number)


BILLING: dict[type[Event], Callable[[AccountState, Any], None]] = {
    CreditApplied: _credit_applied,
    InvoiceIssued: _issued,
    InvoiceAmended: _amended,
    InvoicePublished: _published,
    InvoiceSettled: _settled,
    InvoiceStatusChanged: _status_changed,
    PaymentRecorded: _paid,
    TransactionRecorded: _transaction_recorded,
    TransactionCorrected: _transaction_corrected,
}
