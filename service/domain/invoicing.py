"""Decides the issue of an invoice: its sums, its due date, and credit that pays for it at once.

Pure; other deciders import it. Rules as in the WHMCS API reference for CreateInvoice: the tax is taken of
the sum of the taxed lines, and an invoice over 0.00 stays Unpaid.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from service.domain.events import InvoiceIssued, InvoiceItem
from service.domain.invoice_state import ADD_FUNDS, sums_of
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX
from service.domain.posting import Posting
from service.domain.refusals import Decision, Refusal, RefusalCode

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.commands import IssueInvoice, NewItem, Offer

CLOSED = "Closed"
"""The status of an account that nothing more is invoiced to by itself."""


def issue_invoice(state: AccountState, command: IssueInvoice, offer: Offer) -> Decision:
    """`invoice.issued`; after it `invoice.settled` if it is Paid, `credit.applied` where credit pays for it.

    CLIENT_NOT_FOUND, AMOUNT_TOO_LARGE.
    """
    issued = issued_event(state, command, offer)
    if isinstance(issued, Refusal):
        return issued
    posting = Posting(state, offer)
    posting.issue(issued)
    if command.status is InvoiceStatus.PAID:
        posting.settle(issued.invoice_id, notify=command.notify)
    elif command.auto_apply_credit:
        pay_from_credit(posting, issued)
    return posting.decision()


def issued_event(state: AccountState, command: IssueInvoice, offer: Offer) -> InvoiceIssued | Refusal:
    """The invoice under the offered number; CLIENT_NOT_FOUND, and AMOUNT_TOO_LARGE for any sum beyond
    AMOUNT_MAX in either direction.
    """
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    sums = sums_of(command.items, command.tax_rate, command.tax_rate2)
    if sums.largest > AMOUNT_MAX:
        return Refusal(RefusalCode.AMOUNT_TOO_LARGE)
    issued_on = command.date or offer.now[:10]
    return InvoiceIssued(
        invoice_id=offer.invoice,
        currency=state.currency,
        status=command.status.value,
        date=issued_on,
        due_date=command.due_date or _days_after(issued_on, command.due_days),
        payment_method=command.payment_method or state.payment_method or command.default_payment_method,
        notes=command.notes,
        items=numbered_items(command.items, offer),
        subtotal=sums.subtotal,
        tax=sums.tax,
        tax2=sums.tax2,
        total=sums.total,
        tax_rate=command.tax_rate,
        tax_rate2=command.tax_rate2,
        issued_at=offer.now,
        send=command.send,
        notify=command.notify,
    )


def pay_from_credit(posting: Posting, issued: InvoiceIssued) -> None:
    """Use up what credit there is for an Unpaid invoice that was just issued."""
    amount = min(posting.balance, issued.total)
    adds_funds = any(item.kind == ADD_FUNDS for item in issued.items)
    if adds_funds or issued.status != InvoiceStatus.UNPAID.value or amount <= 0:
        return
    posting.apply_credit(issued.invoice_id, amount, notify=issued.notify)
    if amount == issued.total:
        posting.settle(issued.invoice_id, notify=issued.notify)


def numbered_items(items: tuple[NewItem, ...], offer: Offer) -> tuple[InvoiceItem, ...]:
    """The lines under their numbers."""
    return tuple(
        InvoiceItem(
            item_id=item_id,
            kind=item.kind,
            relation_id=item.relation_id,
            description=item.description,
            amount=item.amount,
            taxed=item.taxed,
        )
        for item_id, item in enumerate(items, start=offer.item)
    )


def _days_after(day: str, days: int) -> str:
    """`days` (0 or more) after `day`, or the last day the calendar has."""
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except OverflowError:
        return date.max.isoformat()
