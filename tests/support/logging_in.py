"""A client who logs in with a password: its address, its mail box, and resetting the password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.mail import token_in

if TYPE_CHECKING:
    from tests.support.invapi import Answer, Invapi
    from tests.support.mail import MailServer

FAILED_MAX = 6
"""Wrong passwords or codes that the tests' server allows an account: each password costs a slow hash."""


@dataclass(slots=True)
class Person:
    """Calls come from an address of its own."""

    invapi: Invapi
    email: str
    mailbox: MailServer
    password: str = ""

    def mailed_token(self) -> str:
        """Ask for a reset, without having logged in; the token that arrives."""
        told = self.invapi.call("reset_password", token="", email=self.email).ok
        assert "message" in told
        return token_in(self.mailbox.next_to(self.email))

    def redeem(self, token: str, password: str, **more: object) -> Answer:
        """Bring a token and a new password."""
        return self.invapi.call(
            "reset_password", {"pass": password, "reset_token": token, "token": ""}, **more
        )

    def set_password(self, password: str, **more: object) -> None:
        """By a reset."""
        assert self.redeem(self.mailed_token(), password, **more).ok == {
            "result": "OK",
            "message": "The password was changed.",
        }
        self.password = password

    def whmcslogin(self, password: str | None = None, **more: object) -> Answer:
        """Log in, by default with the right password."""
        known = self.password if password is None else password
        return self.invapi.auth("whmcslogin", **{"user": self.email, "password": known, **more})

    def enter(self, password: str | None = None, **more: object) -> dict[str, Any]:
        """Log in; the result, whose token is used from now on."""
        result = self.whmcslogin(password, **more).body["result"]
        assert isinstance(result, dict), result
        self.invapi.token = result["token"]
        return result
