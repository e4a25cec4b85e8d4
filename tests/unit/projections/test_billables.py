from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from projections.billables.project import project
from projections.projection import CannotApply, Write
from tests.support.facts import facts
from tests.support.samples import CREDIT_ADDED
from tests.support.system_samples import BILLABLE_ADDED, BILLABLE_INVOICED

if TYPE_CHECKING:
    from service.domain.events.billables import BillableItemAdded, BillableItemInvoiced

LAST = replace(BILLABLE_INVOICED, next_due_date="")


@pytest.mark.parametrize(
    ("item", "due_on"),
    [
        (BILLABLE_ADDED, "2025-03-31"),
        (replace(BILLABLE_ADDED, invoice_action="duedate"), "2025-03-31"),
        (replace(BILLABLE_ADDED, invoice_action="nextcron", due_date=""), ""),
        (replace(BILLABLE_ADDED, invoice_action="nextinvoice", due_date=""), None),
        (replace(BILLABLE_ADDED, invoice_action="noinvoice", due_date=""), None),
    ],
    ids=lambda value: getattr(value, "invoice_action", ""),
)
def test_when_an_item_is_due(item: BillableItemAdded, due_on: str | None) -> None:
    """On its day, at once, or not by itself; other facts are passed over."""
    assert project(facts(CREDIT_ADDED, item)) == [
        Write("insert_billable", [(61, 7, due_on, True)]),
        Write("update_billable", []),
    ]


@pytest.mark.parametrize(
    ("invoiced", "standing"), [(BILLABLE_INVOICED, ("2025-04-30", True)), (LAST, (None, False))]
)
def test_what_an_invoice_changes(invoiced: BillableItemInvoiced, standing: tuple[str | None, bool]) -> None:
    """It is due again, or never; in one batch with the item, or in a later one."""
    assert project(facts(BILLABLE_ADDED, invoiced)) == [
        Write("insert_billable", [(61, 7, *standing)]),
        Write("update_billable", []),
    ]
    assert project(facts(invoiced)) == [
        Write("insert_billable", []),
        Write("update_billable", [(61, *standing)]),
    ]


def test_an_item_is_not_added_twice() -> None:
    """The read model halts rather than guess."""
    with pytest.raises(CannotApply, match="item 61 is known already"):
        project(facts(BILLABLE_ADDED, BILLABLE_ADDED))
