"""Decides changes to an invoice: its lines and texts, its publication, its status.

Pure; only `decide` imports it. Source: WHMCS API reference, UpdateInvoice. A changed sum never changes the
status: an invoice becomes Paid by a payment, by credit, or because it is said to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events import InvoiceAmended, InvoiceItem, InvoicePublished
from service.domain.invoice_state import Line, sums_of
from service.domain.invoice_status import InvoiceStatus
from service.domain.invoicing import numbered_items
from service.domain.money import AMOUNT_MAX
from service.domain.posting import Posting
from service.domain.refusals import Decision, Refusal, RefusalCode

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.commands import AmendInvoice, Offer
    from service.domain.invoice_state import InvoiceState


def amend_invoice(state: AccountState, command: AmendInvoice, offer: Offer) -> Decision:
    """`invoice.amended`, then `invoice.published`, then `invoice.settled` or `invoice.status_changed`.

    INVOICE_NOT_FOUND, INVOICE_NOT_DRAFT for one that cannot be published, AMOUNT_TOO_LARGE. A command that
    changes nothing is an empty `invoice.amended`: it was asked for.
    """
    invoice = state.invoices.get(command.invoice_id)
    if invoice is None:
        return Refusal(RefusalCode.INVOICE_NOT_FOUND)
    if command.publish and invoice.status is not InvoiceStatus.DRAFT:
        return Refusal(RefusalCode.INVOICE_NOT_DRAFT)
    amended = _amended(invoice, command, offer)
    if amended is None:
        return Refusal(RefusalCode.AMOUNT_TOO_LARGE)
    status = InvoiceStatus.UNPAID if command.publish else invoice.status
    wanted = command.status or status
    posting = Posting(state, offer)
    if _says_something(command) or not (command.publish or wanted is not status):
        posting.amend(amended)
    if command.publish:
        posting.publish(
            InvoicePublished(
                invoice_id=command.invoice_id,
                date=command.date or offer.now[:10],
                published_at=offer.now,
                send=command.send,
            )
        )
    if wanted is InvoiceStatus.PAID and status is not InvoiceStatus.PAID:
        settled_at = command.settled_at or invoice.settled_at or offer.now
        posting.settle(command.invoice_id, notify=True, settled_at=settled_at)
    elif wanted is not status:
        posting.change_status(command.invoice_id, wanted)
    return posting.decision()


def _says_something(command: AmendInvoice) -> bool:
    """Whether there is more in it than a status."""
    values = (
        command.tax_rate,
        command.tax_rate2,
        command.credit,
        command.date,
        command.due_date,
        command.settled_at,
        command.payment_method,
        command.notes,
    )
    lines = command.changed_items or command.added_items or command.removed_items
    return bool(lines) or any(value is not None for value in values)


def _amended(invoice: InvoiceState, command: AmendInvoice, offer: Offer) -> InvoiceAmended | None:
    """What the invoice says afterwards; None if a sum passes AMOUNT_MAX."""
    old = {line.item_id: line for line in invoice.lines}
    removed = tuple([item_id for item_id in command.removed_items if item_id in old])
    changed = _changed(old, command, removed)
    added = numbered_items(command.added_items, offer)
    lines: dict[int, Line | InvoiceItem] = {**old, **{item.item_id: item for item in (*changed, *added)}}
    kept = [line for line in lines.values() if line.item_id not in removed]
    tax_rate = invoice.tax_rate if command.tax_rate is None else command.tax_rate
    tax_rate2 = invoice.tax_rate2 if command.tax_rate2 is None else command.tax_rate2
    credit = invoice.credit if command.credit is None else command.credit
    sums = sums_of(kept, tax_rate, tax_rate2)
    if max(sums.largest, abs(sums.total - credit)) > AMOUNT_MAX:
        return None
    return InvoiceAmended(
        invoice_id=command.invoice_id,
        date=command.date,
        due_date=command.due_date,
        settled_at=command.settled_at,
        payment_method=command.payment_method,
        notes=command.notes,
        changed_items=changed,
        added_items=added,
        removed_items=removed,
        subtotal=sums.subtotal,
        tax=sums.tax,
        tax2=sums.tax2,
        total=sums.total,
        tax_rate=tax_rate,
        tax_rate2=tax_rate2,
        credit=credit,
        invoice_due=sums.total - credit - invoice.applied,
        amended_at=offer.now,
    )


def _changed(
    old: dict[int, Line], command: AmendInvoice, removed: tuple[int, ...]
) -> tuple[InvoiceItem, ...]:
    """The lines that stay with other words or amounts; what a line bills does not change."""
    return tuple(
        InvoiceItem(
            item_id=change.item_id,
            kind=old[change.item_id].kind,
            relation_id=old[change.item_id].relation_id,
            description=change.description,
            amount=change.amount,
            taxed=change.taxed,
        )
        for change in command.changed_items
        if change.item_id in old and change.item_id not in removed
    )
