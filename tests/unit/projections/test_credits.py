"""The credit log: facts to rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from projections.credits.project import project
from projections.projection import Write
from tests.support.facts import facts
from tests.support.samples import CREDIT_ADDED, CREDIT_APPLIED, CREDIT_REMOVED, EVERY_EVENT


def test_every_movement_is_a_signed_row() -> None:
    """What the client gains is positive, what it loses negative, in order; all goes with the client."""
    assert project(facts(*EVERY_EVENT)) == [
        Write(
            "insert_credit",
            [
                (7, 31, "2025-03-02", "Goodwill", 12345, 0, 1),
                (7, 32, "2025-03-03", "Goodwill taken back", -345, 0, 1),
                (7, 33, "2025-03-05", "Credit Applied to Invoice #17", -2000, 0, 0),
            ],
        ),
        Write("delete_of_client", [(7,)], removes=True),
    ]


def test_credit_from_a_payment_names_its_transaction() -> None:
    """The relation of an overpayment's row is the transaction that caused it."""
    [write, _] = project(facts(replace(CREDIT_ADDED, transaction_id=41, reason="overpayment")))
    assert write.rows[0][5] == 41


def test_the_rows_add_up_to_the_balance() -> None:
    """The sum of the amounts is the balance after the last movement."""
    [write, _] = project(facts(CREDIT_ADDED, CREDIT_REMOVED, CREDIT_APPLIED))
    assert sum(row[4] for row in write.rows) == CREDIT_APPLIED.balance


def test_credit_outside_an_account_is_refused() -> None:
    """A movement in a stream that is no account cannot be attributed, so it raises."""
    with pytest.raises(ValueError, match="config"):
        project(facts(CREDIT_ADDED, stream="config"))
