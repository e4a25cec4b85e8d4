"""How a client logs in: what is decided about its password and its codes."""

from __future__ import annotations

import pytest

from service.domain.client_logins import (
    ClientLoginState,
    DisableClientTotp,
    EnableClientTotp,
    SetClientPassword,
    decide,
    evolve,
)
from service.domain.events.client_logins import (
    ClientPasswordChanged,
    ClientTotpDisabled,
    ClientTotpEnabled,
)
from service.domain.refusals import Refusal, RefusalCode
from tests.support.samples import CREDIT_ADDED

NOW = "2025-06-30 12:34:56"


def test_a_password_is_set_by_whoever_knows_the_one_before() -> None:
    """So of two resets at once one is refused: the token of neither can be used twice."""
    state = ClientLoginState()
    first = SetClientPassword(client_id=7, password_id="a", previous_id="")
    changed = ClientPasswordChanged(client_id=7, password_id="a", changed_at=NOW)
    assert decide(state, first, NOW) == (changed,)
    state = evolve(state, changed)
    assert state.password_id == "a"
    assert decide(state, first, NOW) == Refusal(RefusalCode.STALE)
    second = SetClientPassword(client_id=7, password_id="b", previous_id="a")
    assert decide(state, second, NOW) == (
        ClientPasswordChanged(client_id=7, password_id="b", changed_at=NOW),
    )


def test_codes_are_asked_for_from_enabling_to_disabling() -> None:
    """A second secret would lock out whoever has the first one, so it is refused."""
    enable, disable = EnableClientTotp(client_id=7, totp_id="t"), DisableClientTotp(client_id=7)
    enabled = ClientTotpEnabled(client_id=7, totp_id="t", enabled_at=NOW)
    disabled = ClientTotpDisabled(client_id=7, disabled_at=NOW)
    state = ClientLoginState()
    assert decide(state, disable, NOW) == Refusal(RefusalCode.TOTP_NOT_ENABLED, "7")
    assert decide(state, enable, NOW) == (enabled,)
    state = evolve(state, enabled)
    assert decide(state, enable, NOW) == Refusal(RefusalCode.TOTP_ENABLED, "7")
    assert decide(state, disable, NOW) == (disabled,)
    assert evolve(state, disabled).totp_id == ""


def test_events_of_other_streams_are_errors() -> None:
    """Nothing is folded that does not belong here."""
    with pytest.raises(TypeError):
        evolve(ClientLoginState(), CREDIT_ADDED)
