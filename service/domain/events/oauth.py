"""Facts about credentials of applications that use OAuth or single sign-on.

They are kept for whoever serves those; they open nothing here. The secret itself is sealed beside the log
under the name `secret_id`.
"""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class OAuthCredentialCreated(Event):
    """An application may ask for tokens; fields as in the WHMCS API reference, CreateOAuthCredential."""

    TYPE = "oauth_credential.created"
    LISTS = ("scopes", "redirect_uris")
    credential_id: int
    client_identifier: str
    secret_id: str
    grant_type: str
    scopes: tuple[str, ...]
    name: str
    description: str
    service_id: int
    """The service that single sign-on leads to, else 0."""
    logo_uri: str
    redirect_uris: tuple[str, ...]
    created_at: str


@value(kw_only=True)
class OAuthCredentialUpdated(Event):
    """The credential is described by these fields from now on."""

    TYPE = "oauth_credential.updated"
    LISTS = ("scopes", "redirect_uris")
    credential_id: int
    grant_type: str
    scopes: tuple[str, ...]
    name: str
    description: str
    service_id: int
    logo_uri: str
    redirect_uris: tuple[str, ...]
    updated_at: str


@value(kw_only=True)
class OAuthSecretReset(Event):
    """The credential has another secret from now on."""

    TYPE = "oauth_credential.secret_reset"
    credential_id: int
    secret_id: str
    reset_at: str


@value(kw_only=True)
class OAuthCredentialDeleted(Event):
    """The credential is gone; its number is never given again."""

    TYPE = "oauth_credential.deleted"
    credential_id: int


OAUTH_EVENTS: tuple[type[Event], ...] = (
    OAuthCredentialCreated,
    OAuthCredentialUpdated,
    OAuthSecretReset,
    OAuthCredentialDeleted,
)
