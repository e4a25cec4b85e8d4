"""Decides what UpdateTransaction does: a transaction is told anew, and its invoices' sums follow.

Pure; only `decide` imports it. A correction takes no credit back and changes no status: who corrects an
amount says what was wrong in the books, not that money moved. But what came in for an invoice is its own or
the client's: what is too much for it becomes credit, as it would have from the beginning. WHMCS documents no
errors for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service.domain.events import TransactionCorrected
from service.domain.money import AMOUNT_MAX
from service.domain.posting import Posting
from service.domain.refusals import Decision, Refusal, RefusalCode
from service.domain.transactions import taken_back

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.commands import CorrectTransaction, Offer
    from service.domain.invoice_state import InvoiceState, TransactionState


def correct_transaction(state: AccountState, command: CorrectTransaction, offer: Offer) -> Decision:
    """`transaction.corrected`, and `credit.added` if it is to become credit or is too much for its invoice.

    TRANSACTION_NOT_FOUND (of the refunded one too), INVOICE_NOT_FOUND, REFUND_TOO_LARGE if more would have
    gone out than came in, for the invoice or for the refunded transaction, AMOUNT_TOO_LARGE.
    """
    old = state.transactions.get(command.transaction_id)
    if old is None:
        return Refusal(RefusalCode.TRANSACTION_NOT_FOUND)
    new = _told_anew(old, command)
    if new.invoice_id and new.invoice_id not in state.invoices:
        return Refusal(RefusalCode.INVOICE_NOT_FOUND)
    wrong = _wrong_refund(state, command.transaction_id, old, new)
    if wrong is not None:
        return wrong
    left = _without(state.invoices.get(old.invoice_id), old)
    invoice = left if new.invoice_id == old.invoice_id else state.invoices.get(new.invoice_id)
    if invoice is not None:
        new.applied = _applied(invoice, new)
    wrong = _wrong_sums(left, invoice, new)
    if wrong is not None:
        return wrong
    posting = Posting(state, offer)
    surplus = _surplus(state, command, old, new, invoice)
    new.credited = old.credited + surplus
    posting.record(_event(state, command, offer, old, new, left, invoice))
    if surplus and invoice is not None:
        text = f"Invoice #{new.invoice_id} Overpayment"
        posting.add_credit(surplus, text, "overpayment", command.transaction_id)
    elif surplus:
        posting.add_credit(surplus, command.description or "", "transaction", command.transaction_id)
    return posting.decision()


def _surplus(
    state: AccountState,
    command: CorrectTransaction,
    old: TransactionState,
    new: TransactionState,
    invoice: InvoiceState | None,
) -> int:
    """What of it becomes credit now: never what became credit before, or went back to the payer."""
    if not state.exists:
        return 0
    if invoice is None:
        return max(new.net - new.refunded - old.credited, 0) if command.to_credit else 0
    # Refunds of the invoice took what it kept last: they count against all that came in for it.
    credited = sum(each.credited for each in state.transactions.values() if each.invoice_id == new.invoice_id)
    if old.invoice_id != new.invoice_id:
        credited += old.credited
    unallocated = invoice.paid + new.net - invoice.applied - new.applied - credited
    return max(min(new.net - new.applied - old.credited, unallocated), 0)


def _told_anew(old: TransactionState, command: CorrectTransaction) -> TransactionState:
    def or_old(new: int | None, before: int) -> int:
        return before if new is None else new

    return replace(
        old,
        invoice_id=or_old(command.invoice_id, old.invoice_id),
        gateway=old.gateway if command.gateway is None else command.gateway,
        reference=old.reference if command.reference is None else command.reference,
        amount_in=or_old(command.amount_in, old.amount_in),
        amount_out=or_old(command.amount_out, old.amount_out),
        refund_id=or_old(command.refund_id, old.refund_id),
        applied=0,
    )


def _wrong_refund(
    state: AccountState, number: int, old: TransactionState, new: TransactionState
) -> Refusal | None:
    if new.amount_in < old.refunded:
        return Refusal(RefusalCode.REFUND_TOO_LARGE)
    if not new.refund_id:
        return None
    refunded = state.transactions.get(new.refund_id)
    if refunded is None or new.refund_id == number:
        return Refusal(RefusalCode.TRANSACTION_NOT_FOUND)
    before = old.amount_out if old.refund_id == new.refund_id else 0
    if refunded.refunded - before + new.amount_out > refunded.amount_in:
        return Refusal(RefusalCode.REFUND_TOO_LARGE)
    return None


def _wrong_sums(
    left: InvoiceState | None, invoice: InvoiceState | None, new: TransactionState
) -> Refusal | None:
    if invoice is not None:
        if invoice.paid + new.net > AMOUNT_MAX:
            return Refusal(RefusalCode.AMOUNT_TOO_LARGE)
        if not 0 <= invoice.applied + new.applied <= invoice.paid + new.net:
            return Refusal(RefusalCode.REFUND_TOO_LARGE)
    # A refund may have taken back what this transaction had paid: then it cannot be taken back once more.
    if left is not None and left is not invoice and not 0 <= left.applied <= left.paid:
        return Refusal(RefusalCode.REFUND_TOO_LARGE)
    return None


def _without(invoice: InvoiceState | None, transaction: TransactionState) -> InvoiceState | None:
    """The invoice as if the transaction had not been."""
    if invoice is None:
        return None
    return replace(
        invoice, paid=invoice.paid - transaction.net, applied=invoice.applied - transaction.applied
    )


def _applied(invoice: InvoiceState, new: TransactionState) -> int:
    """What of it the invoice keeps: never what became credit before, never more than is due."""
    if new.net <= 0:
        return taken_back(invoice, invoice.paid + new.net)
    return min(max(new.net - new.credited, 0), max(invoice.due, 0))


def _event(
    state: AccountState,
    command: CorrectTransaction,
    offer: Offer,
    old: TransactionState,
    new: TransactionState,
    left: InvoiceState | None,
    invoice: InvoiceState | None,
) -> TransactionCorrected:
    return TransactionCorrected(
        transaction_id=command.transaction_id,
        invoice_id=new.invoice_id,
        gateway=new.gateway,
        reference=new.reference,
        previous_reference=old.reference,
        description=command.description,
        date=command.date,
        amount_in=new.amount_in,
        amount_out=new.amount_out,
        fees=command.fees,
        rate=command.rate,
        currency=None if state.exists else command.currency,
        currency_id=None if state.exists or command.currency is None else command.currency_id,
        refund_id=new.refund_id,
        applied=new.applied,
        credited=new.credited,
        invoice_paid=invoice.paid + new.net if invoice else 0,
        invoice_due=invoice.due - new.applied if invoice else 0,
        previous_invoice_id=old.invoice_id,
        previous_invoice_paid=left.paid if left else 0,
        previous_invoice_due=left.due if left else 0,
        corrected_at=offer.now,
    )
