"""What the OAuth actions share: how a credential is described in a request, and read out of it.

Lives here: the texts of the documented errors, in the documented order. Sources: WHMCS API reference,
CreateOAuthCredential and UpdateOAuthCredential; scopes: the WHMCS Single Sign-On Developer Guide, and OpenID
Connect Core 1.0, section 5.4, without those that WHMCS does not list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator

from service.domain.oauth import AUTHORIZATION_CODE, SINGLE_SIGN_ON
from service.http.values import NAME_BYTES_MAX, TEXT_BYTES_MAX, read_id
from service.whmcs.fields import FieldError, Fields
from service.whmcs.reading import check_text, text_up_to

if TYPE_CHECKING:
    from typing import Any

_GRANT_TYPES = frozenset({AUTHORIZATION_CODE, SINGLE_SIGN_ON})
_SCOPE_NAMES = """
    openid profile email
    clientarea:sso clientarea:profile clientarea:billing_info clientarea:emails clientarea:announcements
    clientarea:downloads clientarea:knowledgebase clientarea:network_status clientarea:services
    clientarea:product_details clientarea:domains clientarea:domain_details clientarea:invoices
    clientarea:tickets clientarea:submit_ticket clientarea:shopping_cart clientarea:shopping_cart_addons
    clientarea:shopping_cart_domain_register clientarea:shopping_cart_domain_transfer
"""
_SCOPES = frozenset(_SCOPE_NAMES.split())
_BETWEEN_URIS = re.compile(r"[\s,]+")


def _uris(value: object) -> tuple[str, ...]:
    """One URI, several with commas or white space between them, or a PHP array of them."""
    texts = [text for text in value.values() if isinstance(text, str)] if isinstance(value, dict) else [value]
    joined = " ".join(check_text(text, TEXT_BYTES_MAX, "redirectUri") for text in texts)
    check_text(joined, TEXT_BYTES_MAX, "redirectUri")
    return tuple(uri for uri in _BETWEEN_URIS.split(joined) if uri)


class OAuthFields(Fields):
    """How a credential is described, as texts; what is empty was not given."""

    grantType: Annotated[str, text_up_to(NAME_BYTES_MAX, "grantType")] = ""
    scope: Annotated[str, text_up_to(TEXT_BYTES_MAX, "scope")] = ""
    name: Annotated[str, text_up_to(NAME_BYTES_MAX, "name")] = ""
    serviceId: Annotated[str, text_up_to(NAME_BYTES_MAX, "serviceId")] = ""
    description: Annotated[str, text_up_to(TEXT_BYTES_MAX, "description")] = ""
    logoUri: Annotated[str, text_up_to(TEXT_BYTES_MAX, "logoUri")] = ""
    redirectUri: Annotated[tuple[str, ...], PlainValidator(_uris)] = ()


def check_grant_type(grant_type: str) -> None:
    """Raises FieldError for what is no grant type."""
    if grant_type not in _GRANT_TYPES:
        message = f'The requested grant type "{grant_type}" is invalid.'
        raise FieldError("grantType", "grant_type_not_valid", message)


def read_scopes(text: str) -> tuple[str, ...]:
    """The scopes named, each once. Raises FieldError for the first that there is not."""
    scopes = tuple(dict.fromkeys(text.split()))
    for scope in scopes:
        if scope not in _SCOPES:
            raise FieldError("scope", "scope_not_valid", f'The requested scope "{scope}" is invalid.')
    return scopes


def read_service_id(text: str) -> int:
    """The number of a service; that there is such a one only whoever provides services can tell."""
    number = read_id(text)
    if number is None:
        raise FieldError("serviceId", "service_not_valid", "A valid Service ID is required.")
    return number


def given(fields: OAuthFields) -> dict[str, Any]:
    """The fields of a `Description` that need no further reading and were given."""
    texts = {
        "name": fields.name.strip(),
        "description": fields.description,
        "logo_uri": fields.logoUri.strip(),
        "redirect_uris": fields.redirectUri,
    }
    return {name: value for name, value in texts.items() if value}
