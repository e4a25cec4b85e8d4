"""CreateOAuthCredential: a credential for an application. Source: WHMCS API reference, CreateOAuthCredential.

The ledger knows no services: any number is taken as one, and `Service ID not associated with valid Client.`
is never the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events.oauth import OAuthCredentialCreated
from service.domain.oauth import SINGLE_SIGN_ON, Description, missing
from service.domain.refusals import Refusal
from service.whmcs.action import Action
from service.whmcs.fields import FieldError
from service.whmcs.oauth_fields import OAuthFields, check_grant_type, given, read_scopes, read_service_id

if TYPE_CHECKING:
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


async def create_oauth_credential(services: Services, call: Call, fields: OAuthFields) -> Done | Refusal:
    """With a random identifier and secret."""
    about = _describe(fields)
    if isinstance(about, Refusal):
        return about
    return await services.oauth.create(about, call)


def _answer(_: OAuthFields, done: Done) -> Body:
    event = _created(done)
    return {"credentialId": event.credential_id, "clientIdentifier": event.client_identifier}


async def _secret(services: Services, done: Done) -> Body:
    """Can be asked for again with ListOAuthCredentials."""
    return {"clientSecret": await services.oauth.secret(_created(done).secret_id)}


def _created(done: Done) -> OAuthCredentialCreated:
    return next(event for event in done.events if isinstance(event, OAuthCredentialCreated))


def _describe(fields: OAuthFields) -> Description | Refusal:
    """Looks at the fields in the order of the documented errors. Raises FieldError."""
    grant_type = fields.grantType.strip()
    if not grant_type:
        raise FieldError("grantType", "grant_type_missing", "A valid grant type is required.")
    check_grant_type(grant_type)
    is_for_service = grant_type == SINGLE_SIGN_ON
    wanted = Description(
        grant_type=grant_type, scopes=(), service_id=int(bool(fields.serviceId.strip())), **given(fields)
    )
    refused = missing(wanted)
    if refused is not None:
        return refused
    scopes = read_scopes(fields.scope)
    if not scopes:
        raise FieldError("scope", "scope_missing", "At least one valid scope is required.")
    service_id = read_service_id(fields.serviceId) if is_for_service else 0
    return Description(grant_type=grant_type, scopes=scopes, service_id=service_id, **given(fields))


ACTION = Action(
    name="createoauthcredential",
    fields=OAuthFields,
    run=create_oauth_credential,
    is_command=True,
    answer=_answer,
    kept_beside=_secret,
)
