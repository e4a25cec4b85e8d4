"""What a decision can be besides new events: a refusal with a stable code, or "recorded before".

Each protocol owns the wording.
"""

from __future__ import annotations

from enum import StrEnum

from service.domain.events import Event
from service.domain.values import value


class RefusalCode(StrEnum):
    """Codes are kept for ever: logs, metrics and audits count them."""

    CLIENT_NOT_FOUND = "client_not_found"
    ACCOUNT_EXISTS = "account_exists"
    INVOICE_NOT_FOUND = "invoice_not_found"
    INVOICE_NOT_UNPAID = "invoice_not_unpaid"
    INVOICE_NOT_PAYABLE = "invoice_not_payable"
    """`detail` is the status that forbids payments (Cancelled, Draft)."""
    CREDIT_TOO_LOW = "credit_too_low"
    """More than the client's credit."""
    MORE_THAN_DUE = "more_than_due"
    CREDIT_FOR_CREDIT = "credit_for_credit"
    """Paying the invoice gives credit, so credit cannot pay it."""
    MASS_PAYMENT_OPEN = "mass_payment_open"
    """`detail` is the unpaid invoice that pays exactly the same invoices."""
    INVOICE_NOT_DRAFT = "invoice_not_draft"
    TRANSACTION_NOT_FOUND = "transaction_not_found"
    TRANSACTION_ID_TAKEN = "transaction_id_taken"
    """The gateway's number stands in another transaction already."""
    GATEWAY_MISSING = "gateway_missing"
    CURRENCY_MISSING = "currency_missing"
    CURRENCY_MISMATCH = "currency_mismatch"
    """It is not the client's."""
    REFUND_TOO_LARGE = "refund_too_large"
    """More than came in, or than is left of it."""
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    AMOUNT_TOO_LARGE = "amount_too_large"
    """The result would pass AMOUNT_MAX."""
    EMAIL_TAKEN = "email_taken"
    OWNER_NOT_FOUND = "owner_not_found"
    CONTACT_NOT_FOUND = "contact_not_found"
    PERSON_ERASED = "person_erased"
    """Nothing personal is taken for this account any more."""
    DOMAIN_MAIL_NEEDED = "domain_mail_needed"
    """Nobody would get e-mails about domains any more."""
    STALE = "stale"
    """The command was made with knowledge that is outdated; whoever made it makes it anew."""
    CURRENCY_NOT_FOUND = "currency_not_found"
    CURRENCY_EXISTS = "currency_exists"
    GATEWAY_NOT_FOUND = "gateway_not_found"
    GATEWAY_EXISTS = "gateway_exists"
    CALLBACK_SECRET_EXISTS = "callback_secret_exists"  # noqa: S105 - a code, no secret
    CALLBACK_SECRET_NOT_FOUND = "callback_secret_not_found"  # noqa: S105 - a code, no secret
    GROUP_EXISTS = "group_exists"
    NOTHING_DUE = "nothing_due"
    """There is nothing to be invoiced."""
    SERVICE_NOT_FOUND = "service_not_found"
    SERVICE_EXISTS = "service_exists"
    """`detail` is the number that another service has."""
    SERVER_TAKEN = "server_taken"
    """`detail` is the service that has it, where that is the client's own."""
    DUE_DATE_MISSING = "due_date_missing"
    """A service that is paid again and again begins some day."""
    RENEWAL_OPEN = "renewal_open"
    """`detail` is the invoice that renews the service once it is paid."""
    RENEWAL_BLOCKED = "renewal_blocked"
    """`detail` is why the next period is not invoiced.

    `status`, `cancellation`, `cycle`, `date`, or an unpaid invoice.
    """
    SERVICE_ENDED = "service_ended"
    """`detail` is its status."""
    TRAFFIC_EXCEEDED = "traffic_exceeded"
    """More traffic was used than is paid for: that is to be settled before the service can end."""
    LICENCE_ACTIVE = "licence_active"
    """A licence that cannot be given back before its period is over."""
    INVOICE_OVERDUE = "invoice_overdue"
    """`detail` is the unpaid invoice for a period of the service that has begun."""
    CANCELLATION_NOT_FOUND = "cancellation_not_found"
    CANCELLATION_REFUNDED = "cancellation_refunded"
    """Credit was given for what was not used: the service cannot go on as if nothing had been."""
    CANCELLATION_EXISTS = "cancellation_exists"
    TAX_RULE_NOT_FOUND = "tax_rule_not_found"
    TAX_RULE_EXISTS = "tax_rule_exists"
    """`detail` is the rule of the same level and place."""
    ADMIN_NOT_FOUND = "admin_not_found"
    ADMIN_EXISTS = "admin_exists"
    ADMIN_DISABLED = "admin_disabled"
    ADMIN_NOT_DISABLED = "admin_not_disabled"
    CREDENTIAL_NOT_FOUND = "credential_not_found"
    ROLE_NOT_FOUND = "role_not_found"
    ROLE_EXISTS = "role_exists"
    ROLE_IN_USE = "role_in_use"
    """`detail` is a credential that is restricted to it."""
    ADDRESS_NOT_FOUND = "address_not_found"
    ADDRESS_EXISTS = "address_exists"
    LAST_ADDRESS = "last_address"
    """Without it calls could come from anywhere."""
    ACCESS_KEY_NOT_FOUND = "access_key_not_found"
    OAUTH_CREDENTIAL_NOT_FOUND = "oauth_credential_not_found"
    OAUTH_NAME_MISSING = "oauth_name_missing"
    OAUTH_SERVICE_MISSING = "oauth_service_missing"
    LOG_KEY_EXISTS = "log_key_exists"
    LOG_KEY_NOT_FOUND = "log_key_not_found"
    WEBHOOK_NOT_FOUND = "webhook_not_found"
    WEBHOOK_PAUSED = "webhook_paused"
    WEBHOOK_NOT_PAUSED = "webhook_not_paused"
    TOO_MANY_WEBHOOKS = "too_many_webhooks"
    TOTP_ENABLED = "totp_enabled"
    """The client's codes come from another secret already."""
    TOTP_NOT_ENABLED = "totp_not_enabled"
    KEY_REUSED = "key_reused"
    """The same idempotency key came with another request."""


@value()
class Refusal:
    """The answer no, decided on a state that the log confirmed."""

    code: RefusalCode
    detail: str = ""


@value()
class AlreadyRecorded:
    """The same payment is in the history already: a success without new events."""

    transaction_id: int
    """The number its first recording was given."""


Decision = tuple[Event, ...] | Refusal | AlreadyRecorded
"""What every decider returns; a tuple is never empty and is appended whole or not at all."""
