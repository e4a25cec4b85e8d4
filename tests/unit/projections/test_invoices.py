"""The invoices read model: facts to rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from projections.invoices.project import project
from projections.projection import CannotApply, Write
from tests.support.facts import facts
from tests.support.samples import (
    CREDIT_APPLIED,
    EVERY_EVENT,
    INVOICE_ISSUED,
    INVOICE_SETTLED,
    PAYMENT_RECORDED,
)

if TYPE_CHECKING:
    from service.domain.events import Event

ISSUED = (
    17,
    7,
    "EUR",
    "2025-03-04",
    "2025-03-18",
    "paypal",
    "Thank you",
    10000,
    1900,
    100,
    12000,
    19000,
    1000,
)


def test_an_invoice_starts_with_its_status_and_nothing_paid() -> None:
    """An issued invoice has its own status, no credit and no payment, and one row per line."""
    assert project(facts(INVOICE_ISSUED)) == [
        Write("insert_invoice", [(*ISSUED, "Unpaid", None, 0, 0)]),
        Write(
            "insert_item",
            [(17, 51, "", 0, "Server", 11000, True), (17, 52, "", 0, "Discount", -1000, True)],
        ),
        Write("update_invoice", []),
    ]


def test_a_whole_life_in_one_batch_is_one_row() -> None:
    """Issued, credited, paid and settled in a batch: inserted as it stands at the end."""
    insert, _, update = project(facts(*EVERY_EVENT))
    assert insert == Write("insert_invoice", [(*ISSUED, "Paid", "2025-03-07 00:00:01", 2000, 10500)])
    assert update.rows == []


def test_an_older_invoice_changes_only_what_was_said() -> None:
    """A column that no event of the batch speaks of is None: no change."""
    *_, credited = project(facts(CREDIT_APPLIED))
    *_, paid = project(facts(PAYMENT_RECORDED))
    *_, settled = project(facts(INVOICE_SETTLED))
    assert credited.rows == [(17, None, None, 2000, None)]
    assert paid.rows == [(17, None, None, None, 10500)]
    assert settled.rows == [(17, "Paid", "2025-03-07 00:00:01", None, None)]


def test_the_last_standing_of_a_batch_wins() -> None:
    """Two payments in a batch leave the sum that the second one states."""
    *_, update = project(facts(replace(PAYMENT_RECORDED, invoice_paid=1), PAYMENT_RECORDED))
    assert update == Write("update_invoice", [(17, None, None, None, 10500)])


@pytest.mark.parametrize("before", [INVOICE_ISSUED, PAYMENT_RECORDED], ids=["issued", "paid"])
def test_an_invoice_is_issued_once(before: Event) -> None:
    """A second issue, or one after a payment, is not quietly swallowed by batching."""
    with pytest.raises(CannotApply, match="invoice 17"):
        project(facts(before, INVOICE_ISSUED))
