"""What this protocol says when the ledger says no: refusal codes to texts.

HOSTKEY hands on what its WHMCS answers, inside texts of its own; so these are the texts of the WHMCS API
reference where it has them. The texts around them stand in the methods. Source of those: HOSTKEY's
documentation of `whmcs.php`, spelling included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.refusals import RefusalCode
from service.handling.answers import Done
from service.invapi.answer import Answer, Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.refusals import Refusal
    from service.invapi.answer import Body

INVALID_TOKEN = "Invalid token"  # noqa: S105 - a text, no secret
KEY_FORMAT = "Incorrect API key format"
"""Recorded from a live Invapi."""
INVOICE_NOT_FOUND = "Invoice ID Not Found"
INVOICE_NOT_UNPAID = "Invoice Not in Unpaid Status"
CLIENT_NOT_FOUND = "Client ID Not Found"
NOT_LINKED = "server {} are not linked to the billing"
"""HOSTKEY documents it for get_related_invoices."""
AMOUNT_FORMAT = "Amount must be in decimal format: ### or ###.##"

_WORDS = {
    RefusalCode.CLIENT_NOT_FOUND: CLIENT_NOT_FOUND,
    RefusalCode.INVOICE_NOT_FOUND: INVOICE_NOT_FOUND,
    RefusalCode.INVOICE_NOT_UNPAID: INVOICE_NOT_UNPAID,
    RefusalCode.CREDIT_TOO_LOW: "Amount exceeds customer credit balance",
    RefusalCode.MORE_THAN_DUE: "Amount Exceeds Invoice Balance",
    RefusalCode.AMOUNT_NOT_POSITIVE: "Credit Amount to apply must be greater than zero",
    RefusalCode.CONTACT_NOT_FOUND: "Contact ID Not Found",
    RefusalCode.EMAIL_TAKEN: "Duplicate Email Address",
    # Neither WHMCS nor HOSTKEY has a text for the rest.
    RefusalCode.CREDIT_FOR_CREDIT: "The invoice cannot be paid from credit, nor together with others",
    RefusalCode.AMOUNT_TOO_LARGE: "Amount exceeds what the ledger can hold",
    RefusalCode.PERSON_ERASED: "The personal data of this client was erased",
    RefusalCode.NOTHING_DUE: "nothing is due to be invoiced",
    RefusalCode.KEY_REUSED: "The idempotency key was used before with another request",
}


def words(refusal: Refusal) -> str:
    """The text for `refusal`; a code that no command of this protocol gives is told by its name."""
    return _WORDS.get(refusal.code) or refusal.code.value.replace("_", " ")


def answered(
    outcome: Done | Refusal,
    body: Callable[[Done], Body],
    text: Callable[[str], str] = str,
    more: Callable[[str], Body] | None = None,
) -> Answer:
    """A command's success, or Failure with what `text` makes of the refusal's words.

    `body` is made of the command's events alone, so that a repetition under the same idempotency key gets it.
    """
    if isinstance(outcome, Done):
        return Answer({"result": "OK", **body(outcome)}, outcome.position, outcome.replayed)
    message = text(words(outcome))
    raise Failure(message, outcome.code.value, more=more(message) if more else None)
