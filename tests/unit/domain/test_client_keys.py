from __future__ import annotations

import pytest

from service.domain.client_keys import ClientKeysState, IssueClientKey, RevokeClientKey, decide, evolve
from service.domain.events.client_keys import ClientKeyIssued, ClientKeyRevoked
from service.domain.refusals import Refusal, RefusalCode
from tests.support.samples import CREDIT_ADDED

NOW = "2025-06-30 12:34:56"
ISSUED = ClientKeyIssued(key_id="ab", client_id=7, name="panel", issued_at=NOW)


def test_a_key_works_until_it_is_revoked() -> None:
    """Issued for one client; revoked once."""
    issue = IssueClientKey(key_id="ab", client_id=7, name="panel")
    assert decide(ClientKeysState(), issue, NOW) == (ISSUED,)
    state = evolve(ClientKeysState(), ISSUED)
    assert state.keys["ab"].client_id == 7
    revoked = ClientKeyRevoked(key_id="ab", revoked_at=NOW)
    assert decide(state, RevokeClientKey(key_id="ab"), NOW) == (revoked,)
    assert evolve(state, revoked).keys == {}
    refused = decide(state, RevokeClientKey(key_id="ab"), NOW)
    assert refused == Refusal(RefusalCode.CREDENTIAL_NOT_FOUND, "ab")


def test_events_of_other_streams_are_errors() -> None:
    """Nothing is folded that does not belong here."""
    with pytest.raises(TypeError):
        evolve(ClientKeysState(), CREDIT_ADDED)
