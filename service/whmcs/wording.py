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
ASOF_UPSTREAM = "asof is answered from this ledger's log, in which this action has nothing"

_DOMAIN_MAIL = (
    "You must have at least one email address enabled to receive domain related notifications as required by "
    "ICANN. To disable domain notifications,"
)
_DUPLICATE = "Duplicate Email Address"

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
    # WHMCS API reference: UpdateClient, UpdateContact, DeleteContact.
    RefusalCode.CONTACT_NOT_FOUND: "Contact ID Not Found",
    RefusalCode.DOMAIN_MAIL_NEEDED: f"{_DOMAIN_MAIL} please create an alternative contact that is set to "
    "receive them",
    # WHMCS API reference, UpdateInvoice.
    RefusalCode.INVOICE_NOT_DRAFT: "Invoice must be in Draft status to be published",
    # WHMCS API reference, AddTransaction; AddClient has no text of its own for the first.
    RefusalCode.CURRENCY_NOT_FOUND: "Currency ID Not Found",
    RefusalCode.CURRENCY_MISMATCH: "Currency ID does not match Client currency",
    RefusalCode.CURRENCY_MISSING: "A Currency ID is required for non-customer related transactions",
    RefusalCode.GATEWAY_MISSING: "Payment Method is required",
    RefusalCode.TRANSACTION_ID_TAKEN: "Transaction ID must be Unique",
    # WHMCS API reference, CreateOAuthCredential and UpdateOAuthCredential.
    RefusalCode.OAUTH_CREDENTIAL_NOT_FOUND: "Invalid Credential ID provided.",
    RefusalCode.OAUTH_NAME_MISSING: "A name for the Client Credential is required.",
    RefusalCode.OAUTH_SERVICE_MISSING: "A service ID is required for the single sign-on grant type.",
    # WHMCS has no text for the rest.
    RefusalCode.TRANSACTION_NOT_FOUND: "Transaction ID Not Found",
    RefusalCode.REFUND_TOO_LARGE: "Amount exceeds what is left to be refunded",
    RefusalCode.CREDIT_FOR_CREDIT: "Credit cannot be applied to an Add Funds invoice",
    RefusalCode.MASS_PAYMENT_OPEN: "Invoice {detail} is for the same invoices",
    RefusalCode.AMOUNT_NOT_POSITIVE: "Amount must be greater than zero",
    RefusalCode.AMOUNT_TOO_LARGE: "Amount exceeds what the ledger can hold",
    RefusalCode.PERSON_ERASED: "The personal data of this client was erased",
    RefusalCode.ACCOUNT_EXISTS: "Client ID already exists",
    RefusalCode.CURRENCY_EXISTS: "Currency already exists",
    RefusalCode.GATEWAY_NOT_FOUND: "Payment Method not found",
    RefusalCode.GATEWAY_EXISTS: "Payment Method already exists",
    RefusalCode.CALLBACK_SECRET_EXISTS: "Payment Method {detail} has a callback secret already",
    RefusalCode.CALLBACK_SECRET_NOT_FOUND: "Payment Method {detail} has no callback secret",
    RefusalCode.GROUP_EXISTS: "Client Group already exists",
    RefusalCode.NOTHING_DUE: "Nothing to invoice",
    RefusalCode.SERVICE_NOT_FOUND: "Service ID Not Found",
    RefusalCode.SERVICE_EXISTS: "Service ID already exists",
    RefusalCode.DUE_DATE_MISSING: "A service that is paid periodically needs a due date",
    RefusalCode.SERVER_TAKEN: "The server belongs to another service",
    RefusalCode.RENEWAL_OPEN: "Invoice {detail} renews the service already",
    RefusalCode.RENEWAL_BLOCKED: "The service cannot be renewed now ({detail})",
    # WHMCS API reference, AddCancelRequest; WHMCS has no text for the others.
    RefusalCode.CANCELLATION_EXISTS: "Existing Cancellation Request Exists",
    RefusalCode.CANCELLATION_NOT_FOUND: "Cancellation Request Not Found",
    RefusalCode.CANCELLATION_REFUNDED: "The service was cancelled and its refund is given",
    RefusalCode.SERVICE_ENDED: "The service is {detail}",
    RefusalCode.TRAFFIC_EXCEEDED: "The service has used more traffic than is paid for",
    RefusalCode.LICENCE_ACTIVE: "The service has a licence until the end of its billing period",
    RefusalCode.INVOICE_OVERDUE: "Invoice {detail} for the service is overdue",
    RefusalCode.TAX_RULE_NOT_FOUND: "Tax Rule not found",
    RefusalCode.TAX_RULE_EXISTS: "Tax Rule already exists",
    RefusalCode.ADMIN_EXISTS: "Admin already exists",
    RefusalCode.ADMIN_DISABLED: "Admin is disabled",
    RefusalCode.ADMIN_NOT_DISABLED: "Admin is not disabled",
    RefusalCode.CREDENTIAL_NOT_FOUND: "Credential not found",
    RefusalCode.ROLE_NOT_FOUND: "Role not found",
    RefusalCode.ROLE_EXISTS: "Role already exists",
    RefusalCode.ROLE_IN_USE: "Role is in use",
    RefusalCode.ADDRESS_NOT_FOUND: "Address not found",
    RefusalCode.ADDRESS_EXISTS: "Address already exists",
    RefusalCode.LAST_ADDRESS: "Without this address every address may call",
    RefusalCode.ACCESS_KEY_NOT_FOUND: "Access key not found",
    RefusalCode.LOG_KEY_EXISTS: "Log key already exists",
    RefusalCode.LOG_KEY_NOT_FOUND: "Log key not found",
    RefusalCode.WEBHOOK_NOT_FOUND: "Webhook not found",
    RefusalCode.WEBHOOK_PAUSED: "Webhook is paused",
    RefusalCode.WEBHOOK_NOT_PAUSED: "Webhook is not paused",
    RefusalCode.TOO_MANY_WEBHOOKS: "Too many webhooks",
    RefusalCode.TOTP_ENABLED: "Codes are asked for already",
    RefusalCode.TOTP_NOT_ENABLED: "No codes are asked for",
    RefusalCode.STALE: "Please try again",
    RefusalCode.KEY_REUSED: "The idempotency key was used before with another request",
}

_WORDS_OF_ACTION = {
    # WHMCS API reference, AddBillableItem: "not" is lower-case there.
    ("addbillableitem", RefusalCode.CLIENT_NOT_FOUND): "Client ID not Found",
    ("updateclient", RefusalCode.EMAIL_TAKEN): _DUPLICATE,
    ("addcontact", RefusalCode.EMAIL_TAKEN): _DUPLICATE,
    ("updatecontact", RefusalCode.EMAIL_TAKEN): _DUPLICATE,
    (
        "updatecontact",
        RefusalCode.DOMAIN_MAIL_NEEDED,
    ): f"{_DOMAIN_MAIL} please enable domain notifications for the primary account holder or another contact",
    ("applycredit", RefusalCode.AMOUNT_NOT_POSITIVE): "Credit Amount to apply must be greater than zero",
}


def words(refusal: Refusal, action: str) -> str:
    """The text for `refusal` of the action with this lower-case name."""
    text = _WORDS_OF_ACTION.get((action, refusal.code)) or _WORDS[refusal.code]
    return text.replace("{detail}", refusal.detail)


def status(refusal: Refusal) -> int:
    """The HTTP status: WHMCS says no with 200; only a misused key, which it does not know, is a 409."""
    return 409 if refusal.code is RefusalCode.KEY_REUSED else 200
