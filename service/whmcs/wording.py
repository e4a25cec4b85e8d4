"""What WHMCS says when the ledger says no, word for word where WHMCS has words for it.

Lives here: refusal codes to texts. Client libraries compare these texts whole, so they are never improved.
Texts about a request's own fields are in `fields`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.refusals import RefusalCode

if TYPE_CHECKING:
    from service.domain.refusals import Refusal

COMMAND_NOT_FOUND = "Command Not Found"
EMPTY_ACTION = "Empty action request"

_WORDS = {
    # WHMCS API reference: AddCredit, ApplyCredit, AddInvoicePayment, AddClient.
    RefusalCode.CLIENT_NOT_FOUND: "Client ID Not Found",
    RefusalCode.INVOICE_NOT_FOUND: "Invoice ID Not Found",
    RefusalCode.ADMIN_NOT_FOUND: "Admin ID Not Found",
    RefusalCode.INVOICE_NOT_UNPAID: "Invoice Not in Unpaid Status",
    RefusalCode.INVOICE_NOT_PAYABLE: "It is not possible to add a payment to an invoice that is {detail}",
    RefusalCode.CREDIT_TOO_LOW: "Amount exceeds customer credit balance",
    RefusalCode.MORE_THAN_DUE: "Amount Exceeds Invoice Balance",
    RefusalCode.EMAIL_TAKEN: "A user already exists with that email address",
    RefusalCode.OWNER_NOT_FOUND: "Invalid Owner User ID",
    # WHMCS API reference, AddTransaction; AddClient has no text of its own for it.
    RefusalCode.CURRENCY_NOT_FOUND: "Currency ID Not Found",
    # WHMCS has no text for the rest.
    RefusalCode.AMOUNT_NOT_POSITIVE: "Amount must be greater than zero",
    RefusalCode.AMOUNT_TOO_LARGE: "Amount exceeds what the ledger can hold",
    RefusalCode.ACCOUNT_EXISTS: "Client ID already exists",
    RefusalCode.CURRENCY_EXISTS: "Currency already exists",
    RefusalCode.CREDENTIAL_NOT_FOUND: "Credential not found",
    RefusalCode.KEY_REUSED: "The idempotency key was used before with another request",
}

_WORDS_OF_ACTION = {
    ("applycredit", RefusalCode.AMOUNT_NOT_POSITIVE): "Credit Amount to apply must be greater than zero",
}


def words(refusal: Refusal, action: str) -> str:
    """The text for `refusal` of the action with this lower-case name."""
    text = _WORDS_OF_ACTION.get((action, refusal.code)) or _WORDS[refusal.code]
    return text.replace("{detail}", refusal.detail)


def status(refusal: Refusal) -> int:
    """The HTTP status: WHMCS says no with 200; only a misused key, which it does not know, is a 409."""
    return 409 if refusal.code is RefusalCode.KEY_REUSED else 200
