"""ListOAuthCredentials: the credentials of applications, with their secrets, as documented.

Source: WHMCS API reference, ListOAuthCredentials. `clients` is a plain list there, without a singular name.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from service.http.values import NAME_BYTES_MAX
from service.whmcs.action import Action, Reply, found
from service.whmcs.fields import Count, FieldError, Fields
from service.whmcs.reading import text_up_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.oauth import OAuthCredential
    from service.handling.answers import Call
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

_SORT: dict[str, Callable[[OAuthCredential], Any]] = {
    "name": lambda one: one.about.name,
    "description": lambda one: one.about.description,
    "granttypes": lambda one: one.about.grant_type,
    "scope": lambda one: one.about.scopes,
    "clientidentifier": lambda one: one.client_identifier,
    "serviceid": lambda one: one.about.service_id,
    "createdat": lambda one: one.created_at,
    "updatedat": lambda one: one.updated_at,
}
"""By names of the answer in lower case, without underscores: `createdAt` and `created_at` are the same."""

_TEENS = range(11, 14)
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}


class ListOAuthCredentialsFields(Fields):
    """A `sortField` that is not known sorts by number."""

    grantType: Annotated[str, text_up_to(NAME_BYTES_MAX, "grantType")] = ""
    sortField: Annotated[str, text_up_to(NAME_BYTES_MAX, "sortField")] = ""
    sortOrder: Annotated[str, text_up_to(NAME_BYTES_MAX, "sortOrder")] = ""
    limit: Count = None


async def list_oauth_credentials(services: Services, call: Call, fields: ListOAuthCredentialsFields) -> Reply:
    """A grant type that there is not gives an empty list."""
    del call
    grant_type = fields.grantType.strip()
    rows = [one for one in await services.oauth.all() if grant_type in {"", one.about.grant_type}]
    key = _SORT.get(fields.sortField.strip().replace("_", "").lower(), lambda one: one.credential_id)
    rows.sort(key=key, reverse=fields.sortOrder.strip().lower() == "desc")
    rows = rows[: fields.limit]
    rows_max = services.options.rows_max
    if len(rows) > rows_max:
        message = f"More than {rows_max} rows match; ask for fewer with limit"
        raise FieldError("limit", "too_many_rows", message)
    return found({"clients": [_client(one, await services.oauth.secret(one.secret_id)) for one in rows]})


def _client(one: OAuthCredential, secret: str) -> Body:
    about = one.about
    return {
        "credentialId": one.credential_id,
        "name": about.name,
        "description": about.description,
        "grantTypes": about.grant_type,
        "scope": " ".join(about.scopes),
        "clientIdentifier": one.client_identifier,
        "clientSecret": secret,
        "uuid": None,
        "serviceId": about.service_id,
        "logoUri": about.logo_uri,
        "redirectUri": list(about.redirect_uris),
        "rsaKeyPairId": 0,
        "createdAt": _spelled(one.created_at),
        "updatedAt": _spelled(one.updated_at),
    }


def _spelled(time: str) -> str:
    """`2016-11-18 09:32:24` as `18th November 2016 9:32:24am`."""
    moment = datetime.fromisoformat(time)
    suffix = "th" if moment.day in _TEENS else _SUFFIXES.get(moment.day % 10, "th")
    # The service runs in the C locale: English names of months, AM and PM.
    clock = moment.strftime("%I:%M:%S%p").lstrip("0").lower()
    return f"{moment.day}{suffix} {moment:%B %Y} {clock}"


ACTION = Action(
    name="listoauthcredentials",
    fields=ListOAuthCredentialsFields,
    run=list_oauth_credentials,
    is_command=False,
)
