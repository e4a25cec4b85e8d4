"""One sample of every event of the streams `access` and `oauth`, as `samples` has those of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events.access import (
    AccessKeyRemoved,
    AccessKeySet,
    AddressAllowed,
    AddressRemoved,
    AdminAdded,
    AdminDisabled,
    AdminEnabled,
    AdminPasswordSet,
    CredentialFeedLimited,
    CredentialIssued,
    CredentialRestricted,
    CredentialRevoked,
    CredentialUnrestricted,
    RoleDefined,
    RoleRemoved,
)
from service.domain.events.oauth import (
    OAuthCredentialCreated,
    OAuthCredentialDeleted,
    OAuthCredentialUpdated,
    OAuthSecretReset,
)

if TYPE_CHECKING:
    from service.domain.events import Event

OAUTH_CREATED = OAuthCredentialCreated(
    credential_id=3,
    client_identifier="CREDITLEDGER.SQxOYrZOUTQC8YTkLQuQ0w==",
    secret_id="019f6a6e1b7c7d55a3f5c1f3b8a90c11",
    grant_type="authorization_code",
    scopes=("openid", "profile"),
    name="Panel",
    description="Control panel",
    service_id=0,
    logo_uri="https://panel.example/logo.png",
    redirect_uris=("https://panel.example/back",),
    created_at="2025-03-08 09:32:24",
)

ACCESS_SAMPLES: tuple[Event, ...] = (
    AdminAdded(admin_id=1, name="Grace"),
    AdminPasswordSet(admin_id=1, secret_id="019f6a6e1b7c7d55a3f5c1f3b8a90c12"),
    AdminDisabled(admin_id=1),
    AdminEnabled(admin_id=1),
    CredentialIssued(identifier="k3yIdent1f1er", name="billing panel", admin_id=1),
    CredentialRestricted(identifier="k3yIdent1f1er", roles=("billing", "reports")),
    CredentialUnrestricted(identifier="k3yIdent1f1er"),
    CredentialRevoked(identifier="k3yIdent1f1er"),
    CredentialFeedLimited(
        identifier="k3yIdent1f1er", types=("credit.*", "invoice.settled"), clients=(7, 8), is_personal=False
    ),
    RoleDefined(name="billing", actions=("addcredit", "getcredits")),
    RoleRemoved(name="billing"),
    AddressAllowed(address="2001:db8::/32", note="office"),
    AddressRemoved(address="2001:db8::/32"),
    AccessKeySet(secret_id="019f6a6e1b7c7d55a3f5c1f3b8a90c13"),
    AccessKeyRemoved(),
    OAUTH_CREATED,
    OAuthCredentialUpdated(
        credential_id=3,
        grant_type="single_sign_on",
        scopes=("clientarea:sso",),
        name="Panel",
        description="",
        service_id=9,
        logo_uri="",
        redirect_uris=(),
        updated_at="2025-03-09 21:05:00",
    ),
    OAuthSecretReset(
        credential_id=3, secret_id="019f6a6e1b7c7d55a3f5c1f3b8a90c14", reset_at="2025-03-09 21:06:00"
    ),
    OAuthCredentialDeleted(credential_id=3),
)
