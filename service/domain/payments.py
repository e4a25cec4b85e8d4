"""Decides what a payment received for an invoice does: to the invoice, and to the credit if it is too much.

Pure; only `decide` imports it. WHMCS documents only that a Cancelled invoice takes no payment; Draft is
treated alike, and money for a Paid or Refunded invoice becomes credit, as overpayments do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events import CreditAdded, Event, InvoiceSettled, PaymentRecorded
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import AlreadyRecorded, Decision, Refusal, RefusalCode

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.commands import Offer, RecordPayment

_NOT_PAYABLE = frozenset({InvoiceStatus.CANCELLED, InvoiceStatus.DRAFT})
_OPEN = frozenset({InvoiceStatus.UNPAID, InvoiceStatus.COLLECTIONS, InvoiceStatus.PAYMENT_PENDING})


def record_payment(state: AccountState, command: RecordPayment, offer: Offer) -> Decision:
    """`payment.recorded`, `invoice.settled` once nothing is due, `credit.added` for what is left over.

    INVOICE_NOT_FOUND, then AlreadyRecorded (before the status is looked at: a retry stays a retry after a
    cancellation), INVOICE_NOT_PAYABLE, AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE. Only money that came in
    becomes credit: an invoice with a negative total is settled by a payment, never paid out.
    """
    invoice = state.invoices.get(command.invoice_id)
    if invoice is None:
        return Refusal(RefusalCode.INVOICE_NOT_FOUND)
    gateway = command.gateway or invoice.payment_method
    earlier = state.payments.get((command.invoice_id, gateway, command.reference))
    if earlier is not None:
        return AlreadyRecorded(earlier)
    if invoice.status in _NOT_PAYABLE:
        return Refusal(RefusalCode.INVOICE_NOT_PAYABLE, invoice.status.value)
    is_open = invoice.status in _OPEN
    owed = max(invoice.due, 0) if is_open else 0
    amount = command.amount or owed
    if amount < 0:
        return Refusal(RefusalCode.AMOUNT_NOT_POSITIVE)
    applied = min(amount, owed)
    surplus = amount - applied
    if invoice.paid + amount > AMOUNT_MAX or state.balance + surplus > AMOUNT_MAX:
        return Refusal(RefusalCode.AMOUNT_TOO_LARGE)
    events: list[Event] = [
        PaymentRecorded(
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
        )
    ]
    if is_open and applied == owed:
        events.append(
            InvoiceSettled(invoice_id=command.invoice_id, settled_at=offer.now, notify=command.notify)
        )
    if surplus:
        events.append(_overpayment(state, command.invoice_id, surplus, offer))
    return tuple(events)


def _overpayment(state: AccountState, invoice_id: int, surplus: int, offer: Offer) -> CreditAdded:
    return CreditAdded(
        credit_id=offer.credit,
        amount=surplus,
        balance=state.balance + surplus,
        currency=state.currency,
        date=offer.now[:10],
        description=f"Invoice #{invoice_id} Overpayment",
        reason="overpayment",
        admin_id=0,
        transaction_id=offer.transaction,
    )
