"""What is remembered of a request that was refused: numbers and the reason, never a parameter's text.

Lives here: which refusals are remembered at all, and which parameters tell what a request was about.
Questions that had no answer are not: nothing was to be done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pydantic_core import PydanticCustomError

from eventstore.refusals import ACCESS, COMMAND
from service.handling.refusals import Refused
from service.http.values import read_id
from service.whmcs.actions import ACTIONS
from service.whmcs.amounts import read_signed_amount
from service.whmcs.known_actions import ACTION_NAMES

if TYPE_CHECKING:
    from service.http.callers import AuthFailure
    from service.http.php_arrays import Form
    from service.whmcs.action import Reply

UNKNOWN = "unknown"
"""An action that nobody has heard of: its name is the caller's own text."""

_SERVER_ERRORS = 500
_QUOTING = {"status_not_valid", "scope_not_valid"}
"""Codes whose messages repeat what was sent."""
_AMOUNTS = ("amount", "amountin", "amountout")
_ID_OF_OBJECT = ("clientid", "userid")


class Asked(NamedTuple):
    """Who was let in, and what for: the action's lower-case name and the form."""

    name: str
    form: Form
    credential: str
    admin_id: int
    address: str


def refused_command(reply: Reply, asked: Asked) -> Refused | None:
    """What to remember of a reply to somebody who was let in; None for successes and questions."""
    action = ACTIONS.get(asked.name)
    if not reply.refusal or reply.status >= _SERVER_ERRORS or (action is not None and not action.is_command):
        return None
    return _refused(
        asked.form,
        kind=COMMAND,
        action=ACTION_NAMES.get(asked.name, UNKNOWN),
        code=reply.refusal,
        message="" if reply.refusal in _QUOTING else str(reply.body.get("message", "")),
        credential=asked.credential,
        admin_id=asked.admin_id,
        address=asked.address,
    )


def refused_access(failure: AuthFailure, name: str, form: Form, address: str) -> Refused:
    """What to remember of somebody who was not let in. What it was about only if it is certain who asked."""
    action = ACTION_NAMES.get(name, UNKNOWN)
    return _refused(
        form if failure.credential else {},
        kind=ACCESS,
        action=action,
        code=failure.code,
        message=failure.message if action != UNKNOWN or not failure.credential else "",
        credential=failure.credential,
        claimed=failure.claimed,
        address=address,
    )


def _refused(form: Form, **told: str | int) -> Refused:
    numbers = {
        "client_id": next((number for name in _ID_OF_OBJECT if (number := read_id(form.get(name)))), 0),
        "invoice_id": read_id(form.get("invoiceid")) or 0,
        "transaction_id": read_id(form.get("transactionid")) or 0,
    }
    return Refused(**told, **numbers, amount=_amount(form))  # type: ignore[arg-type] # by name as declared


def _amount(form: Form) -> int | None:
    """The first amount other than zero, as far as it can be read."""
    for name in _AMOUNTS:
        try:
            amount = read_signed_amount(form.get(name))
        except PydanticCustomError:
            continue
        if amount:
            return amount
    return None
