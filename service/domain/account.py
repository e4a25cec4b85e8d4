"""A client account folded from its events: what the deciders need to know, and nothing else.

Compact, because 100,000 accounts live in memory and one may hold 100,000 invoices. What pages and lists
show is in the read models. Pure; the deciders beside it and everything above the domain may import it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from sys import intern
from typing import TYPE_CHECKING, Any

from service.domain.account_billing import BILLING
from service.domain.activity import ACTIVITY
from service.domain.billables import BILLABLES, BillableItem, billable_from, billable_row
from service.domain.cancellation_state import (
    CANCELLATIONS,
    Cancellation,
    cancellation_from,
    cancellation_row,
)
from service.domain.clients import CLIENTS, Contact, contact_from, contact_row
from service.domain.events import AccountOpened, CreditAdded, CreditRemoved, Event
from service.domain.invoice_state import (
    InvoiceState,
    TransactionState,
    invoice_from,
    invoice_row,
    transaction_from,
    transaction_row,
)
from service.domain.services import SERVICES, Service, service_from, service_row

if TYPE_CHECKING:
    from collections.abc import Callable

FOLD_VERSION = 5
"""Raised whenever `evolve`, `dump` or the classes below change meaning; older snapshots are then useless."""

ACTIVE = "Active"
"""The status of an account from its opening on."""


@dataclass(slots=True)
class AccountState:
    """One client's credit and invoices. `client_id` 0 means that there is no account, or none any more."""

    client_id: int = 0
    currency: str = ""
    status: str = ""
    balance: int = 0
    """The credit, in hundredths; never negative."""
    payment_method: str = ""
    invoices: dict[int, InvoiceState] = field(default_factory=dict)
    payments: dict[tuple[int, str, str], int] = field(default_factory=dict)
    """Transaction number by (invoice, gateway, reference), to know a retried payment; empty references are
    not in it. One dict per account rather than one per invoice: as small, and as fast for an invoice that
    was paid 10,000 times."""
    transactions: dict[int, TransactionState] = field(default_factory=dict)
    """By number, for refunds and corrections."""
    billables: dict[int, BillableItem] = field(default_factory=dict)
    """Those that are still to be invoiced, by number."""
    services: dict[int, Service] = field(default_factory=dict)
    """Of whatever status, by their own number."""
    cancellations: dict[int, Cancellation] = field(default_factory=dict)
    """The last request to end a service, by the service's number."""
    contacts: dict[int, Contact] = field(default_factory=dict)
    gets_domain_mail: bool = True
    claims_email: bool = False
    """Whether its e-mail address must be unique: not that of an account that belongs to another."""
    email_version: int = 0
    """The version of the event that tells its address."""
    is_erased: bool = False
    """Whether the personal data is gone, with the account or without it."""
    version: int = 0
    """How many events it was folded from."""

    @property
    def exists(self) -> bool:
        """Whether the account was opened and not deleted."""
        return self.client_id != 0


def initial_state() -> AccountState:
    """An account before its first event."""
    return AccountState()


def evolve(state: AccountState, event: Event) -> AccountState:
    """Apply one event to `state` itself and return it: the caller hands its ownership over.

    Copying an account of 100,000 invoices per event is out of the question, so a state that failed half
    way, or whose events were not recorded after all, must be dropped and folded again from the log.
    Raises TypeError for an event that does not belong to an account.
    """
    apply = _APPLY.get(type(event))
    if apply is None:
        raise TypeError(f"an account cannot apply the event {event!r}")
    state.version += 1
    apply(state, event)
    return state


def dump(state: AccountState) -> dict[str, Any]:
    """The state as plain JSON values, rows instead of objects; `FOLD_VERSION` is stored beside it."""
    return {
        "client_id": state.client_id,
        "currency": state.currency,
        "status": state.status,
        "balance": state.balance,
        "payment_method": state.payment_method,
        "invoices": [invoice_row(number, invoice) for number, invoice in state.invoices.items()],
        "payments": [[*payment, transaction] for payment, transaction in state.payments.items()],
        "transactions": [transaction_row(number, each) for number, each in state.transactions.items()],
        "billables": [billable_row(number, item) for number, item in state.billables.items()],
        "services": [service_row(number, service) for number, service in state.services.items()],
        "cancellations": [cancellation_row(*each) for each in state.cancellations.items()],
        "contacts": [contact_row(number, contact) for number, contact in state.contacts.items()],
        "gets_domain_mail": state.gets_domain_mail,
        "claims_email": state.claims_email,
        "email_version": state.email_version,
        "is_erased": state.is_erased,
        "version": state.version,
    }


def restore(data: dict[str, Any]) -> AccountState:
    """The state that `dump` wrote under the same FOLD_VERSION."""
    return AccountState(
        client_id=data["client_id"],
        currency=intern(data["currency"]),
        status=intern(data["status"]),
        balance=data["balance"],
        payment_method=intern(data["payment_method"]),
        invoices=dict(map(invoice_from, data["invoices"])),
        payments={
            (invoice, intern(gateway), reference): transaction
            for invoice, gateway, reference, transaction in data["payments"]
        },
        transactions=dict(map(transaction_from, data["transactions"])),
        billables=dict(map(billable_from, data["billables"])),
        services=dict(map(service_from, data["services"])),
        cancellations=dict(map(cancellation_from, data["cancellations"])),
        contacts=dict(map(contact_from, data["contacts"])),
        gets_domain_mail=data["gets_domain_mail"],
        claims_email=data["claims_email"],
        email_version=data["email_version"],
        is_erased=data["is_erased"],
        version=data["version"],
    )


def _opened(state: AccountState, event: AccountOpened) -> None:
    state.client_id = event.client_id
    state.currency = intern(event.currency)
    state.status = ACTIVE
    state.payment_method = intern(event.payment_method)
    state.claims_email = event.owner_id == event.client_id
    state.email_version = state.version


def _balance_changed(state: AccountState, event: CreditAdded | CreditRemoved) -> None:
    state.balance = event.balance


_APPLY: dict[type[Event], Callable[[AccountState, Any], None]] = {
    AccountOpened: _opened,
    CreditAdded: _balance_changed,
    CreditRemoved: _balance_changed,
    **BILLING,
    **BILLABLES,
    **SERVICES,
    **CANCELLATIONS,
    **ACTIVITY,
    **CLIENTS,
}
