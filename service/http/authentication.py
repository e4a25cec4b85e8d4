"""Checks API credentials as WHMCS does: identifier and secret, or the same pair as username and password."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING

from service.http.callers import AuthFailure, Caller

if TYPE_CHECKING:
    from service.handling.access_list import AccessList
    from service.http.php_arrays import Form

# Texts and statuses as known clients compare them; see the table of errors in the README.
MISSING = AuthFailure("Invalid or missing credentials")
WRONG = AuthFailure("Authentication Failed")

_PAIRS = (("identifier", "secret"), ("username", "password"))


class CredentialAuthenticator:
    """Authenticates against the access list; secrets are compared by hash, in constant time."""

    def __init__(self, access_list: AccessList) -> None:
        self._access_list = access_list

    async def check(self, form: Form) -> Caller | AuthFailure:
        """The caller, or why not: nothing given or unknown, or a wrong secret. May raise Unavailable."""
        for name, proof in _PAIRS:
            identifier, secret = form.get(name), form.get(proof)
            # A client may send fields it has no value for; empty ones count as absent.
            if isinstance(identifier, str) and isinstance(secret, str) and identifier and secret:
                return await self._check(identifier, secret)
        return MISSING

    async def _check(self, identifier: str, secret: str) -> Caller | AuthFailure:
        known = await self._access_list.find(identifier)
        if known is None:
            return MISSING
        if not hmac.compare_digest(known.secret_hash, sha256(secret.encode()).digest()):
            return WRONG
        return Caller(identifier, known.admin_id)
