"""Lets callers in as WHMCS does, in its order: address or access key, credential, admin, role.

A credential is identifier and secret, or the same pair as username and password; an admin logs in with a user
name and the MD5 of the password. Lives here: the order, the texts and what is compared. Who may do what is
known to `service.handling.access_list`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service.http.callers import AuthFailure, Caller
from service.http.failed_logins import FailedLogins
from service.http.form import text_of

if TYPE_CHECKING:
    from service.handling.access_list import AccessList
    from service.handling.permissions import Known, Permissions
    from service.http.php_arrays import Form

# Texts and statuses as known clients compare them; see the table of errors in the README.
MISSING = AuthFailure("Invalid or missing credentials")
WRONG = AuthFailure("Authentication Failed")


class AccessControl:
    """Checks callers against the access list; secrets are compared by hash, in constant time."""

    def __init__(self, access_list: AccessList, failed: FailedLogins | None = None) -> None:
        self._access_list = access_list
        self._failed = failed or FailedLogins()

    async def check(self, form: Form, address: str, action: str) -> Caller | AuthFailure:
        """The caller, if it may carry out the action with this lower-case name; else why not.

        May raise Unavailable, and QueueFull while too many passwords are being checked.
        """
        permissions = self._access_list.current() or await self._access_list.load()
        if not permissions.lets_in(address) and not await self._opens(form, address, permissions):
            return AuthFailure(f"Invalid IP {address}", code="address_not_allowed")
        # A client may send fields it has no value for; empty ones count as absent.
        name, secret = text_of(form, "identifier"), text_of(form, "secret")
        may_log_in = False
        if not name or not secret:
            name, secret = text_of(form, "username"), text_of(form, "password")
            may_log_in = True
            if not name or not secret:
                return MISSING
        known = _find(permissions, name, may_log_in=may_log_in)
        if known is None and not self._failed.is_held(address):
            # Looked up in the log itself, so that a new one works at once.
            known = _find(await self._access_list.load(), name, may_log_in=may_log_in)
        if known is None:
            self._failed.count(address, name, secret)
            return MISSING
        may_be_guessed = known.is_login and self._failed.is_held(address)
        if may_be_guessed or not await self._access_list.proves(known, secret):
            self._failed.count(address, name, secret)
            return replace(WRONG, claimed=known.label)
        return _judge(known, action)

    async def _opens(self, form: Form, address: str, permissions: Permissions) -> bool:
        """Whether the access key lets the caller in from an address that is not listed."""
        access_key = text_of(form, "accesskey")
        if not access_key:
            return False
        is_right = not self._failed.is_held(address) and await self._access_list.opens(
            permissions, access_key
        )
        if not is_right:
            self._failed.count(address, "", access_key)
        return is_right


def _find(permissions: Permissions, name: str, *, may_log_in: bool) -> Known | None:
    known = permissions.credentials.get(name)
    if known is None and may_log_in:
        known = permissions.logins.get(name.casefold())
    return known


def _judge(known: Known, action: str) -> Caller | AuthFailure:
    """What the caller may do, once it is certain who it is."""
    if not known.is_enabled:
        return AuthFailure("Administrator Account Disabled", code="admin_disabled", credential=known.label)
    if known.actions is not None and action not in known.actions:
        return AuthFailure(
            f'Invalid Permissions: API action "{action}" is not allowed',
            code="action_not_allowed",
            credential=known.label,
        )
    return Caller(known.label, known.admin_id)
