"""Decides transactions told by hand: money in and out, refunds, transactions of nobody, and corrections.

Pure; only `decide` imports it. Source: WHMCS API reference, AddTransaction and UpdateTransaction, whose order
of errors this is. What is paid back is never more than what came in; it takes no credit back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events import TransactionRecorded
from service.domain.invoice_state import NOT_PAYABLE, OPEN
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX
from service.domain.posting import Posting
from service.domain.refusals import Decision, Refusal, RefusalCode
from service.domain.values import value

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.commands import Offer, RecordTransaction
    from service.domain.invoice_state import InvoiceState


@value(kw_only=True)
class Effect:
    """What a transaction does: for its invoice's sums, and to the credit."""

    applied: int = 0
    credited: int = 0
    invoice_paid: int = 0
    invoice_due: int = 0


def record_transaction(state: AccountState, command: RecordTransaction, offer: Offer) -> Decision:
    """`transaction.recorded`, then what it does: to the invoice as a payment, or to the credit.

    A client's account: CLIENT_NOT_FOUND, INVOICE_NOT_FOUND, CURRENCY_MISMATCH, then as below.
    """
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    if command.invoice_id and command.invoice_id not in state.invoices:
        return Refusal(RefusalCode.INVOICE_NOT_FOUND)
    if command.currency and command.currency != state.currency:
        return Refusal(RefusalCode.CURRENCY_MISMATCH)
    return _record(state, command, offer, state.currency, currency_id=0)


def record_house_transaction(state: AccountState, command: RecordTransaction, offer: Offer) -> Decision:
    """`transaction.recorded` of nobody: CURRENCY_MISSING, then as below. `state` has no client."""
    if not command.currency:
        return Refusal(RefusalCode.CURRENCY_MISSING)
    return _record(state, command, offer, command.currency, command.currency_id)


def _record(
    state: AccountState, command: RecordTransaction, offer: Offer, currency: str, currency_id: int
) -> Decision:
    """GATEWAY_MISSING, TRANSACTION_ID_TAKEN, TRANSACTION_NOT_FOUND, REFUND_TOO_LARGE, INVOICE_NOT_PAYABLE,
    AMOUNT_TOO_LARGE.
    """
    if not command.gateway:
        return Refusal(RefusalCode.GATEWAY_MISSING)
    if command.is_taken:
        return Refusal(RefusalCode.TRANSACTION_ID_TAKEN)
    refunded = state.transactions.get(command.refund_id)
    if command.refund_id and refunded is None:
        return Refusal(RefusalCode.TRANSACTION_NOT_FOUND)
    if refunded is not None and command.amount_out > refunded.amount_in - refunded.refunded:
        return Refusal(RefusalCode.REFUND_TOO_LARGE)
    invoice_id = command.invoice_id or (refunded.invoice_id if refunded else 0)
    effect = _effect(state, invoice_id, command)
    if isinstance(effect, Refusal):
        return effect
    posting = Posting(state, offer)
    recorded = TransactionRecorded(
        transaction_id=offer.transaction,
        invoice_id=invoice_id,
        gateway=command.gateway,
        reference=command.reference,
        description=command.description,
        date=command.date or offer.now,
        amount_in=command.amount_in,
        amount_out=command.amount_out,
        fees=command.fees,
        rate=command.rate,
        currency=currency,
        currency_id=currency_id,
        refund_id=command.refund_id,
        applied=effect.applied,
        credited=effect.credited,
        invoice_paid=effect.invoice_paid,
        invoice_due=effect.invoice_due,
        recorded_at=offer.now,
    )
    _post(state, posting, recorded)
    return posting.decision()


def _effect(state: AccountState, invoice_id: int, command: RecordTransaction) -> Effect | Refusal:
    net = command.amount_in - command.amount_out
    if not invoice_id:
        return Effect(credited=net if command.to_credit and state.exists and net > 0 else 0)
    invoice = state.invoices[invoice_id]
    if net > 0 and invoice.status in NOT_PAYABLE:
        return Refusal(RefusalCode.INVOICE_NOT_PAYABLE, invoice.status.value)
    if invoice.paid + net < 0:
        return Refusal(RefusalCode.REFUND_TOO_LARGE)
    if invoice.paid + net > AMOUNT_MAX:
        return Refusal(RefusalCode.AMOUNT_TOO_LARGE)
    owed = max(invoice.due, 0) if invoice.status in OPEN else 0
    applied = min(net, owed) if net > 0 else taken_back(invoice, invoice.paid + net)
    return Effect(
        applied=applied,
        credited=max(net, 0) - max(applied, 0),
        invoice_paid=invoice.paid + net,
        invoice_due=invoice.due - applied,
    )


def taken_back(invoice: InvoiceState, paid: int) -> int:
    """What an invoice loses, as 0 or less, when only `paid` of all that it received is left."""
    return min(0, paid - invoice.applied)


def _post(state: AccountState, posting: Posting, recorded: TransactionRecorded) -> None:
    """The transaction and what follows from it."""
    net = recorded.amount_in - recorded.amount_out
    if not recorded.invoice_id:
        posting.record(recorded)
        if recorded.credited:
            posting.add_credit(
                recorded.credited, recorded.description, "transaction", recorded.transaction_id
            )
        return
    status = state.invoices[recorded.invoice_id].status
    posting.receive(recorded, recorded.invoice_id, net, recorded.applied)
    if net > 0 and status in OPEN and recorded.invoice_due <= 0:
        posting.settle(recorded.invoice_id, notify=True, transaction_id=recorded.transaction_id)
    elif net < 0 and status is InvoiceStatus.PAID and not recorded.invoice_paid:
        posting.change_status(recorded.invoice_id, InvoiceStatus.REFUNDED)
    if recorded.credited:
        text = f"Invoice #{recorded.invoice_id} Overpayment"
        posting.add_credit(recorded.credited, text, "overpayment", recorded.transaction_id)
