"""DeleteOAuthCredential: removes a credential. Source: WHMCS API reference, DeleteOAuthCredential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from service.http.values import NAME_BYTES_MAX, read_id
from service.whmcs.action import Action
from service.whmcs.fields import Fields
from service.whmcs.reading import text_up_to

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services


class DeleteOAuthCredentialFields(Fields):
    """What is no number is the number of no credential."""

    credentialId: Annotated[str, text_up_to(NAME_BYTES_MAX, "credentialId")] = ""


async def delete_oauth_credential(
    services: Services, call: Call, fields: DeleteOAuthCredentialFields
) -> Done | Refusal:
    """Gone for good, and its secret with it."""
    return await services.oauth.delete(read_id(fields.credentialId) or 0, call)


def _answer(fields: DeleteOAuthCredentialFields, _: Done) -> Body:
    """`credentialId` comes back as text."""
    return {"credentialId": str(read_id(fields.credentialId))}


ACTION = Action(
    name="deleteoauthcredential",
    fields=DeleteOAuthCredentialFields,
    run=delete_oauth_credential,
    is_command=True,
    answer=_answer,
)
