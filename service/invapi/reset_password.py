"""reset_password: clients have no passwords in this ledger, and it says so; needs no token.

The same for every address, so that nobody learns which are clients'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.invapi.answer import Failure
from service.invapi.method import Method

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked

NO_PASSWORDS = "passwords are not kept here; log in with an API key"


async def reset_password(asked: Asked) -> Answer:
    """No reset token was ever given out: each is invalid, as documented."""
    if asked.parameters.text("reset_token"):
        raise Failure("Invalid password reset token, please try again.", "reset_token_not_valid")
    raise Failure(NO_PASSWORDS, "passwords_not_kept")


METHOD = Method("reset_password", reset_password, is_command=True, needs_token=False)
