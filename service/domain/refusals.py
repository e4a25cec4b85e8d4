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
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    AMOUNT_TOO_LARGE = "amount_too_large"
    """The result would pass AMOUNT_MAX."""
    EMAIL_TAKEN = "email_taken"
    OWNER_NOT_FOUND = "owner_not_found"
    CURRENCY_NOT_FOUND = "currency_not_found"
    CURRENCY_EXISTS = "currency_exists"
    ADMIN_NOT_FOUND = "admin_not_found"
    CREDENTIAL_NOT_FOUND = "credential_not_found"
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
