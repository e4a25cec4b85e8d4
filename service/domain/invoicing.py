"""Decides the issue of an invoice: its sums, its due date, and credit that pays for it at once.

Pure; only `decide` imports it. Rules as in the WHMCS API reference for CreateInvoice: the tax is taken
of the sum of the taxed lines, and an invoice over 0.00 stays Unpaid.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from service.domain.credit import pay_from_credit
from service.domain.events import InvoiceIssued, InvoiceItem, InvoiceSettled
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX, percentage
from service.domain.refusals import Decision, Refusal, RefusalCode

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.commands import IssueInvoice, Offer


def issue_invoice(state: AccountState, command: IssueInvoice, offer: Offer) -> Decision:
    """`invoice.issued`; after it `invoice.settled` if it is Paid, `credit.applied` where credit pays for it.

    CLIENT_NOT_FOUND, and AMOUNT_TOO_LARGE for any sum beyond AMOUNT_MAX in either direction.
    """
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    subtotal = sum(item.amount for item in command.items)
    taxed = sum(item.amount for item in command.items if item.taxed)
    tax = percentage(taxed, command.tax_rate)
    tax2 = percentage(taxed, command.tax_rate2)
    total = subtotal + tax + tax2
    if max(abs(subtotal), abs(tax), abs(tax2), abs(total)) > AMOUNT_MAX:
        return Refusal(RefusalCode.AMOUNT_TOO_LARGE)
    issued_on = command.date or offer.now[:10]
    issued = InvoiceIssued(
        invoice_id=offer.invoice,
        currency=state.currency,
        status=command.status.value,
        date=issued_on,
        due_date=command.due_date or _days_after(issued_on, command.due_days),
        payment_method=command.payment_method or state.payment_method,
        notes=command.notes,
        items=_numbered_items(command, offer),
        subtotal=subtotal,
        tax=tax,
        tax2=tax2,
        total=total,
        tax_rate=command.tax_rate,
        tax_rate2=command.tax_rate2,
        issued_at=offer.now,
        send=command.send,
        notify=command.notify,
    )
    if command.status is InvoiceStatus.PAID:
        return (
            issued,
            InvoiceSettled(invoice_id=offer.invoice, settled_at=offer.now, notify=command.notify),
        )
    amount = min(state.balance, total)
    if command.auto_apply_credit and command.status is InvoiceStatus.UNPAID and amount > 0:
        return (
            issued,
            *pay_from_credit(
                state,
                offer,
                invoice_id=offer.invoice,
                amount=amount,
                invoice_credit=amount,
                invoice_due=total - amount,
                notify=command.notify,
            ),
        )
    return (issued,)


def _numbered_items(command: IssueInvoice, offer: Offer) -> tuple[InvoiceItem, ...]:
    """The lines under their numbers; lines made by hand bill nothing in particular (kind "", relation 0)."""
    return tuple(
        InvoiceItem(
            item_id=item_id,
            kind="",
            relation_id=0,
            description=item.description,
            amount=item.amount,
            taxed=item.taxed,
        )
        for item_id, item in enumerate(command.items, start=offer.item)
    )


def _days_after(day: str, days: int) -> str:
    """`days` (0 or more) after `day`, or the last day the calendar has."""
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except OverflowError:
        return date.max.isoformat()
