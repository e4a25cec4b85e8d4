"""Hypothesis strategies for commands to one account, small enough that they meet each other often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from service.domain.commands import AddCredit, ApplyCredit, IssueInvoice, NewItem, RecordPayment, RemoveCredit
from service.domain.invoice_status import InvoiceStatus
from service.domain.money import AMOUNT_MAX
from tests.support import billing_commands

if TYPE_CHECKING:
    from service.domain.commands import AccountCommand

_EXTREME_IN_TEN = st.sampled_from([False] * 9 + [True])


def _mostly(usual: st.SearchStrategy[int]) -> st.SearchStrategy[int]:
    """Now and then the largest amount there is, else `usual`."""
    return _EXTREME_IN_TEN.flatmap(lambda extreme: st.just(AMOUNT_MAX) if extreme else usual)


amounts = _mostly(st.one_of(st.integers(1, 100), st.integers(0, 500)))
optional_amounts = st.one_of(st.none(), amounts)
invoice_ids = st.integers(1, 3)
gateways = st.sampled_from(["", "paypal", "banktransfer"])
references = st.sampled_from(["", "A", "B"])
rates = st.sampled_from([0, 7000, 19500, 100_000])
items = st.lists(
    st.builds(
        NewItem,
        description=st.just("Line"),
        amount=_mostly(st.integers(-200, 500)),
        taxed=st.booleans(),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
# Unpaid half of the time: it is the status where something can happen.
statuses = st.one_of(st.just(InvoiceStatus.UNPAID), st.sampled_from(InvoiceStatus))

add_credits = st.builds(AddCredit, amount=_mostly(st.integers(0, 2000)), description=st.just("Added"))
remove_credits = st.builds(RemoveCredit, amount=_mostly(st.integers(0, 100)), description=st.just("Removed"))
issue_invoices = st.builds(
    IssueInvoice,
    status=statuses,
    items=st.one_of(items, items, st.just(())),
    tax_rate=rates,
    tax_rate2=rates,
    payment_method=gateways,
    auto_apply_credit=st.booleans(),
)
apply_credits = st.builds(ApplyCredit, invoice_id=invoice_ids, amount=optional_amounts)
record_payments = st.builds(
    RecordPayment,
    invoice_id=invoice_ids,
    gateway=gateways,
    reference=references,
    amount=optional_amounts,
    fees=st.integers(-5, 5),
)

histories: st.SearchStrategy[list[AccountCommand]] = st.lists(
    st.one_of(
        add_credits,
        remove_credits,
        issue_invoices,
        apply_credits,
        record_payments,
        billing_commands.issue_invoices,
        billing_commands.amend_invoices,
        billing_commands.record_transactions,
        billing_commands.correct_transactions,
    ),
    max_size=30,
)
