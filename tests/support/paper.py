"""Rows of which invoices on paper are made, and a PDF's text page by page."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

from pypdf import PdfReader

from projections.views import ClientRow, InvoiceRow, ItemRow, TransactionRow
from service.domain.events.config import CurrencyAdded

EURO = CurrencyAdded(currency_id=1, code="EUR", prefix="€", suffix="", format=3, rate=100_000)
ADA = ClientRow(
    client_id=7,
    owner_id=7,
    status="Active",
    currency="EUR",
    currency_id=1,
    group_id=0,
    opened_on="2026-01-01",
    language="",
    payment_method="",
    marketing_opt_in=False,
    profile={
        "first_name": "Ада",
        "last_name": "Лавлейс",
        "company_name": "Фирма «Ромашка»",
        "address1": "ул. Ленина 1",
        "city": "Казань",
        "postcode": "420000",
        "country": "RU",
        "tax_id": "7701",
    },
    balance=0,
)
_INVOICE = InvoiceRow(
    invoice_id=17,
    client_id=7,
    currency="EUR",
    status="Unpaid",
    date="2026-11-01",
    due_date="2026-11-15",
    settled_at="",
    refunded_at="",
    cancelled_at="",
    created_at="2026-11-01 10:00:00",
    updated_at="2026-11-01 10:00:00",
    payment_method="mailin",
    notes="",
    subtotal=123450,
    credit=0,
    tax=23456,
    tax2=0,
    total=146906,
    tax_rate=19_000,
    tax_rate2=0,
    paid=0,
)
PAYMENT = TransactionRow(
    transaction_id=3,
    client_id=7,
    invoice_id=17,
    currency="EUR",
    gateway="PayPal",
    date="2026-11-05 08:00:00",
    description="Invoice Payment",
    amount_in=5000,
    fees=0,
    amount_out=0,
    reference="TX-9",
    refund_id=0,
)


def line(number: int, description: str = "", amount: int = 1000) -> ItemRow:
    """A line whose text names its number."""
    text = description or f"Line {number}."
    return ItemRow(item_id=number, kind="", relation_id=0, description=text, amount=amount, taxed=True)


def invoice(**changes: Any) -> InvoiceRow:
    """An unpaid invoice of one line, with these fields instead."""
    return replace(_INVOICE, **({"items": (line(1),)} | changes))


def pages(pdf: bytes) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
