"""What was paid for a service, period by period, and was not given back since: what its end may give back.

Pure; only `cancellations` imports it. Where invoices are here they tell what was paid, else the register;
never what a client says. What was paid for an invoice is shared by all that it bills, so that the services on
it together give back no more than it took.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from service.domain.invoice_state import sums_of
from service.domain.invoice_status import InvoiceStatus
from service.domain.services import HOSTING, bills

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.domain.account import AccountState
    from service.domain.cancellation_state import Cancellation
    from service.domain.invoice_state import InvoiceState
    from service.domain.refund import PaidPeriod
    from service.domain.services import Service


def invoices_about(state: AccountState, service_id: int) -> Iterator[tuple[int, InvoiceState]]:
    """Those with a line about the service, whatever became of them."""
    return ((number, invoice) for number, invoice in state.invoices.items() if bills(invoice, service_id))


def paid_periods(
    state: AccountState, service_id: int, service: Service, earlier: Cancellation
) -> list[PaidPeriod]:
    """The service's periods at the price that was paid; none of which something was given back before.

    `earlier` is its last request to end.
    """
    known = {period.invoice_id for period in service.paid} | set(service.renewals)
    first = [number for number, _ in invoices_about(state, service_id) if number not in known]
    periods = []
    for period in service.paid:
        if period.invoice_id in earlier.given_back:
            continue
        price = period.price
        if period.invoice_id:
            price = min(price, _paid_of(state, period.invoice_id, service_id))
        elif first:  # it was sold by invoices that are here, which tell more than the register
            price = min(price, sum(_paid_of(state, number, service_id) for number in first))
        else:
            price = service.paid_before
        periods.append(replace(period, price=price))
    return periods


def _paid_of(state: AccountState, invoice_id: int, service_id: int) -> int:
    """The service's share of what a Paid invoice took, without tax, as far as that is still there.

    Lines about nothing in particular, such as a discount, are everybody's.
    """
    invoice = state.invoices[invoice_id]
    if invoice.status is not InvoiceStatus.PAID or invoice.total_gross <= 0:
        return 0
    paid = max(0, min(invoice.credit + invoice.applied, invoice.total_gross))
    subtotal = sums_of(invoice.lines, invoice.tax_rate, invoice.tax_rate2).subtotal
    net = max(0, paid * subtotal // invoice.total_gross)
    billed = Counter[tuple[str, int]]()
    for line in invoice.lines:
        billed[line.kind, line.relation_id] += line.amount
    own = max(0, billed[HOSTING, service_id])
    share = own * net // sum((+billed).values()) if own else 0
    given_back = sum(each.given_back.get(invoice_id, 0) for each in state.cancellations.values())
    return max(0, min(share, net - given_back))
