from __future__ import annotations

from service.domain.account import ACTIVE
from service.domain.commands import OpenAccount
from service.domain.events import AccountOpened
from service.domain.refusals import RefusalCode
from tests.support.decider import OFFER, TODAY, fold, given
from tests.support.samples import ACCOUNT_OPENED

_PROFILE = {"first_name": "Ada", "email": "ada@example.org"}


def test_an_account_is_opened_today_under_the_offered_number_and_owns_itself() -> None:
    """Without an owner the client is its own; every field of the command stands in the event."""
    given().when(
        OpenAccount(
            currency="EUR",
            currency_id=3,
            profile=_PROFILE,
            group_id=4,
            language="german",
            payment_method="paypal",
            marketing_opt_in=True,
            notify=False,
        )
    ).then(
        AccountOpened(
            client_id=OFFER.client,
            owner_id=OFFER.client,
            currency="EUR",
            currency_id=3,
            group_id=4,
            date=TODAY,
            language="german",
            payment_method="paypal",
            marketing_opt_in=True,
            profile=_PROFILE,
            notify=False,
        )
    )


def test_a_given_owner_is_kept() -> None:
    """An account may belong to another user than itself."""
    (opened,) = given().when(OpenAccount(currency="EUR", currency_id=1, profile={}, owner_id=3)).events
    assert isinstance(opened, AccountOpened)
    assert (opened.client_id, opened.owner_id) == (OFFER.client, 3)


def test_an_account_is_opened_once() -> None:
    """A second opening of the same stream is refused."""
    given(ACCOUNT_OPENED).when(OpenAccount(currency="EUR", currency_id=1, profile={})).refused(
        RefusalCode.ACCOUNT_EXISTS
    )


def test_an_opened_account_is_active_and_empty() -> None:
    """The fold of the opening has no credit and no invoices."""
    state = fold(ACCOUNT_OPENED)
    assert state.exists
    assert (state.client_id, state.currency, state.status, state.balance) == (7, "EUR", ACTIVE, 0)
    assert state.payment_method == "banktransfer"
    assert not state.invoices
