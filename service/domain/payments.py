"""Decides what a payment received for an invoice does: to the invoice, and to the credit if it is too much.

Pure; only `decide` imports it. WHMCS documents only that a Cancelled invoice takes no payment; Draft is
treated alike, and money for a Paid or Refunded invoice becomes credit, as overpayments do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.commands import OnRetry
from service.domain.events import PaymentRecorded
from service.domain.invoice_state import NOT_PAYABLE, OPEN
from service.domain.money import AMOUNT_MAX
from service.domain.posting import Posting
from service.domain.refusals import AlreadyRecorded, Decision, Refusal, RefusalCode

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.commands import Offer, RecordPayment
    from service.domain.invoice_state import InvoiceState


def record_payment(state: AccountState, command: RecordPayment, offer: Offer) -> Decision:
    """`payment.recorded`, `invoice.settled` once nothing is due, `credit.added` for what is left over.

    INVOICE_NOT_FOUND, CURRENCY_MISMATCH, then for a retried payment what the command says (before the status
    is looked at: a retry stays a retry after a cancellation): AlreadyRecorded, or TRANSACTION_ID_TAKEN;
    INVOICE_NOT_PAYABLE, AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE. Only money that came in becomes credit: an
    invoice with a negative total is settled by a payment, never paid out.
    """
    invoice = state.invoices.get(command.invoice_id)
    if invoice is None:
        return Refusal(RefusalCode.INVOICE_NOT_FOUND)
    gateway = command.gateway or invoice.payment_method
    answer = _not_recorded(state, invoice, command, gateway)
    if answer is not None:
        return answer
    is_open = invoice.status in OPEN
    owed = max(invoice.due, 0) if is_open else 0
    amount = command.amount or owed
    if amount < 0:
        return Refusal(RefusalCode.AMOUNT_NOT_POSITIVE)
    applied = min(amount, owed)
    surplus = amount - applied
    if invoice.paid + amount > AMOUNT_MAX:
        return Refusal(RefusalCode.AMOUNT_TOO_LARGE)
    payment = PaymentRecorded(
        transaction_id=offer.transaction,
        invoice_id=command.invoice_id,
        gateway=gateway,
        reference=command.reference,
        amount=amount,
        fees=command.fees,
        applied=applied,
        surplus=surplus,
        currency=state.currency,
        date=command.date or offer.now,
        description="Invoice Payment",
        invoice_paid=invoice.paid + amount,
        invoice_due=invoice.due - applied,
        notify=command.notify,
        recorded_at=offer.now,
    )
    posting = Posting(state, offer)
    posting.receive(payment, command.invoice_id, amount, applied)
    if is_open and applied == owed:
        posting.settle(command.invoice_id, notify=command.notify, transaction_id=offer.transaction)
    if surplus:
        text = f"Invoice #{command.invoice_id} Overpayment"
        posting.add_credit(surplus, text, "overpayment", offer.transaction)
    return posting.decision()


def _not_recorded(
    state: AccountState, invoice: InvoiceState, command: RecordPayment, gateway: str
) -> Decision | None:
    """The answer to what is refused, or was recorded before, whatever is due."""
    if command.currency not in {"", state.currency}:
        return Refusal(RefusalCode.CURRENCY_MISMATCH, state.currency)
    earlier = state.payments.get((command.invoice_id, gateway, command.reference))
    if earlier is not None and command.on_retry is not OnRetry.ALLOW:
        return _retried(state, command, earlier)
    if invoice.status in NOT_PAYABLE and not command.to_credit:
        return Refusal(RefusalCode.INVOICE_NOT_PAYABLE, invoice.status.value)
    return None


def _retried(state: AccountState, command: RecordPayment, earlier: int) -> Decision:
    """Money that must not be dropped is only there already if it was as much."""
    amount = command.amount or 0
    is_other = command.to_credit and amount not in {0, state.transactions[earlier].amount_in}
    if is_other or command.on_retry is OnRetry.REJECT:
        return Refusal(RefusalCode.TRANSACTION_ID_TAKEN)
    return AlreadyRecorded(earlier)
