"""What can be asked of the ledger, in the imperative. Values are checked already: amounts are positive
integer hundredths unless said otherwise, dates exist, texts are bounded. Units as in `events`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from service.domain.activity import LogActivity
from service.domain.billable_commands import AddBillableItem, InvoiceDue
from service.domain.cancellation_commands import (
    CarryOutCancellations,
    RequestCancellation,
    RequestSubscriptionCancellation,
    WithdrawCancellation,
)
from service.domain.client_commands import (
    AddContact,
    CancelUnpaid,
    ChangeAccount,
    ChangeContact,
    CloseAccount,
    DeleteAccount,
    ErasePerson,
    RemoveContact,
)
from service.domain.service_commands import ChangeService, RegisterService, RenewService
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
    billable: int = 0
    contact: int = 0
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
    """A line to be invoiced; `amount` may be negative (a discount).

    `kind` and `relation_id` say what it bills; free lines have "" and 0.
    """

    description: str
    amount: int
    taxed: bool = False
    kind: str = ""
    relation_id: int = 0


@value(kw_only=True)
class IssueInvoice:
    """Issue an invoice. Dates None mean today, and today + `due_days`. Rates are thousandths of a percent.

    `auto_apply_credit` uses up min(credit, what is due) at once, only on an Unpaid invoice.
    `payment_method` "" means the account's own, and where it has none `default_payment_method`.
    """

    status: InvoiceStatus
    items: tuple[NewItem, ...]
    tax_rate: int = 0
    tax_rate2: int = 0
    date: str | None = None
    due_date: str | None = None
    due_days: int = 0
    payment_method: str = ""
    default_payment_method: str = ""
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


class OnRetry(Enum):
    """What becomes of a payment whose gateway, reference and invoice were recorded before."""

    REPLAY = "replay"
    """It is the same payment: answered as the first time, and not recorded again."""
    ALLOW = "allow"
    """It is another payment."""
    REJECT = "reject"
    """It is refused."""


@value(kw_only=True)
class RecordPayment:
    """Record money that a gateway received for an invoice.

    `amount` None or 0 means all that is due. `gateway` "" means the invoice's own method. The same
    (gateway, reference) on the same invoice is treated as `on_retry` says; an empty reference never is the
    same. `fees` may be 0 or negative. `date` None means now. `currency` "" means the client's own.
    `to_credit` drops no money: what came in for an invoice that takes no payment becomes credit, else that is
    refused; and of another amount it is not the same payment, but refused.
    """

    invoice_id: int
    gateway: str = ""
    reference: str = ""
    amount: int | None = None
    fees: int = 0
    date: str | None = None
    notify: bool = True
    on_retry: OnRetry = OnRetry.REPLAY
    currency: str = ""
    to_credit: bool = False


@value(kw_only=True)
class ItemChange:
    """What a line of an invoice shall say; one that the invoice does not have is passed over."""

    item_id: int
    description: str
    amount: int
    taxed: bool


@value(kw_only=True)
class AmendInvoice:
    """Change what an invoice says, then publish it (`send` with an e-mail), then give it a status.

    None leaves as it is. `credit`, 0 or more, is what the invoice counts as credited: the client's credit
    does not move. `settled_at` is its date of payment.
    """

    invoice_id: int
    changed_items: tuple[ItemChange, ...] = ()
    added_items: tuple[NewItem, ...] = ()
    removed_items: tuple[int, ...] = ()
    tax_rate: int | None = None
    tax_rate2: int | None = None
    credit: int | None = None
    date: str | None = None
    due_date: str | None = None
    settled_at: str | None = None
    payment_method: str | None = None
    notes: str | None = None
    publish: bool = False
    send: bool = False
    status: InvoiceStatus | None = None


@value(kw_only=True)
class CombineInvoices:
    """Issue one invoice, due after `due_days`, that pays these others when it is paid."""

    invoice_ids: tuple[int, ...]
    due_days: int = 0
    default_payment_method: str = ""


@value(kw_only=True)
class RecordTransaction:
    """Record money that came in or went out, both 0 or more, `fees` of any sign.

    For an invoice it is a payment or a refund of it. `to_credit` makes credit of what came in for no
    invoice. `currency` "" means the client's own, and is refused for nobody's transaction; `currency_id` is
    its number. `refund_id` is the transaction that this one pays back. `is_taken` says that the reference
    was used before by whatever transaction, and must not be.
    """

    gateway: str
    invoice_id: int = 0
    reference: str = ""
    description: str = ""
    date: str | None = None
    amount_in: int = 0
    amount_out: int = 0
    fees: int = 0
    rate: int = 100_000
    """Hundred-thousandths."""
    currency: str = ""
    currency_id: int = 0
    refund_id: int = 0
    to_credit: bool = False
    is_taken: bool = False


@value(kw_only=True)
class CorrectTransaction:
    """Change what a transaction says; None leaves as it is, 0 takes it off its invoice or refund.

    `to_credit` makes credit of it if it is on no invoice and did not become credit before. `currency`
    concerns nobody's transactions only.
    """

    transaction_id: int
    invoice_id: int | None = None
    gateway: str | None = None
    reference: str | None = None
    description: str | None = None
    date: str | None = None
    amount_in: int | None = None
    amount_out: int | None = None
    fees: int | None = None
    rate: int | None = None
    currency: str | None = None
    currency_id: int = 0
    refund_id: int | None = None
    to_credit: bool = False


AccountCommand = (
    OpenAccount
    | AddCredit
    | RemoveCredit
    | IssueInvoice
    | ApplyCredit
    | RecordPayment
    | AmendInvoice
    | CombineInvoices
    | RecordTransaction
    | CorrectTransaction
    | AddBillableItem
    | InvoiceDue
    | RegisterService
    | ChangeService
    | RenewService
    | RequestCancellation
    | WithdrawCancellation
    | CarryOutCancellations
    | RequestSubscriptionCancellation
    | LogActivity
    | ChangeAccount
    | CloseAccount
    | CancelUnpaid
    | DeleteAccount
    | ErasePerson
    | AddContact
    | ChangeContact
    | RemoveContact
)
