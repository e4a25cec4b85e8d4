"""The account's decider: one command in, its events, a refusal or "recorded before" out.

Only the dispatch and the count of used numbers live here; the rules are in the module of each family.
Everything above the domain may import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.domain.activity import LogActivity, log_client_activity
from service.domain.amending import amend_invoice
from service.domain.billable_commands import AddBillableItem, InvoiceDue
from service.domain.billables import add_billable_item
from service.domain.cancellation_commands import (
    CarryOutCancellations,
    RequestCancellation,
    RequestSubscriptionCancellation,
    WithdrawCancellation,
)
from service.domain.cancellations import (
    carry_out_cancellations,
    request_cancellation,
    request_subscription_cancellation,
    withdraw_cancellation,
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
from service.domain.clients import (
    add_contact,
    cancel_unpaid,
    change_account,
    change_contact,
    close_account,
    delete_account,
    erase_person,
    remove_contact,
)
from service.domain.commands import (
    AccountCommand,
    AddCredit,
    AmendInvoice,
    ApplyCredit,
    CombineInvoices,
    CorrectTransaction,
    IssueInvoice,
    Offer,
    OpenAccount,
    RecordPayment,
    RecordTransaction,
    RemoveCredit,
)
from service.domain.corrections import correct_transaction
from service.domain.credit import add_credit, apply_credit, remove_credit
from service.domain.events import InvoiceAmended, InvoiceIssued
from service.domain.generation import invoice_due
from service.domain.invoicing import issue_invoice
from service.domain.mass_payment import combine_invoices
from service.domain.opening import open_account
from service.domain.payments import record_payment
from service.domain.renewals import renew_service
from service.domain.service_commands import ChangeService, RegisterService, RenewService
from service.domain.services import change_service, register_service
from service.domain.transactions import record_house_transaction, record_transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.account import AccountState
    from service.domain.events import Event
    from service.domain.refusals import Decision

_DECIDERS: dict[type, Callable[[AccountState, Any, Offer], Decision]] = {
    OpenAccount: open_account,
    AddCredit: add_credit,
    RemoveCredit: remove_credit,
    IssueInvoice: issue_invoice,
    ApplyCredit: apply_credit,
    RecordPayment: record_payment,
    AmendInvoice: amend_invoice,
    CombineInvoices: combine_invoices,
    RecordTransaction: record_transaction,
    CorrectTransaction: correct_transaction,
    AddBillableItem: add_billable_item,
    InvoiceDue: invoice_due,
    RegisterService: register_service,
    ChangeService: change_service,
    RenewService: renew_service,
    RequestCancellation: request_cancellation,
    WithdrawCancellation: withdraw_cancellation,
    CarryOutCancellations: carry_out_cancellations,
    RequestSubscriptionCancellation: request_subscription_cancellation,
    LogActivity: log_client_activity,
    ChangeAccount: change_account,
    CloseAccount: close_account,
    CancelUnpaid: cancel_unpaid,
    DeleteAccount: delete_account,
    ErasePerson: erase_person,
    AddContact: add_contact,
    ChangeContact: change_contact,
    RemoveContact: remove_contact,
}


def decide(state: AccountState, command: AccountCommand, offer: Offer) -> Decision:
    """What `command` does to an account in `state`, which is left as it is.

    The numbers come from `offer`; `numbers_used` says how many of each were taken.
    """
    return _DECIDERS[type(command)](state, command, offer)


def decide_house(
    state: AccountState, command: RecordTransaction | CorrectTransaction, offer: Offer
) -> Decision:
    """As `decide`, for the transactions that belong to nobody; `state` is an account without a client."""
    if isinstance(command, RecordTransaction):
        return record_house_transaction(state, command, offer)
    return correct_transaction(state, command, offer)


def numbers_used(events: tuple[Event, ...]) -> dict[str, int]:
    """How many numbers of each counter stand in `events`, the outcome of one decision."""
    used: dict[str, int] = {}
    for event in events:
        if event.COUNTER:
            used[event.COUNTER] = used.get(event.COUNTER, 0) + 1
        if isinstance(event, InvoiceIssued):
            used["item"] = used.get("item", 0) + len(event.items)
        elif isinstance(event, InvoiceAmended) and event.added_items:
            used["item"] = used.get("item", 0) + len(event.added_items)
    return used
