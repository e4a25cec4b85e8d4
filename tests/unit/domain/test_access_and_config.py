from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain import access, config
from service.domain.access import AddAdmin, IssueCredential, RevokeCredential
from service.domain.config import AddCurrency
from service.domain.events import AdminAdded, CredentialIssued, CredentialRevoked, CurrencyAdded
from service.domain.refusals import Refusal, RefusalCode
from tests.support.samples import ACCOUNT_OPENED

_GRACE = AdminAdded(admin_id=1, name="Grace")
_KEY = CredentialIssued(identifier="abc", name="panel", admin_id=1)
_EUR = CurrencyAdded(currency_id=1, code="EUR", prefix="€", suffix="", format=2, rate=100000)
_ADD_EUR = AddCurrency(code="EUR", prefix="€", suffix="", format=2, rate=100000)


def _access(*events: AdminAdded | CredentialIssued | CredentialRevoked) -> access.AccessState:
    state = access.initial_state()
    for event in events:
        state = access.evolve(state, event)
    return state


def _config(*events: CurrencyAdded) -> config.ConfigState:
    state = config.initial_state()
    for event in events:
        state = config.evolve(state, event)
    return state


def test_admins_are_numbered_from_one() -> None:
    """Each admin gets the number after the highest."""
    assert access.decide(_access(), AddAdmin(name="Grace")) == (_GRACE,)
    seventh = AdminAdded(admin_id=7, name="Imported")
    assert access.decide(_access(_GRACE, seventh), AddAdmin(name="Joan")) == (
        AdminAdded(admin_id=8, name="Joan"),
    )


def test_a_credential_is_issued_to_an_admin() -> None:
    """The state then knows whose it is."""
    command = IssueCredential(identifier="abc", name="panel", admin_id=1)
    assert access.decide(_access(_GRACE), command) == (_KEY,)
    state = _access(_GRACE, _KEY)
    assert state.admins == {1: "Grace"}
    assert state.credentials == {"abc": _KEY}


def test_a_credential_needs_its_admin() -> None:
    """Nobody acts in the name of somebody unknown."""
    command = IssueCredential(identifier="abc", name="panel", admin_id=2)
    assert access.decide(_access(_GRACE), command) == Refusal(RefusalCode.ADMIN_NOT_FOUND, "2")


def test_a_revoked_credential_is_gone() -> None:
    """Revoking works once; the second time there is nothing to revoke."""
    revoked = CredentialRevoked(identifier="abc")
    assert access.decide(_access(_GRACE, _KEY), RevokeCredential(identifier="abc")) == (revoked,)
    state = _access(_GRACE, _KEY, revoked)
    assert not state.credentials
    assert access.decide(state, RevokeCredential(identifier="abc")) == Refusal(
        RefusalCode.CREDENTIAL_NOT_FOUND, "abc"
    )


def test_currencies_are_numbered_and_the_first_is_the_default() -> None:
    """Each currency gets the number after the highest; without any there is no default."""
    assert config.decide(_config(), _ADD_EUR) == (_EUR,)
    usd = replace(_EUR, currency_id=2, code="USD")
    assert config.decide(_config(_EUR), replace(_ADD_EUR, code="USD")) == (usd,)
    imported = replace(usd, currency_id=7)
    assert config.decide(_config(_EUR, imported), replace(_ADD_EUR, code="GBP")) == (
        replace(_EUR, currency_id=8, code="GBP"),
    )
    assert _config().default_currency_id == 0
    state = _config(_EUR, usd)
    assert state.default_currency_id == 1
    assert state.currencies == {1: _EUR, 2: usd}


def test_a_currency_is_added_once() -> None:
    """The code is unique, whatever the other fields say."""
    assert config.decide(_config(_EUR), replace(_ADD_EUR, format=1)) == Refusal(
        RefusalCode.CURRENCY_EXISTS, "EUR"
    )


def test_an_event_of_another_stream_is_an_error() -> None:
    """A fold never skips what it does not know."""
    with pytest.raises(TypeError, match="AccountOpened"):
        access.evolve(access.initial_state(), ACCOUNT_OPENED)
    with pytest.raises(TypeError, match="AccountOpened"):
        config.evolve(config.initial_state(), ACCOUNT_OPENED)
