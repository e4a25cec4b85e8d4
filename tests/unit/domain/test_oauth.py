"""Given what happened to the OAuth credentials, when a caller wants something, then these are the events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.domain.events.oauth import (
    OAuthCredentialDeleted,
    OAuthCredentialUpdated,
    OAuthSecretReset,
)
from service.domain.oauth import (
    CreateOAuthCredential,
    DeleteOAuthCredential,
    Description,
    OAuthState,
    UpdateOAuthCredential,
    decide,
    evolve,
    initial_state,
)
from service.domain.refusals import Refusal, RefusalCode
from tests.support.access_samples import OAUTH_CREATED
from tests.support.decider import NOW
from tests.support.samples import ACCOUNT_OPENED

if TYPE_CHECKING:
    from service.domain.events import Event

PANEL = Description(
    grant_type="authorization_code",
    scopes=("openid", "profile"),
    name="Panel",
    description="Control panel",
    logo_uri="https://panel.example/logo.png",
    redirect_uris=("https://panel.example/back",),
)
CREATE = CreateOAuthCredential(
    client_identifier=OAUTH_CREATED.client_identifier, secret_id=OAUTH_CREATED.secret_id, about=PANEL
)
FIRST = replace(OAUTH_CREATED, credential_id=1, created_at=NOW)
UPDATED = OAuthCredentialUpdated(
    credential_id=1,
    grant_type="authorization_code",
    scopes=("openid",),
    name="Other",
    description="Control panel",
    service_id=0,
    logo_uri="https://panel.example/logo.png",
    redirect_uris=("https://panel.example/back",),
    updated_at=NOW,
)


def fold(*events: Event) -> OAuthState:
    """The credentials after these events."""
    state = initial_state()
    for event in events:
        state = evolve(state, event)
    return state


def test_a_credential_is_created_under_the_next_number() -> None:
    """A number that was given is never given again, also when its credential is gone."""
    assert decide(fold(), CREATE, NOW) == (FIRST,)
    assert decide(fold(FIRST, OAuthCredentialDeleted(credential_id=1)), CREATE, NOW) == (
        replace(FIRST, credential_id=2),
    )


def test_what_is_given_is_changed() -> None:
    """The event tells the whole description; what was not given stays."""
    command = UpdateOAuthCredential(credential_id=1, changes={"name": "Other", "scopes": ("openid",)})
    assert decide(fold(FIRST), command, NOW) == (UPDATED,)
    known = fold(replace(FIRST, created_at="2025-01-01 00:00:00"), UPDATED).credentials[1]
    assert known.about == replace(PANEL, name="Other", scopes=("openid",))
    assert (known.created_at, known.updated_at) == ("2025-01-01 00:00:00", NOW)


def test_a_secret_is_reset() -> None:
    """Together with the change, and the state names the new one."""
    command = UpdateOAuthCredential(
        credential_id=1, changes={"name": "Other", "scopes": ("openid",)}, secret_id="s2"
    )
    reset = OAuthSecretReset(credential_id=1, secret_id="s2", reset_at=NOW)
    assert decide(fold(FIRST), command, NOW) == (UPDATED, reset)
    assert fold(FIRST, UPDATED, reset).credentials[1].secret_id == "s2"


@pytest.mark.parametrize(
    ("about", "code"),
    [
        (replace(PANEL, name=""), RefusalCode.OAUTH_NAME_MISSING),
        (replace(PANEL, grant_type="single_sign_on"), RefusalCode.OAUTH_SERVICE_MISSING),
    ],
)
def test_a_grant_has_what_it_needs(about: Description, code: RefusalCode) -> None:
    """An authorization code needs a name to show, single sign-on a service to lead to; at first and later."""
    assert decide(fold(), replace(CREATE, about=about), NOW) == Refusal(code)
    changes = {"name": about.name, "grant_type": about.grant_type}
    update = UpdateOAuthCredential(credential_id=1, changes=changes)
    assert decide(fold(FIRST), update, NOW) == Refusal(code)


def test_a_deleted_credential_is_gone() -> None:
    """It can be neither changed nor deleted again."""
    deleted = OAuthCredentialDeleted(credential_id=1)
    assert decide(fold(FIRST), DeleteOAuthCredential(credential_id=1), NOW) == (deleted,)
    gone = fold(FIRST, deleted)
    assert not gone.credentials
    for command in (
        DeleteOAuthCredential(credential_id=1),
        UpdateOAuthCredential(credential_id=1, changes={}),
    ):
        assert decide(gone, command, NOW) == Refusal(RefusalCode.OAUTH_CREDENTIAL_NOT_FOUND, "1")


def test_an_event_of_another_stream_is_an_error() -> None:
    """A fold never skips what it does not know."""
    with pytest.raises(TypeError, match="AccountOpened"):
        evolve(initial_state(), ACCOUNT_OPENED)
