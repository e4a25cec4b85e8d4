"""The states an invoice can be in; the spelling is WHMCS's own and is what the log stores."""

from enum import StrEnum


class InvoiceStatus(StrEnum):
    """Exact spelling as documented for the WHMCS API; `Overdue` is only a filter, never a status."""

    DRAFT = "Draft"
    UNPAID = "Unpaid"
    PAID = "Paid"
    CANCELLED = "Cancelled"
    REFUNDED = "Refunded"
    COLLECTIONS = "Collections"
    PAYMENT_PENDING = "Payment Pending"
