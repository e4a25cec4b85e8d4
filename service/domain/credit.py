"""Decides what happens to a client's credit: added and removed by hand, applied to an invoice.

Pure; `decide` and the other deciders import it. The refusals, their order and the texts are those of the
WHMCS API reference for AddCredit and ApplyCredit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events import CreditAdded, CreditApplied, CreditRemoved, Event, InvoiceSettled
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import Decision, Refusal, RefusalCode

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.commands import AddCredit, ApplyCredit, Offer, RemoveCredit

_MANUAL = "manual"


def add_credit(state: AccountState, command: AddCredit, offer: Offer) -> Decision:
    """`credit.added`; CLIENT_NOT_FOUND, AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE."""
    if not state.client_id:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    if command.amount <= 0:
        return Refusal(RefusalCode.AMOUNT_NOT_POSITIVE)
    balance = state.balance + command.amount
    if balance > AMOUNT_MAX:
        return Refusal(RefusalCode.AMOUNT_TOO_LARGE)
    return (
        CreditAdded(
            credit_id=offer.credit,
            amount=command.amount,
            balance=balance,
            currency=state.currency,
            date=command.date or offer.now[:10],
            description=command.description,
            reason=_MANUAL,
            admin_id=command.admin_id,
            transaction_id=0,
        ),
    )


def remove_credit(state: AccountState, command: RemoveCredit, offer: Offer) -> Decision:
    """`credit.removed`; CLIENT_NOT_FOUND, AMOUNT_NOT_POSITIVE, CREDIT_TOO_LOW."""
    if not state.client_id:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    if command.amount <= 0:
        return Refusal(RefusalCode.AMOUNT_NOT_POSITIVE)
    if command.amount > state.balance:
        return Refusal(RefusalCode.CREDIT_TOO_LOW)
    return (
        CreditRemoved(
            credit_id=offer.credit,
            amount=command.amount,
            balance=state.balance - command.amount,
            currency=state.currency,
            date=command.date or offer.now[:10],
            description=command.description,
            reason=_MANUAL,
            admin_id=command.admin_id,
        ),
    )


def apply_credit(state: AccountState, command: ApplyCredit, offer: Offer) -> Decision:
    """`credit.applied`, and `invoice.settled` once nothing is due.

    Refused in the order of the WHMCS API reference: INVOICE_NOT_FOUND, INVOICE_NOT_UNPAID, CREDIT_TOO_LOW,
    MORE_THAN_DUE, AMOUNT_NOT_POSITIVE. "All that is due" is never cut down to the credit there is: a
    live WHMCS answers CREDIT_TOO_LOW and applies nothing.
    """
    invoice = state.invoices.get(command.invoice_id)
    if invoice is None:
        return Refusal(RefusalCode.INVOICE_NOT_FOUND)
    if invoice.status is not InvoiceStatus.UNPAID:
        return Refusal(RefusalCode.INVOICE_NOT_UNPAID)
    amount = invoice.due if command.amount is None else command.amount
    if amount > state.balance:
        return Refusal(RefusalCode.CREDIT_TOO_LOW)
    if amount > invoice.due:
        return Refusal(RefusalCode.MORE_THAN_DUE)
    if amount <= 0:
        return Refusal(RefusalCode.AMOUNT_NOT_POSITIVE)
    return pay_from_credit(
        state,
        offer,
        invoice_id=command.invoice_id,
        amount=amount,
        invoice_credit=invoice.credit + amount,
        invoice_due=invoice.due - amount,
        notify=command.notify,
    )


def pay_from_credit(
    state: AccountState,
    offer: Offer,
    *,
    invoice_id: int,
    amount: int,
    invoice_credit: int,
    invoice_due: int,
    notify: bool,
) -> tuple[Event, ...]:
    """`credit.applied` of a checked `amount`, and `invoice.settled` if that leaves `invoice_due` 0.

    `invoice_credit` and `invoice_due` are the invoice's standing afterwards.
    """
    applied = CreditApplied(
        credit_id=offer.credit,
        invoice_id=invoice_id,
        amount=amount,
        balance=state.balance - amount,
        currency=state.currency,
        date=offer.now[:10],
        description=f"Credit Applied to Invoice #{invoice_id}",
        invoice_credit=invoice_credit,
        invoice_due=invoice_due,
        notify=notify,
    )
    if invoice_due:
        return (applied,)
    return (applied, InvoiceSettled(invoice_id=invoice_id, settled_at=offer.now, notify=notify))
