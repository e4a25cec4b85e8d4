"""The invoices read model: facts to rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from projections.invoices.project import project
from projections.projection import CannotApply
from service.domain.events import Event
from tests.support.billing_samples import (
    INVOICE_AMENDED,
    INVOICE_PUBLISHED,
    INVOICE_STATUS_CHANGED,
    TRANSACTION_CORRECTED,
    TRANSACTION_RECORDED,
)
from tests.support.facts import facts
from tests.support.samples import (
    CREDIT_APPLIED,
    INVOICE_ISSUED,
    INVOICE_SETTLED,
    PAYMENT_RECORDED,
)

NAMES = (
    *("invoice_id", "client_id", "currency", "created_at", "status", "date", "due_date", "settled_at"),
    *("refunded_at", "cancelled_at", "updated_at", "payment_method", "notes", "subtotal", "tax", "tax2"),
    *("gross", "tax_rate", "tax_rate2", "credit", "paid"),
)
CHANGING = tuple(name for name in NAMES if name not in {"client_id", "currency", "created_at"})
ISSUED = {
    "invoice_id": 17,
    "client_id": 7,
    "currency": "EUR",
    "created_at": "2025-03-04 10:11:12",
    "status": "Unpaid",
    "date": "2025-03-04",
    "due_date": "2025-03-18",
    "settled_at": "",
    "refunded_at": "",
    "cancelled_at": "",
    "updated_at": "2025-03-04 10:11:12",
    "payment_method": "paypal",
    "notes": "Thank you",
    "subtotal": 10000,
    "tax": 1900,
    "tax2": 100,
    "gross": 12000,
    "tax_rate": 19000,
    "tax_rate2": 1000,
    "credit": 0,
    "paid": 0,
}
AMENDED_SUMS = {
    "subtotal": 12500,
    "tax": 2280,
    "tax2": 120,
    "gross": 14900,
    "tax_rate": 19000,
    "tax_rate2": 1000,
    "credit": 2000,
}


def _rows(*events: Event) -> dict[str, list[Any]]:
    """The rows of each statement; those of invoices by name, what does not change left out."""
    rows: dict[str, list[Any]] = {write.statement: list(write.rows) for write in project(facts(*events))}
    rows["insert_invoice"] = [dict(zip(NAMES, row, strict=True)) for row in rows["insert_invoice"]]
    rows["update_invoice"] = [
        {name: value for name, value in zip(CHANGING, row, strict=True) if value is not None}
        for row in rows["update_invoice"]
    ]
    return rows


def test_an_invoice_starts_with_its_status_and_nothing_paid() -> None:
    """An issued invoice has its own status, no credit and no payment, and one row per line."""
    rows = _rows(INVOICE_ISSUED)
    assert {statement: written for statement, written in rows.items() if written} == {
        "insert_invoice": [ISSUED],
        "insert_item": [(17, 51, "", 0, "Server", 11000, True), (17, 52, "", 0, "Discount", -1000, True)],
    }


def test_a_whole_life_in_one_batch_is_one_row() -> None:
    """Issued, credited, paid, settled, amended and refunded in a batch: inserted as it stands at the end."""
    rows = _rows(
        INVOICE_ISSUED,
        CREDIT_APPLIED,
        PAYMENT_RECORDED,
        INVOICE_SETTLED,
        INVOICE_AMENDED,
        TRANSACTION_RECORDED,
        INVOICE_STATUS_CHANGED,
    )
    assert rows["insert_invoice"] == [
        ISSUED
        | AMENDED_SUMS
        | {
            "status": "Refunded",
            "settled_at": "2025-03-07 00:00:01",
            "refunded_at": "2025-03-08 10:00:00",
            "updated_at": "2025-03-08 11:00:00",
            "due_date": "2025-04-01",
            "notes": "Changed",
            "paid": 11500,
        }
    ]
    assert rows["insert_item"] == [
        (17, 51, "", 0, "Server XL", 12000, True),
        (17, 53, "AddFunds", 0, "Funds", 500, False),
    ]
    assert not rows["update_item"] + rows["delete_item"] + rows["update_invoice"]


@pytest.mark.parametrize(
    ("event", "change"),
    [
        (CREDIT_APPLIED, {"credit": 2000, "updated_at": "2025-03-05 06:07:08"}),
        (PAYMENT_RECORDED, {"paid": 10500, "updated_at": "2025-03-07 00:00:01"}),
        (
            INVOICE_SETTLED,
            {"status": "Paid", "settled_at": "2025-03-07 00:00:01", "updated_at": "2025-03-07 00:00:01"},
        ),
        (
            INVOICE_PUBLISHED,
            {"status": "Unpaid", "date": "2025-03-07", "updated_at": "2025-03-07 09:00:00"},
        ),
        (
            replace(INVOICE_STATUS_CHANGED, status="Cancelled"),
            {
                "status": "Cancelled",
                "cancelled_at": "2025-03-08 10:00:00",
                "updated_at": "2025-03-08 10:00:00",
            },
        ),
        (
            replace(INVOICE_STATUS_CHANGED, status="Unpaid"),
            {"status": "Unpaid", "settled_at": "", "updated_at": "2025-03-08 10:00:00"},
        ),
        (
            INVOICE_AMENDED,
            {"due_date": "2025-04-01", "notes": "Changed", "updated_at": "2025-03-07 08:00:00"}
            | AMENDED_SUMS,
        ),
        (TRANSACTION_RECORDED, {"paid": 11500, "updated_at": "2025-03-08 11:00:00"}),
        (TRANSACTION_CORRECTED, {"paid": 11600, "updated_at": "2025-03-09 12:00:00"}),
    ],
    ids=lambda value: value.TYPE if isinstance(value, Event) else "",
)
def test_an_older_invoice_changes_only_what_was_said(event: Event, change: dict[str, Any]) -> None:
    """A column that no event of the batch speaks of is None: no change."""
    assert _rows(event)["update_invoice"] == [{"invoice_id": 17, **change}]


def test_a_correction_that_moves_money_changes_both_invoices() -> None:
    """The invoice it came from has the sums without it."""
    moved = replace(TRANSACTION_CORRECTED, invoice_id=18, invoice_paid=1100, previous_invoice_paid=10500)
    paid = {row["invoice_id"]: row["paid"] for row in _rows(moved)["update_invoice"]}
    assert paid == {17: 10500, 18: 1100}


def test_lines_of_older_invoices_are_changed_added_and_deleted() -> None:
    """Each in its own statement; a line that is changed and then deleted is only deleted."""
    rows = _rows(INVOICE_AMENDED)
    assert rows["insert_item"] == [(17, 53, "AddFunds", 0, "Funds", 500, False)]
    assert rows["update_item"] == [(17, 51, "", 0, "Server XL", 12000, True)]
    assert rows["delete_item"] == [(17, 52)]
    rows = _rows(
        INVOICE_AMENDED, replace(INVOICE_AMENDED, changed_items=(), added_items=(), removed_items=(51, 53))
    )
    assert (rows["insert_item"], rows["update_item"]) == ([], [])
    assert rows["delete_item"] == [(17, 52), (17, 51)]


def test_the_last_standing_of_a_batch_wins() -> None:
    """Two payments in a batch leave the sum that the second one states."""
    rows = _rows(replace(PAYMENT_RECORDED, invoice_paid=1), PAYMENT_RECORDED)
    assert rows["update_invoice"] == [
        {"invoice_id": 17, "paid": 10500, "updated_at": PAYMENT_RECORDED.recorded_at}
    ]


def test_a_date_of_payment_is_no_time_of_change() -> None:
    """One that lies in the future does not keep `updated_at` from moving with later changes."""
    rows = _rows(
        replace(INVOICE_SETTLED, settled_at="2999-12-31 00:00:00"),
        replace(INVOICE_STATUS_CHANGED, changed_at="2025-03-08 10:00:00"),
    )
    (row,) = rows["update_invoice"]
    assert (row["settled_at"], row["updated_at"]) == ("2999-12-31 00:00:00", "2025-03-08 10:00:00")


def test_an_event_of_before_it_told_when_moves_no_time() -> None:
    """Nothing is known, so nothing is said: the greater of it and any time is that time."""
    (row,) = _rows(replace(PAYMENT_RECORDED, recorded_at=""))["update_invoice"]
    assert row["updated_at"] == ""


@pytest.mark.parametrize("before", [INVOICE_ISSUED, PAYMENT_RECORDED], ids=["issued", "paid"])
def test_an_invoice_is_issued_once(before: Event) -> None:
    """A second issue, or one after a payment, is not quietly swallowed by batching."""
    with pytest.raises(CannotApply, match="invoice 17"):
        project(facts(before, INVOICE_ISSUED))
