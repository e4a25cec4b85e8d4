"""Who is calling: the shape of the answer to a check of credentials, whoever does the checking.

Protocols over HTTP depend on this; the checking itself needs the access rules and lives elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from service.domain.values import value

if TYPE_CHECKING:
    from service.http.php_arrays import Form


@value()
class Caller:
    """A known caller: its API credential's identifier or `admin:1`, and the admin in whose name it acts."""

    credential: str
    admin_id: int


@value()
class AuthFailure:
    """Why the caller is not let in, in the protocol's words, and the HTTP status to say it with."""

    message: str
    status: int = 403
    code: str = "not_authenticated"
    """For the log, which never holds the message."""
    credential: str = ""
    """Who it was, where that was proven."""
    claimed: str = ""
    """Who it said it was, where there is such a credential and its secret was wrong."""


class Authenticator(Protocol):
    """Checks where a request comes from, its credentials, and whether those may do what it asks."""

    async def check(self, form: Form, address: str, action: str) -> Caller | AuthFailure:
        """The caller that the form proves, if it may carry out the action; else why it is not let in."""
        ...
