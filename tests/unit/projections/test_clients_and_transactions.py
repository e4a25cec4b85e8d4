"""The client and transaction read models: facts to rows."""

from __future__ import annotations

from dataclasses import replace

from projections.clients import project as clients
from projections.projection import Write
from projections.transactions import project as transactions
from tests.support.facts import facts
from tests.support.samples import ACCOUNT_OPENED, EVERY_EVENT


def test_an_opened_account_is_an_active_client() -> None:
    """The row holds what the account was opened with, personal data as JSON with sorted keys."""
    profile = '{"country":"GB","email":"ada@example.org","first_name":"Ada","last_name":"Lövelace"}'
    assert clients.project(facts(*EVERY_EVENT)) == [
        Write(
            "insert_client",
            [(7, 7, "Active", "EUR", 1, 2, "2025-03-01", "english", "banktransfer", True, profile)],
        )
    ]


def test_an_erased_client_has_no_profile() -> None:
    """Where the subject's key was destroyed the profile is None, and the row is there all the same."""
    [write] = clients.project(facts(replace(ACCOUNT_OPENED, profile=None)))
    assert write.rows[0][-1] is None


def test_a_payment_is_a_transaction() -> None:
    """The row holds the payment as the gateway reported it; nothing went out, nothing is refunded."""
    assert transactions.project(facts(*EVERY_EVENT)) == [
        Write(
            "insert_transaction",
            [
                (
                    *(41, 7, 17, "EUR", "paypal", "2025-03-06 23:59:59", "Invoice Payment"),
                    *(10500, 33, 0, "8XY12345", 0),
                )
            ],
        )
    ]
