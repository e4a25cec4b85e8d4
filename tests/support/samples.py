"""One sample of every event type, the texts of `tests/golden/events.json` as objects.

Tests vary them with `dataclasses.replace`. They belong to one history only by accident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events import (
    AccountOpened,
    CreditAdded,
    CreditApplied,
    CreditRemoved,
    InvoiceIssued,
    InvoiceItem,
    InvoiceSettled,
    PaymentRecorded,
)
from tests.support.access_samples import ACCESS_SAMPLES
from tests.support.billing_samples import BILLING_SAMPLES
from tests.support.cancellation_samples import CANCELLATION_SAMPLES
from tests.support.client_samples import CLIENT_SAMPLES
from tests.support.service_samples import SERVICE_SAMPLES
from tests.support.system_samples import SYSTEM_SAMPLES
from tests.support.webhook_samples import WEBHOOK_SAMPLES

if TYPE_CHECKING:
    from service.domain.events import Event

ACCOUNT_OPENED = AccountOpened(
    client_id=7,
    owner_id=7,
    currency="EUR",
    currency_id=1,
    group_id=2,
    date="2025-03-01",
    language="english",
    payment_method="banktransfer",
    marketing_opt_in=True,
    profile={"first_name": "Ada", "last_name": "Lövelace", "email": "ada@example.org", "country": "GB"},
    notify=True,
)

CREDIT_ADDED = CreditAdded(
    credit_id=31,
    amount=12345,
    balance=12345,
    currency="EUR",
    date="2025-03-02",
    description="Goodwill",
    reason="manual",
    admin_id=1,
    transaction_id=0,
)

CREDIT_REMOVED = CreditRemoved(
    credit_id=32,
    amount=345,
    balance=12000,
    currency="EUR",
    date="2025-03-03",
    description="Goodwill taken back",
    reason="manual",
    admin_id=1,
)

INVOICE_ISSUED = InvoiceIssued(
    invoice_id=17,
    currency="EUR",
    status="Unpaid",
    date="2025-03-04",
    due_date="2025-03-18",
    payment_method="paypal",
    notes="Thank you",
    items=(
        InvoiceItem(item_id=51, kind="", relation_id=0, description="Server", amount=11000, taxed=True),
        InvoiceItem(item_id=52, kind="", relation_id=0, description="Discount", amount=-1000, taxed=True),
    ),
    subtotal=10000,
    tax=1900,
    tax2=100,
    total=12000,
    tax_rate=19000,
    tax_rate2=1000,
    issued_at="2025-03-04 10:11:12",
    send=True,
    notify=True,
)

CREDIT_APPLIED = CreditApplied(
    credit_id=33,
    invoice_id=17,
    amount=2000,
    balance=10000,
    currency="EUR",
    date="2025-03-05",
    description="Credit Applied to Invoice #17",
    invoice_credit=2000,
    invoice_due=10000,
    notify=False,
    recorded_at="2025-03-05 06:07:08",
)

PAYMENT_RECORDED = PaymentRecorded(
    transaction_id=41,
    invoice_id=17,
    gateway="paypal",
    reference="8XY12345",
    amount=10500,
    fees=33,
    applied=10000,
    surplus=500,
    currency="EUR",
    date="2025-03-06 23:59:59",
    description="Invoice Payment",
    invoice_paid=10500,
    invoice_due=0,
    notify=True,
    recorded_at="2025-03-07 00:00:01",
)

INVOICE_SETTLED = InvoiceSettled(
    invoice_id=17, settled_at="2025-03-07 00:00:01", notify=True, recorded_at="2025-03-07 00:00:01"
)

EVERY_EVENT: tuple[Event, ...] = (
    ACCOUNT_OPENED,
    CREDIT_ADDED,
    CREDIT_REMOVED,
    INVOICE_ISSUED,
    CREDIT_APPLIED,
    PAYMENT_RECORDED,
    INVOICE_SETTLED,
    *BILLING_SAMPLES,
    *ACCESS_SAMPLES,
    *SYSTEM_SAMPLES,
    *WEBHOOK_SAMPLES,
    *CLIENT_SAMPLES,
    *SERVICE_SAMPLES,
    *CANCELLATION_SAMPLES,
)
