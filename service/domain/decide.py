"""The account's decider: one command in, its events, a refusal or "recorded before" out.

Only the dispatch and the count of used numbers live here; the rules are in the module of each family.
Everything above the domain may import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from service.domain.events import InvoiceIssued
from service.domain.invoicing import issue_invoice
from service.domain.opening import open_account
from service.domain.payments import record_payment

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
}


def decide(state: AccountState, command: AccountCommand, offer: Offer) -> Decision:
    """What `command` does to an account in `state`, which is left as it is.

    The numbers come from `offer`; `numbers_used` says how many of each were taken.
    """
    return _DECIDERS[type(command)](state, command, offer)


def numbers_used(events: tuple[Event, ...]) -> dict[str, int]:
    """How many numbers of each counter stand in `events`, the outcome of one decision."""
    used: dict[str, int] = {}
    for event in events:
        if event.COUNTER:
            used[event.COUNTER] = used.get(event.COUNTER, 0) + 1
        if isinstance(event, InvoiceIssued):
            used["item"] = used.get("item", 0) + len(event.items)
    return used
