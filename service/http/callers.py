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
    """A known caller: its API credential's identifier, and the admin in whose name it acts."""

    credential: str
    admin_id: int


@value()
class AuthFailure:
    """Why the caller is not let in, in the protocol's words, and the HTTP status to say it with."""

    message: str
    status: int = 403


class Authenticator(Protocol):
    """Checks `identifier` and `secret`, or `username` and `password`."""

    async def check(self, form: Form) -> Caller | AuthFailure:
        """The caller that the form's credentials prove, or why they prove none."""
        ...
