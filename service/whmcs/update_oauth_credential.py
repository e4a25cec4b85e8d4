"""UpdateOAuthCredential: changes what is given. Source: WHMCS API reference, UpdateOAuthCredential."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from service.domain.events.oauth import OAuthCredentialUpdated, OAuthSecretReset
from service.domain.oauth import missing
from service.domain.refusals import Refusal
from service.http.values import NAME_BYTES_MAX, read_id
from service.whmcs.action import Action, event_of
from service.whmcs.fields import FieldError, Flag
from service.whmcs.oauth_fields import OAuthFields, check_grant_type, given, read_scopes, read_service_id
from service.whmcs.reading import text_up_to

if TYPE_CHECKING:
    from service.domain.oauth import Description, OAuthCredential
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


class UpdateOAuthCredentialFields(OAuthFields):
    """`clientApiIdentifier` counts where `credentialId` is not given."""

    credentialId: Annotated[str, text_up_to(NAME_BYTES_MAX, "credentialId")] = ""
    clientApiIdentifier: Annotated[str, text_up_to(NAME_BYTES_MAX, "clientApiIdentifier")] = ""
    resetSecret: Flag = False


async def update_oauth_credential(
    services: Services, call: Call, fields: UpdateOAuthCredentialFields
) -> Done | Refusal:
    """An empty field changes nothing."""
    credential_id, known = await _find(services, fields)
    changes: dict[str, Any] | Refusal = {}
    if known is not None:  # else the log says that there is none, or that this command was carried out before
        changes = _changes(fields, known.about)
    if isinstance(changes, Refusal):
        return changes
    return await services.oauth.update(credential_id, changes, call, reset_secret=fields.resetSecret)


def _answer(_: UpdateOAuthCredentialFields, done: Done) -> Body:
    updated = next(event for event in done.events if isinstance(event, OAuthCredentialUpdated))
    return {"credentialId": str(updated.credential_id)}


async def _new_secret(services: Services, done: Done) -> Body:
    """Only where `resetSecret` asked for one."""
    reset = event_of(done, OAuthSecretReset)
    return {"newClientSecret": await services.oauth.secret(reset.secret_id)} if reset else {}


async def _find(
    services: Services, fields: UpdateOAuthCredentialFields
) -> tuple[int, OAuthCredential | None]:
    """The credential's number, and itself if it is there. Raises FieldError."""
    number, identifier = fields.credentialId.strip(), fields.clientApiIdentifier.strip()
    if not number and not identifier:
        message = "A Credential ID or Client Identifier is required."
        raise FieldError("credentialId", "credential_missing", message)
    credentials = await services.oauth.all()
    if number:
        credential_id = read_id(number) or 0
        return credential_id, next((one for one in credentials if one.credential_id == credential_id), None)
    for one in credentials:
        if one.client_identifier == identifier:
            return one.credential_id, one
    raise FieldError("clientApiIdentifier", "identifier_not_found", "Invalid Client Identifier provided.")


def _changes(fields: OAuthFields, before: Description) -> dict[str, Any] | Refusal:
    """Looks at the fields in the order of the documented errors. Raises FieldError."""
    changes = given(fields)
    if fields.grantType.strip():
        changes["grant_type"] = fields.grantType.strip()
        check_grant_type(changes["grant_type"])
    if fields.serviceId.strip():
        changes["service_id"] = read_service_id(fields.serviceId)
    refused = missing(replace(before, **changes))
    if refused is not None:
        return refused
    scopes = read_scopes(fields.scope)
    return {**changes, "scopes": scopes} if scopes else changes


ACTION = Action(
    name="updateoauthcredential",
    fields=UpdateOAuthCredentialFields,
    run=update_oauth_credential,
    is_command=True,
    answer=_answer,
    kept_beside=_new_secret,
)
