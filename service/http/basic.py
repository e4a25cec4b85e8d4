"""HTTP Basic as another way to send an API credential: identifier and secret. Any site may use it."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

    from service.http.php_arrays import Form

CHALLENGE = 'Basic realm="creditledger", charset="UTF-8"'


def credential_of(request: web.BaseRequest) -> Form:
    """Identifier and secret as form fields; empty where there are none."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        identifier, _, secret = b64decode(text, validate=True).decode().partition(":")
    except (Base64Error, ValueError):
        return {}
    return {"identifier": identifier, "secret": secret}
