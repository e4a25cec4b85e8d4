"""The four actions on OAuth credentials over HTTP: their life, every documented error text, a retry."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import unused

if TYPE_CHECKING:
    from tests.acceptance.client import Api
    from tests.acceptance.conftest import Log
    from tests.acceptance.process import Server

Parameters = dict[str, str]

CREATE, LIST = "CreateOAuthCredential", "ListOAuthCredentials"
UPDATE, DELETE = "UpdateOAuthCredential", "DeleteOAuthCredential"
CODE = {"grantType": "authorization_code", "name": "Panel", "scope": "openid profile"}
SSO = {"grantType": "single_sign_on", "serviceId": "9", "scope": "clientarea:sso clientarea:invoices"}
NOBODY = "999999999"

ERRORS: list[tuple[str, Parameters, str]] = [
    (CREATE, {}, "A valid grant type is required."),
    (CREATE, {**CODE, "grantType": "x"}, 'The requested grant type "x" is invalid.'),
    (CREATE, {**CODE, "name": ""}, "A name for the Client Credential is required."),
    (CREATE, {**SSO, "serviceId": ""}, "A service ID is required for the single sign-on grant type."),
    (CREATE, {**CODE, "scope": ""}, "At least one valid scope is required."),
    (CREATE, {**CODE, "scope": "x"}, 'The requested scope "x" is invalid.'),
    (CREATE, {**SSO, "serviceId": "x"}, "A valid Service ID is required."),
    (UPDATE, {}, "A Credential ID or Client Identifier is required."),
    (UPDATE, {"credentialId": NOBODY}, "Invalid Credential ID provided."),
    (UPDATE, {"clientApiIdentifier": "nobody"}, "Invalid Client Identifier provided."),
    (UPDATE, {"credentialId": "{code}", "grantType": "x"}, 'The requested grant type "x" is invalid.'),
    (
        UPDATE,
        {"credentialId": "{sso}", "grantType": "authorization_code"},
        "A name for the Client Credential is required.",
    ),
    (
        UPDATE,
        {"credentialId": "{code}", "grantType": "single_sign_on"},
        "A service ID is required for the single sign-on grant type.",
    ),
    (UPDATE, {"credentialId": "{code}", "scope": "x"}, 'The requested scope "x" is invalid.'),
    (DELETE, {}, "Invalid Credential ID provided."),
    (DELETE, {"credentialId": NOBODY}, "Invalid Credential ID provided."),
]
"""`Service ID not associated with valid Client.` cannot be reached: this ledger has no services."""


@pytest.fixture(scope="module")
def names(api: Api) -> dict[str, str]:
    """The numbers of one credential of each kind."""
    return {
        name: str(api.ok(CREATE, **about)["credentialId"]) for name, about in (("code", CODE), ("sso", SSO))
    }


@pytest.mark.parametrize(("action", "parameters", "message"), ERRORS)
def test_documented_error(
    api: Api, log: Log, names: dict[str, str], action: str, parameters: Parameters, message: str
) -> None:
    """The exact text with status 200, and nothing is recorded."""
    filled = {name: value.format_map(names) for name, value in parameters.items()}
    with log.unchanged():
        answer = api.send(action, filled)
    assert (answer.message, answer.status) == (message, 200)


def test_the_life_of_a_credential(api: Api, server: Server) -> None:
    """Created, listed with its secret, changed, given a new secret, deleted; no secret is logged."""
    before = len(server.log())
    created = api.ok(CREATE, **CODE, redirectUri="https://a.example/1,https://a.example/2")
    assert list(created) == ["result", "credentialId", "clientIdentifier", "clientSecret"]
    assert len(b64decode(created["clientSecret"])) == 64
    number = created["credentialId"]

    def listed() -> list[dict[str, object]]:
        return [one for one in api.ok(LIST)["clients"] if one["credentialId"] == number]

    (first,) = listed()
    assert first["clientSecret"] == created["clientSecret"]
    assert first["redirectUri"] == ["https://a.example/1", "https://a.example/2"]
    assert first["uuid"] is None
    assert re.fullmatch(r"\d{1,2}(st|nd|rd|th) \w+ \d{4} \d{1,2}:\d\d:\d\d[ap]m", str(first["createdAt"]))
    renamed = api.ok(
        UPDATE, clientApiIdentifier=created["clientIdentifier"], name="Other", resetSecret="true"
    )
    assert renamed["credentialId"] == str(number)
    (second,) = listed()
    assert (second["name"], second["clientSecret"]) == ("Other", renamed["newClientSecret"])
    assert renamed["newClientSecret"] != created["clientSecret"]
    assert api.ok(DELETE, credentialId=number) == {"result": "success", "credentialId": str(number)}
    assert listed() == []
    written = server.log()[before:]
    for secret in (created["clientSecret"], renamed["newClientSecret"]):
        assert secret not in written


def test_a_retry_creates_nothing_new(api: Api) -> None:
    """Under its idempotency key it has the same answer, secret and all."""
    key = {"Idempotency-Key": unused("oauth")}
    first, again = (api.send(CREATE, CODE, key) for _ in range(2))
    assert again.success == first.success
    assert again.headers["Idempotency-Hit"] == "true"
    reset = {"credentialId": str(first.success["credentialId"]), "resetSecret": "1"}
    key = {"Idempotency-Key": unused("oauth")}
    changed = api.send(UPDATE, reset, key)
    assert api.send(UPDATE, reset, key).success == changed.success
    api.ok(DELETE, credentialId=first.success["credentialId"])
    gone = api.send(UPDATE, reset, key)  # but for the secret, which is got rid of with the credential
    assert gone.success == {**changed.success, "newClientSecret": ""}
    assert gone.headers["Idempotency-Hit"] == "true"
