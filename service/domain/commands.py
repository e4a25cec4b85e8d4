"""What can be asked of the ledger, in the imperative. Values are checked already: amounts are positive
integer hundredths unless said otherwise, dates exist, texts are bounded. Units as in `events`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.values import value

if TYPE_CHECKING:
    from service.domain.events import Profile
    from service.domain.invoice_status import InvoiceStatus


@value(kw_only=True)
class Offer:
    """What a decision may use up: the next free number of each kind, and the time.

    The numbers are this process's to give; `numbers_used` says how many a decision took. Item numbers
    run on from `item`.
    """

    client: int = 0
    credit: int = 0
    transaction: int = 0
    invoice: int = 0
    item: int = 0
    now: str
    """`YYYY-MM-DD HH:MM:SS` in the ledger's time zone."""


@value(kw_only=True)
class OpenAccount:
    """Open a client account; `owner_id` None means that the client owns itself."""

    currency: str
    currency_id: int
    profile: Profile
    owner_id: int | None = None
    group_id: int = 0
    language: str = ""
    payment_method: str = ""
    marketing_opt_in: bool = False
    notify: bool = True


@value(kw_only=True)
class AddCredit:
    """Give the client credit by hand. `date` None means today."""

    amount: int
    description: str
    date: str | None = None
    admin_id: int = 0


@value(kw_only=True)
class RemoveCredit:
    """Take credit back by hand; never below zero."""

    amount: int
    description: str
    date: str | None = None
    admin_id: int = 0


@value(kw_only=True)
class NewItem:
    """A line to be invoiced; `amount` may be negative (a discount)."""

    description: str
    amount: int
    taxed: bool = False


@value(kw_only=True)
class IssueInvoice:
    """Issue an invoice. Dates None mean today, and today + `due_days`. Rates are thousandths of a percent.

    `auto_apply_credit` uses up min(credit, what is due) at once, only on an Unpaid invoice.
    `payment_method` "" means the account's own.
    """

    status: InvoiceStatus
    items: tuple[NewItem, ...]
    tax_rate: int = 0
    tax_rate2: int = 0
    date: str | None = None
    due_date: str | None = None
    due_days: int = 0
    payment_method: str = ""
    notes: str = ""
    auto_apply_credit: bool = False
    send: bool = False
    notify: bool = True


@value(kw_only=True)
class ApplyCredit:
    """Pay (part of) an invoice from the credit. `amount` None means all that is due; 0 is refused."""

    invoice_id: int
    amount: int | None = None
    notify: bool = True


@value(kw_only=True)
class RecordPayment:
    """Record money that a gateway received for an invoice.

    `amount` None or 0 means all that is due. `gateway` "" means the invoice's own method. The same
    (gateway, reference) on the same invoice is the same payment, not a second one; an empty reference
    never is. `fees` may be 0 or negative. `date` None means now.
    """

    invoice_id: int
    gateway: str = ""
    reference: str = ""
    amount: int | None = None
    fees: int = 0
    date: str | None = None
    notify: bool = True


AccountCommand = OpenAccount | AddCredit | RemoveCredit | IssueInvoice | ApplyCredit | RecordPayment
