"""Hypothesis strategies for commands about invoices and transactions, small enough that they meet often."""

from __future__ import annotations

from hypothesis import strategies as st

from service.domain.commands import (
    AmendInvoice,
    ApplyCredit,
    CorrectTransaction,
    IssueInvoice,
    ItemChange,
    NewItem,
    RecordPayment,
    RecordTransaction,
)
from service.domain.invoice_status import InvoiceStatus

invoice_ids = st.integers(1, 4)
some_invoice = st.one_of(st.just(0), invoice_ids)
transaction_ids = st.integers(1, 5)
amounts = st.integers(0, 200)
gateways = st.sampled_from(["paypal", "mailin"])
references = st.sampled_from(["", "A", "B", "C"])
rates = st.sampled_from([0, 19500])
new_items = st.builds(
    NewItem,
    description=st.just("Line"),
    amount=st.integers(-50, 200),
    taxed=st.booleans(),
    kind=st.sampled_from(["", "Hosting", "AddFunds", "Invoice", "Invoice"]),
    relation_id=st.integers(0, 4),
)
statuses = st.one_of(st.just(InvoiceStatus.UNPAID), st.sampled_from(InvoiceStatus))


def _often_none(values: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.one_of(st.none(), st.none(), values)


issue_invoices = st.builds(
    IssueInvoice,
    status=statuses,
    items=st.lists(new_items, max_size=3).map(tuple),
    tax_rate=rates,
    payment_method=st.just("paypal"),
    auto_apply_credit=st.booleans(),
)
apply_credits = st.builds(ApplyCredit, invoice_id=invoice_ids, amount=st.none() | amounts)
record_payments = st.builds(
    RecordPayment,
    invoice_id=invoice_ids,
    gateway=gateways,
    reference=references,
    amount=st.none() | amounts,
    to_credit=st.booleans(),
)
record_transactions = st.builds(
    RecordTransaction,
    gateway=gateways,
    invoice_id=some_invoice,
    reference=references,
    amount_in=amounts,
    amount_out=st.one_of(st.just(0), amounts),
    fees=st.integers(-5, 5),
    refund_id=st.one_of(st.just(0), transaction_ids),
    to_credit=st.booleans(),
)
correct_transactions = st.builds(
    CorrectTransaction,
    transaction_id=transaction_ids,
    invoice_id=_often_none(some_invoice),
    amount_in=_often_none(amounts),
    amount_out=_often_none(amounts),
    description=st.sampled_from([None, "Corrected"]),
    to_credit=st.booleans(),
)
amend_invoices = st.builds(
    AmendInvoice,
    invoice_id=invoice_ids,
    changed_items=st.lists(
        st.builds(
            ItemChange,
            item_id=st.integers(1, 5),
            description=st.just("Changed"),
            amount=st.integers(-50, 200),
            taxed=st.booleans(),
        ),
        max_size=2,
        unique_by=lambda change: change.item_id,
    ).map(tuple),
    added_items=st.lists(new_items, max_size=2).map(tuple),
    removed_items=st.lists(st.integers(1, 5), max_size=1).map(tuple),
    tax_rate=_often_none(rates),
    credit=_often_none(amounts),
    publish=st.sampled_from([False, False, True]),
    status=st.one_of(st.none(), statuses),
)
