"""DeleteOAuthCredential: removes a credential. Source: WHMCS API reference, DeleteOAuthCredential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from service.domain.refusals import Refusal
from service.whmcs.action import Action, Reply, recorded
from service.whmcs.fields import Fields
from service.whmcs.reading import NAME_BYTES_MAX, read_id, text_up_to

if TYPE_CHECKING:
    from service.handling.answers import Call
    from service.whmcs.ports import Services


class DeleteOAuthCredentialFields(Fields):
    """What is no number is the number of no credential."""

    credentialId: Annotated[str, text_up_to(NAME_BYTES_MAX, "credentialId")] = ""


async def delete_oauth_credential(
    services: Services, call: Call, fields: DeleteOAuthCredentialFields
) -> Reply | Refusal:
    """`credentialId` comes back as text."""
    credential_id = read_id(fields.credentialId) or 0
    done = await services.oauth.delete(credential_id, call)
    if isinstance(done, Refusal):
        return done
    return recorded(done, {"credentialId": str(credential_id)})


ACTION = Action(
    name="deleteoauthcredential",
    fields=DeleteOAuthCredentialFields,
    run=delete_oauth_credential,
    is_command=True,
)
