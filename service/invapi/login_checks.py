"""What stands between a guess and a client's account: who fails too often is held, and codes are asked for.

Guesses are counted by address, as those of keys are, and by account: by the name that was typed, so that
nobody learns which accounts there are. A held account cannot log in by password from anywhere for a while;
its keys and tokens go on working. Whoever checks a guess asks before, as that costs something, and again
before telling what came out: however many guess at once, no more than the limit learn anything.
"""

from __future__ import annotations

import hmac
import os
import time
from typing import TYPE_CHECKING

from service.invapi.answer import Body, Failure

if TYPE_CHECKING:
    from service.handling.client_logins import Login
    from service.http.failed_logins import FailedLogins
    from service.invapi.method import Asked

TOO_MANY = "Too many failed logins, please try again later"
CODE_WRONG = "Invalid two-factor code"
CODE_MISSING = "A two-factor code is required"
CODE_STATUS: Body = {"status": "2fa_required"}
"""What a code is asked for with; HOSTKEY documents none, so this is this project's choice."""


class Throttle:
    """Counts failures by caller and by account, in the memory of one process."""

    def __init__(self, addresses: FailedLogins, accounts: FailedLogins) -> None:
        self._addresses = addresses
        self._accounts = accounts
        self._key = os.urandom(32)

    def check(self, address: str, account: str = "") -> None:
        """Raises Failure for an address, or an account if there is one, that is held."""
        if self._addresses.is_held(address):
            raise Failure(TOO_MANY, "address_held")
        if account and self._accounts.is_held(self._named(account)):
            raise Failure(TOO_MANY, "account_held")

    def count(self, address: str, secret: str, account: str = "") -> None:
        """A wrong secret came from there, for an account if that was said."""
        self._addresses.count(address, account, secret)
        if account:
            self._accounts.count(self._named(account), "", secret)

    def _named(self, account: str) -> str:
        """As the log tells it: an e-mail address is none of its business."""
        digest = hmac.digest(self._key, account.strip().casefold().encode(errors="replace"), "sha256")
        return f"account {digest[:8].hex()}"


async def has_code(asked: Asked, login: Login) -> bool:
    """Whether `code` is right or none is asked for; False if it is missing. Raises Failure for a wrong."""
    if not login.totp_id:
        return True
    code = asked.parameters.text("code")
    if not code:
        return False
    throttle, account = asked.services.throttle, f"code of client:{login.client_id}"
    throttle.check(asked.call.address, account)
    is_right = await asked.services.logins.takes_code(login, code)
    throttle.check(asked.call.address, account)  # others may have guessed meanwhile
    if is_right:
        return True
    # The same digits at another time are another guess.
    throttle.count(asked.call.address, f"{int(time.time())}:{code}", account)
    raise Failure(CODE_WRONG, "not_authenticated", more=CODE_STATUS)
