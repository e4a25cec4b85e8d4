"""One sample of each event about changed invoices and hand-told transactions; a part of `samples`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events import (
    InvoiceAmended,
    InvoiceItem,
    InvoicePublished,
    InvoiceStatusChanged,
    TransactionCorrected,
    TransactionRecorded,
)

if TYPE_CHECKING:
    from service.domain.events import Event

INVOICE_AMENDED = InvoiceAmended(
    invoice_id=17,
    date=None,
    due_date="2025-04-01",
    settled_at=None,
    payment_method=None,
    notes="Changed",
    changed_items=(
        InvoiceItem(item_id=51, kind="", relation_id=0, description="Server XL", amount=12000, taxed=True),
    ),
    added_items=(
        InvoiceItem(item_id=53, kind="AddFunds", relation_id=0, description="Funds", amount=500, taxed=False),
    ),
    removed_items=(52,),
    subtotal=12500,
    tax=2280,
    tax2=120,
    total=14900,
    tax_rate=19000,
    tax_rate2=1000,
    credit=2000,
    invoice_due=2900,
    amended_at="2025-03-07 08:00:00",
)

INVOICE_PUBLISHED = InvoicePublished(
    invoice_id=17, date="2025-03-07", published_at="2025-03-07 09:00:00", send=True
)

INVOICE_STATUS_CHANGED = InvoiceStatusChanged(
    invoice_id=17, previous="Paid", status="Refunded", changed_at="2025-03-08 10:00:00"
)

TRANSACTION_RECORDED = TransactionRecorded(
    transaction_id=42,
    invoice_id=17,
    gateway="mailin",
    reference="CHEQUE-7",
    description="A cheque",
    date="2025-03-08 00:00:00",
    amount_in=1000,
    amount_out=0,
    fees=-5,
    rate=110000,
    currency="EUR",
    currency_id=0,
    refund_id=0,
    applied=800,
    credited=200,
    invoice_paid=11500,
    invoice_due=0,
    recorded_at="2025-03-08 11:00:00",
)

TRANSACTION_CORRECTED = TransactionCorrected(
    transaction_id=42,
    invoice_id=17,
    gateway="mailin",
    reference="CHEQUE-8",
    previous_reference="CHEQUE-7",
    description=None,
    date="2025-03-09 00:00:00",
    amount_in=1100,
    amount_out=0,
    fees=None,
    rate=None,
    currency=None,
    currency_id=None,
    refund_id=0,
    applied=900,
    credited=200,
    invoice_paid=11600,
    invoice_due=-100,
    previous_invoice_id=17,
    previous_invoice_paid=10500,
    previous_invoice_due=800,
    corrected_at="2025-03-09 12:00:00",
)

BILLING_SAMPLES: tuple[Event, ...] = (
    INVOICE_AMENDED,
    INVOICE_PUBLISHED,
    INVOICE_STATUS_CHANGED,
    TRANSACTION_RECORDED,
    TRANSACTION_CORRECTED,
)
