"""update_client: changes what is given of the client's own details.

Documented with an array `profile_data` and names that begin with `billing_`; a known client sends them flat.
Both are taken, with or without that prefix. A number for text messages cannot be verified here and calls
cannot be limited to addresses: asked for either, nothing is changed. `co_customertype` is not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.client_commands import ChangeAccount
from service.domain.refusals import RefusalCode
from service.handling.answers import Done
from service.invapi.answer import Failure
from service.invapi.method import Method
from service.invapi.person import NotValid, profile_of
from service.invapi.wording import answered

if TYPE_CHECKING:
    from service.invapi.answer import Answer, Body
    from service.invapi.method import Asked

_PREFIX = "billing_"
_NOT_SERVED = {
    "co_smsnum": "co_smsnum cannot be verified here",
    "ips": "ips cannot be limited here",
}


async def update_client(asked: Asked) -> Answer:
    """The token's client; whoever names another one changes nothing. The success is this project's choice."""
    given = asked.parameters.within("profile_data") or asked.parameters
    if given.text("client_id") and given.number("client_id") != asked.client_id:
        raise _failure("client_id is not yours", "client_not_found")
    for name, text in _NOT_SERVED.items():
        if given.text(name):
            raise _failure(text, "field_not_served")
    try:
        profile = profile_of(given, _PREFIX)
    except NotValid as wrong:
        raise _failure(str(wrong), "profile_not_valid") from wrong
    outcome = await asked.services.accounts.change(
        asked.client_id, ChangeAccount(profile=profile), asked.call
    )
    if not isinstance(outcome, Done) and outcome.code is RefusalCode.EMAIL_TAKEN:
        raise _failure("billing_email is already in use", outcome.code.value)
    return answered(outcome, lambda _: {"clientid": asked.client_id}, str, _more)


def _failure(text: str, reason: str) -> Failure:
    message = f"invalid profile data: {text}"
    return Failure(message, reason, more=_more(message))


def _more(message: str) -> Body:
    """HOSTKEY documents the text of this method's failure under a key of its own."""
    return {"-1": message}


METHOD = Method("update_client", update_client, is_command=True)
