"""Decides a mass payment: one invoice that pays several others when it is paid.

Pure; `decide` imports it. What paying it does to the others is in `posting`, once and never beyond what they
owe. The sums are those of this moment, decided in the account's own stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.commands import IssueInvoice, NewItem
from service.domain.invoice_state import ADD_FUNDS, MASS_PAYMENT
from service.domain.invoice_status import InvoiceStatus
from service.domain.invoicing import issue_invoice
from service.domain.refusals import Decision, Refusal, RefusalCode

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.commands import CombineInvoices, Offer
    from service.domain.invoice_state import InvoiceState


def combine_invoices(state: AccountState, command: CombineInvoices, offer: Offer) -> Decision:
    """`invoice.issued` with a line for what each invoice owes.

    CLIENT_NOT_FOUND, INVOICE_NOT_FOUND, INVOICE_NOT_UNPAID, CREDIT_FOR_CREDIT for an invoice that adds funds
    or is itself a mass payment. MASS_PAYMENT_OPEN, with its number, if the same is asked for on an invoice
    that is still unpaid: a repetition makes no second one.
    """
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    items = []
    for number in command.invoice_ids:
        invoice = state.invoices.get(number)
        if invoice is None:
            return Refusal(RefusalCode.INVOICE_NOT_FOUND, str(number))
        why_not = _why_not(invoice)
        if why_not is not None:
            return Refusal(why_not, str(number))
        items.append(
            NewItem(
                description=f"Invoice #{number}", amount=invoice.due, kind=MASS_PAYMENT, relation_id=number
            )
        )
    same = _open_one(state, {(item.relation_id, item.amount) for item in items})
    if same:
        return Refusal(RefusalCode.MASS_PAYMENT_OPEN, str(same))
    return issue_invoice(
        state,
        IssueInvoice(
            status=InvoiceStatus.UNPAID,
            items=tuple(items),
            due_days=command.due_days,
            default_payment_method=command.default_payment_method,
        ),
        offer,
    )


def _why_not(invoice: InvoiceState) -> RefusalCode | None:
    if invoice.status is not InvoiceStatus.UNPAID or invoice.due <= 0:
        return RefusalCode.INVOICE_NOT_UNPAID
    kinds = {line.kind for line in invoice.lines}
    return RefusalCode.CREDIT_FOR_CREDIT if kinds & {ADD_FUNDS, MASS_PAYMENT} else None


def _open_one(state: AccountState, wanted: set[tuple[int, int]]) -> int:
    """The number of an unpaid mass payment of exactly these sums of these invoices, 0 if there is none."""
    for number, invoice in state.invoices.items():
        if invoice.status is InvoiceStatus.UNPAID and len(invoice.lines) == len(wanted):
            lines = {(line.relation_id, line.amount) for line in invoice.lines if line.kind == MASS_PAYMENT}
            if lines == wanted:
                return number
    return 0
