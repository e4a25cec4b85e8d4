"""The account's decider: one command in, its events, a refusal or "recorded before" out.

Only the dispatch and the count of used numbers live here; the rules are in the module of each family.
Everything above the domain may import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from service.domain.commands import (
    AccountCommand,
    AddCredit,
    ApplyCredit,
    IssueInvoice,
    Offer,
    OpenAccount,
    RecordPayment,
    RemoveCredit,
)
from service.domain.credit import add_credit, apply_credit, remove_credit
from service.domain.events import (
    AccountOpened,
    CreditAdded,
    CreditApplied,
    CreditRemoved,
    Event,
    InvoiceIssued,
    PaymentRecorded,
)
from service.domain.invoicing import issue_invoice
from service.domain.opening import open_account
from service.domain.payments import record_payment

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.domain.account import AccountState
    from service.domain.refusals import Decision

_DECIDERS: dict[type, Callable[[AccountState, Any, Offer], Decision]] = {
    OpenAccount: open_account,
    AddCredit: add_credit,
    RemoveCredit: remove_credit,
    IssueInvoice: issue_invoice,
    ApplyCredit: apply_credit,
    RecordPayment: record_payment,
}


def decide(state: AccountState, command: AccountCommand, offer: Offer) -> Decision:
    """What `command` does to an account in `state`, which is left as it is.

    The numbers come from `offer`; `numbers_used` says how many of each were taken.
    """
    return _DECIDERS[type(command)](state, command, offer)


class Used(NamedTuple):
    """How many numbers of each kind a decision took from its offer."""

    client: int
    credit: int
    transaction: int
    invoice: int
    item: int


def numbers_used(events: tuple[Event, ...]) -> Used:
    """Count the numbers that stand in `events`, the outcome of one decision."""
    client = credit = transaction = invoice = item = 0
    for event in events:
        match event:
            case CreditAdded() | CreditRemoved() | CreditApplied():
                credit += 1
            case PaymentRecorded():
                transaction += 1
            case InvoiceIssued():
                invoice += 1
                item += len(event.items)
            case AccountOpened():
                client += 1
            case _:
                pass  # the other events carry no number of their own
    return Used(client, credit, transaction, invoice, item)
