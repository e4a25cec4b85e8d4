"""The balances read model: facts to rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from projections.balances.project import project
from projections.projection import CannotApply, Write
from tests.support.facts import facts
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED, CREDIT_APPLIED, CREDIT_REMOVED, EVERY_EVENT

if TYPE_CHECKING:
    from service.domain.events import Event


def test_an_account_starts_with_nothing() -> None:
    """Opening an account gives it a balance of zero in its currency."""
    assert project(facts(ACCOUNT_OPENED)) == [
        Write("insert_balance", [(7, "EUR", 0)]),
        Write("update_balance", []),
        Write("delete_balance", []),
    ]


def test_the_last_balance_of_a_batch_is_inserted_with_the_account() -> None:
    """An account opened in the batch is written once, with the balance at its end; if deleted, it goes."""
    assert project(facts(*EVERY_EVENT)) == [
        Write("insert_balance", [(7, "EUR", CREDIT_APPLIED.balance)]),
        Write("update_balance", []),
        Write("delete_balance", [(7,)]),
    ]


def test_an_older_account_is_updated_once() -> None:
    """However many movements a batch has, the client's row is written once, with the last balance."""
    assert project(facts(CREDIT_ADDED, CREDIT_REMOVED)) == [
        Write("insert_balance", []),
        Write("update_balance", [(7, CREDIT_REMOVED.balance)]),
        Write("delete_balance", []),
    ]


@pytest.mark.parametrize("before", [ACCOUNT_OPENED, CREDIT_ADDED], ids=["opened", "moved"])
def test_an_account_is_opened_once(before: Event) -> None:
    """A second opening, or one after a movement, is not quietly swallowed by batching."""
    with pytest.raises(CannotApply, match="client 7"):
        project(facts(before, ACCOUNT_OPENED))
