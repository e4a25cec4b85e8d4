"""Decides what happens to a client's credit: added and removed by hand, applied to an invoice.

Pure; `decide` and the other deciders import it. The refusals, their order and the texts are those of the
WHMCS API reference for AddCredit and ApplyCredit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events import CreditAdded, CreditRemoved
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX
from service.domain.posting import Posting
from service.domain.refusals import Decision, Refusal, RefusalCode

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.commands import AddCredit, ApplyCredit, Offer, RemoveCredit
    from service.domain.invoice_state import InvoiceState

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
    MORE_THAN_DUE, AMOUNT_NOT_POSITIVE; then CREDIT_FOR_CREDIT, of an invoice that adds funds. "All that is
    due" is never cut down to the credit there is: a live WHMCS answers CREDIT_TOO_LOW and applies nothing.
    """
    invoice = state.invoices.get(command.invoice_id)
    if invoice is None:
        return Refusal(RefusalCode.INVOICE_NOT_FOUND)
    amount = invoice.due if command.amount is None else command.amount
    why_not = _why_not(state, invoice, amount)
    if why_not is not None:
        return Refusal(why_not)
    posting = Posting(state, offer)
    posting.apply_credit(command.invoice_id, amount, notify=command.notify)
    if amount == invoice.due:
        posting.settle(command.invoice_id, notify=command.notify)
    return posting.decision()


def _why_not(state: AccountState, invoice: InvoiceState, amount: int) -> RefusalCode | None:
    if invoice.status is not InvoiceStatus.UNPAID:
        return RefusalCode.INVOICE_NOT_UNPAID
    if amount > state.balance:
        return RefusalCode.CREDIT_TOO_LOW
    if amount > invoice.due:
        return RefusalCode.MORE_THAN_DUE
    if amount <= 0:
        return RefusalCode.AMOUNT_NOT_POSITIVE
    return RefusalCode.CREDIT_FOR_CREDIT if invoice.adds_funds else None
