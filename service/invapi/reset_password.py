"""reset_password: mails a token to the owner of an account, and changes the password of who brings it.

Documented by HOSTKEY: the two steps, the code in between, the text of the failure. This project's choice:
what successes look like, and that an address of nobody is answered as any other, in words and in time. With
a session token, as HOSTKEY's MCP server sends it, only the own address can be named.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from service.domain.refusals import RefusalCode
from service.handling.account_owners import NOBODY, is_same
from service.handling.client_logins import PASSWORD_BYTES_MAX, normal_password
from service.invapi.answer import Failure, ok
from service.invapi.login_checks import CODE_STATUS, has_code
from service.invapi.method import Method
from service.invapi.wording import words

if TYPE_CHECKING:
    from service.invapi.answer import Answer
    from service.invapi.method import Asked

NO_MAIL = "passwords cannot be reset here: no mail server is set up"
INVALID_TOKEN = "Invalid password reset token, please try again."  # noqa: S105 - a text, no secret
ASKED = "If the address is that of an account, a message is on its way to it."
CHANGED = "The password was changed."

ANSWER_AFTER_S = 0.1
"""When whoever asks for a message is answered: longer than queueing one takes, so that it tells nothing."""


async def reset_password(asked: Asked) -> Answer:
    """The first step without `reset_token`, else the second."""
    token = asked.parameters.text("reset_token")
    return await (_redeem(asked, token) if token else _ask(asked))


async def _ask(asked: Asked) -> Answer:
    loop = asyncio.get_running_loop()
    answer_at = loop.time() + ANSWER_AFTER_S
    asked.services.throttle.check(asked.call.address)
    if not asked.services.options.can_mail:
        raise Failure(NO_MAIL, "mail_not_set_up")
    client_id = await _named_client(asked)
    if client_id != NOBODY and await asked.services.resets.ask(client_id):
        asked.services.wake_mail()
    await asyncio.sleep(max(0.0, answer_at - loop.time()))
    return ok({"message": ASKED})


async def _named_client(asked: Asked) -> int:
    """Whose address was named; NOBODY if nobody's."""
    email = asked.parameters.text("email")
    if asked.client_id:
        own = await asked.services.owners.email_of(asked.client_id, asked.call.deadline)
        if email and not is_same(own, email):
            raise Failure("email is not that of your account", "email_not_own")
        return asked.client_id
    if not email:
        raise Failure("email is missing", "email_missing")
    return await asked.services.owners.find(email, asked.call.deadline)


async def _redeem(asked: Asked, token: str) -> Answer:
    services, address = asked.services, asked.call.address
    services.throttle.check(address)
    login = await services.resets.holder(token)
    if login is None:
        services.throttle.count(address, token)
        raise _invalid()
    password = _password(asked)
    if not await has_code(asked, login):
        return ok(CODE_STATUS)
    # An idempotency key names what a session asked for; here the token does that, and works once by itself.
    call = replace(asked.call, credential=f"client:{login.client_id}", idempotency=None)
    refused = await services.resets.redeem(token, login, password, call)
    if refused is None:
        return ok({"message": CHANGED})
    if refused.code is RefusalCode.STALE:
        raise _invalid()
    raise Failure(words(refused), refused.code.value)


def _password(asked: Asked) -> str:
    password = normal_password(asked.parameters.secret("pass"))
    if password is None:
        raise Failure(f"pass must not be longer than {PASSWORD_BYTES_MAX} bytes", "password_too_long")
    if len(password) < asked.services.options.password_min:
        text = f"pass must have at least {asked.services.options.password_min} characters"
        raise Failure(text, "password_too_short")
    return password


def _invalid() -> Failure:
    return Failure(INVALID_TOKEN, "reset_token_not_valid")


METHOD = Method("reset_password", reset_password, is_command=True, needs_token=False, takes_token=True)
