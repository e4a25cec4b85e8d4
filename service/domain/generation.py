"""Decides what a run of GenInvoices makes of one account: invoices of all that is due. Pure; for `decide`."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from service.domain.billables import items_along, items_due
from service.domain.dues import Due, How, fitting, invoice_them
from service.domain.invoicing import CLOSED
from service.domain.posting import Posting
from service.domain.refusals import Decision, Refusal, RefusalCode
from service.domain.renewals import renewals_due

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.domain.account import AccountState
    from service.domain.billable_commands import InvoiceDue
    from service.domain.commands import Offer


def invoice_due(state: AccountState, command: InvoiceDue, offer: Offer) -> Decision:
    """For each invoice `invoice.issued` and what credit does to it, and that each of its lines is on it.

    CLIENT_NOT_FOUND, NOTHING_DUE. What does not fit stays due, for the next time: so an invoice is never
    refused for being too large, and nothing can keep what is behind it from being invoiced.
    """
    if not state.exists:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    how = How(command.default_payment_method, command.due_days, command.notify)
    posting = Posting(state, offer)
    count = lines = 0
    for dues in _invoices(state, command, offer.now[:10]):
        if count == command.invoices_max or (count and lines + len(dues) > command.lines_max):
            break
        some = fitting(dues, command.lines_max, command.text_bytes_max)
        wrong = invoice_them(posting, state, some, how, offer)
        if wrong is not None:
            return wrong
        offer = replace(offer, invoice=offer.invoice + 1, item=offer.item + len(some))
        count += 1
        lines += len(some)
    return posting.decision() if count else Refusal(RefusalCode.NOTHING_DUE)


def _invoices(state: AccountState, command: InvoiceDue, today: str) -> Iterator[list[Due]]:
    """What belongs together: items, and the services that are due on the same day. The earliest days first.

    Items for the next invoice are on the first one, whatever that is of.
    """
    if state.status == CLOSED:
        return
    items = items_due(state, today) if command.service_ids is None else []
    along = items_along(state) if command.service_ids is None else []
    if items:
        yield items + along
        along = []
    renewals = sorted(renewals_due(state, command), key=lambda due: due.day)
    for _, of_a_day in groupby(renewals, key=lambda due: due.day):
        yield [*of_a_day, *along]
        along = []
