from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.commands import AddCredit, RemoveCredit
from service.domain.events import CreditAdded, CreditRemoved
from service.domain.money import AMOUNT_MAX
from service.domain.refusals import RefusalCode
from tests.support.decider import OFFER, TODAY, fold, given
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED, CREDIT_REMOVED


def test_credit_added_by_hand_states_the_new_balance() -> None:
    """The event carries amount, resulting balance and the account's currency, dated today."""
    given(ACCOUNT_OPENED, CREDIT_ADDED).when(AddCredit(amount=55, description="Gift", admin_id=2)).then(
        CreditAdded(
            credit_id=OFFER.credit,
            amount=55,
            balance=12400,
            currency="EUR",
            date=TODAY,
            description="Gift",
            reason="manual",
            admin_id=2,
            transaction_id=0,
        )
    )


def test_credit_removed_by_hand_states_the_new_balance() -> None:
    """Removing is the mirror image of adding, down to exactly nothing."""
    given(ACCOUNT_OPENED, CREDIT_ADDED).when(
        RemoveCredit(amount=12345, description="All of it", admin_id=2)
    ).then(
        CreditRemoved(
            credit_id=OFFER.credit,
            amount=12345,
            balance=0,
            currency="EUR",
            date=TODAY,
            description="All of it",
            reason="manual",
            admin_id=2,
        )
    )


def test_a_given_date_is_kept() -> None:
    """The effective date of a credit is the caller's, whenever it is recorded."""
    account = given(ACCOUNT_OPENED, CREDIT_ADDED)
    (added,) = account.when(AddCredit(amount=1, description="", date="2020-02-29")).events
    (removed,) = account.when(RemoveCredit(amount=1, description="", date="2020-02-28")).events
    assert isinstance(added, CreditAdded)
    assert isinstance(removed, CreditRemoved)
    assert (added.date, removed.date) == ("2020-02-29", "2020-02-28")


@pytest.mark.parametrize("command", [AddCredit, RemoveCredit])
def test_an_unknown_client_has_no_credit(command: type[AddCredit | RemoveCredit]) -> None:
    """Nothing is added to or taken from an account that was never opened."""
    given().when(command(amount=1, description="")).refused(RefusalCode.CLIENT_NOT_FOUND)


@pytest.mark.parametrize("command", [AddCredit, RemoveCredit])
@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_is_positive(command: type[AddCredit | RemoveCredit], amount: int) -> None:
    """Neither nothing nor a hidden reversal is accepted."""
    given(ACCOUNT_OPENED).when(command(amount=amount, description="")).refused(
        RefusalCode.AMOUNT_NOT_POSITIVE
    )


def test_the_balance_may_reach_the_limit_but_not_pass_it() -> None:
    """The largest balance is AMOUNT_MAX exactly."""
    account = given(ACCOUNT_OPENED, CREDIT_ADDED)
    (added,) = account.when(AddCredit(amount=AMOUNT_MAX - 12345, description="")).events
    assert isinstance(added, CreditAdded)
    assert added.balance == AMOUNT_MAX
    account.when(AddCredit(amount=AMOUNT_MAX - 12344, description="")).refused(RefusalCode.AMOUNT_TOO_LARGE)


def test_more_than_the_balance_is_never_removed() -> None:
    """One hundredth too much is refused."""
    given(ACCOUNT_OPENED, CREDIT_ADDED).when(RemoveCredit(amount=12346, description="")).refused(
        RefusalCode.CREDIT_TOO_LOW
    )


def test_the_fold_follows_the_stated_balances() -> None:
    """After an addition and a removal the state holds the removal's balance."""
    assert fold(ACCOUNT_OPENED, CREDIT_ADDED).balance == 12345
    assert fold(ACCOUNT_OPENED, CREDIT_ADDED, CREDIT_REMOVED).balance == 12000
    assert fold(ACCOUNT_OPENED, replace(CREDIT_ADDED, balance=5)).balance == 5


def test_deciding_leaves_the_state_as_it_is() -> None:
    """Only `evolve` changes a state, so that a refused append costs nothing."""
    account = given(ACCOUNT_OPENED, CREDIT_ADDED)
    account.when(AddCredit(amount=1, description=""))
    assert account.state == fold(ACCOUNT_OPENED, CREDIT_ADDED)
