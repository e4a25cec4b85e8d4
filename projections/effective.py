"""The facts of one account by the dates of what happened, instead of when the ledger heard of it. Pure.

Which date each fact goes by; a date without a time of day counts from the beginning of that day:

- `credit.added`, `credit.removed`, `credit.applied`, `account.opened`, `invoice.issued`,
  `invoice.published`, `billable_item.added`: their `date`;
- `payment.recorded`, `transaction.recorded` and every `transaction.corrected` of the same transaction: the
  date of that transaction as it is known now, since a correction says what was true all along;
- `invoice.settled`: that of the last money for the invoice if it was paid by money, else `settled_at`;
- `invoice.amended`: `amended_at`; `account.profile_changed`, `account.settings_changed`,
  `account.status_changed`, `invoice.status_changed`, `contact.changed`: `changed_at`; `contact.added`:
  `added_at`; `contact.removed`: `removed_at`; `person.erased`: `erased_at`; `account.deleted`: `deleted_at`;
- `service.cancellation_requested`: `requested_at`; `service.cancelled`: `cancelled_at`;
  `service.cancellation_withdrawn`: `withdrawn_at`;
- `billable_item.invoiced` has no date of its own: the `date` of its invoice.

Facts of one moment keep the order of the log. Cause comes before effect: an account exists from the first
moment at which something is in it, and nothing happens to an invoice before it is issued (the credit and the
transaction themselves keep their dates). What replaces what was before stays in the order of the log: changes
of a client, of a contact, of a billable item, of the end of a service, and of what an invoice says and of its
status, each at the moment of the one before if its own is earlier. Nothing in a deleted account is later than
its end. So when all dates are past, everything is as it is known now.

Events carry the sums that resulted when they were recorded: those are added up again in the new order. What
was paid out before it came in makes a balance negative meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from projections.fact import Fact
from service.domain.events import (
    AccountOpened,
    CreditAdded,
    CreditApplied,
    CreditRemoved,
    InvoiceAmended,
    InvoiceIssued,
    InvoicePublished,
    InvoiceSettled,
    InvoiceStatusChanged,
    PaymentRecorded,
    TransactionCorrected,
    TransactionRecorded,
)
from service.domain.events.billables import BillableItemAdded, BillableItemInvoiced
from service.domain.events.cancellations import (
    ServiceCancellationRequested,
    ServiceCancellationWithdrawn,
    ServiceCancelled,
)
from service.domain.events.clients import (
    AccountDeleted,
    AccountProfileChanged,
    AccountSettingsChanged,
    AccountStatusChanged,
    ContactAdded,
    ContactChanged,
    ContactRemoved,
    PersonErased,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from service.domain.events import Event

_Entity = tuple[str, int]
"""A kind of thing and its number."""

DATES: dict[type[Event], str] = {
    AccountOpened: "date",
    AccountProfileChanged: "changed_at",
    AccountSettingsChanged: "changed_at",
    AccountStatusChanged: "changed_at",
    AccountDeleted: "deleted_at",
    PersonErased: "erased_at",
    ContactAdded: "added_at",
    ContactChanged: "changed_at",
    ContactRemoved: "removed_at",
    CreditAdded: "date",
    CreditRemoved: "date",
    CreditApplied: "date",
    InvoiceIssued: "date",
    InvoicePublished: "date",
    InvoiceSettled: "settled_at",
    InvoiceStatusChanged: "changed_at",
    InvoiceAmended: "amended_at",
    BillableItemAdded: "date",
    ServiceCancellationRequested: "requested_at",
    ServiceCancelled: "cancelled_at",
    ServiceCancellationWithdrawn: "withdrawn_at",
}
"""The field with the date."""
BY_TRANSACTION = (PaymentRecorded, TransactionRecorded, TransactionCorrected)
"""These go by the date of the transaction as it is known now."""
BY_INVOICE = (BillableItemInvoiced,)
"""These go by the date of the invoice."""

_OF_ACCOUNT = (AccountProfileChanged, AccountSettingsChanged, AccountStatusChanged, PersonErased)
_OF_CONTACT = (ContactAdded, ContactChanged, ContactRemoved)
_OF_ITEM = (BillableItemAdded, BillableItemInvoiced)
_OF_CANCELLATION = (ServiceCancellationRequested, ServiceCancelled, ServiceCancellationWithdrawn)
_OF_INVOICE = (InvoiceIssued, InvoicePublished, InvoiceSettled, InvoiceStatusChanged, InvoiceAmended)
_MONEY = (CreditApplied, PaymentRecorded, TransactionRecorded)
_DAY_LENGTH = len("2026-03-01")
_DAY_START = " 00:00:00"


class _Dated(NamedTuple):
    moment: str
    fact: Fact


def in_effect(facts: Iterable[Fact], until: str, *, of_invoices: bool = False) -> list[Fact]:
    """Of one stream's facts, in the order of the log, those dated up to `until`, by date, with their sums.

    `until` is `YYYY-MM-DD HH:MM:SS` in the ledger's time zone. `of_invoices`: what they say about invoices is
    in order, else what they say about everything else. Facts that no read model is made of are left out.
    """
    facts = [fact for fact in facts if _is_dated(fact.event)]
    facts = _restated_by_invoice(_split(facts)) if of_invoices else facts
    dated = sorted(_dated(facts, of_invoices=of_invoices), key=lambda one: one.moment)
    kept = [one.fact for one in dated if one.moment <= until]
    return _added_up_by_invoice(kept) if of_invoices else _added_up(kept)


def _is_dated(event: Event) -> bool:
    return type(event) in DATES or isinstance(event, (*BY_TRANSACTION, *BY_INVOICE))


def _dated(facts: Sequence[Fact], *, of_invoices: bool) -> list[_Dated]:
    date_of = _Dates(facts)
    latest: dict[_Entity, str] = {}
    dated: list[_Dated] = []
    end = None
    for fact in facts:
        event = fact.event
        moment = date_of(event)
        entity = _changed(event)
        if entity is not None:
            moment = latest[entity] = max(moment, latest.get(entity, ""))
        elif of_invoices and (number := _invoice_of(event)):
            moment = max(moment, date_of.issued.get(number, ""))
        if isinstance(event, AccountDeleted):
            end = moment
        dated.append(_Dated(moment, fact))
    if end is not None:
        dated = [_Dated(min(moment, end), fact) for moment, fact in dated]
    first = min((moment for moment, _ in dated), default="")
    return [
        _Dated(first if isinstance(fact.event, AccountOpened) else moment, fact) for moment, fact in dated
    ]


class _Dates:
    """Told the facts of a stream in order, says of what moment each is by itself."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.issued: dict[int, str] = {}
        """When invoices were issued."""
        self._transactions: dict[int, str] = {}
        self._money: dict[int, str] = {}
        """Of what moment the last money for an invoice is, so far."""
        self._before: Event | None = None
        for fact in facts:
            event = fact.event
            if isinstance(event, BY_TRANSACTION):
                if event.date is not None:
                    self._transactions[event.transaction_id] = event.date
            elif isinstance(event, InvoiceIssued):
                self.issued[event.invoice_id] = _moment(event.date)

    def __call__(self, event: Event) -> str:
        moment = _moment(self._date(event))
        if isinstance(event, _MONEY):
            self._money[event.invoice_id] = max(moment, self._money.get(event.invoice_id, ""))
        self._before = event
        return moment

    def _date(self, event: Event) -> str:
        if isinstance(event, BY_TRANSACTION):
            return self._transactions[event.transaction_id]
        if isinstance(event, BillableItemInvoiced):
            return self.issued.get(event.invoice_id, "")  # never before the item itself
        before = self._before
        if (
            isinstance(event, InvoiceSettled)
            and isinstance(before, _MONEY)
            and before.invoice_id == event.invoice_id
        ):
            return self._money[event.invoice_id]
        return str(getattr(event, DATES[type(event)]))


def _moment(date: str) -> str:
    return date + _DAY_START if len(date) == _DAY_LENGTH else date


def _changed(event: Event) -> _Entity | None:
    """What it changes, if that is no sum: such changes stay in the order of the log."""
    if isinstance(event, _OF_INVOICE):
        return "invoice", event.invoice_id
    if isinstance(event, _OF_ITEM):
        return "item", event.billable_id
    if isinstance(event, _OF_CANCELLATION):
        return "service", event.service_id
    if isinstance(event, _OF_CONTACT):
        return "contact", event.contact_id
    return ("account", 0) if isinstance(event, _OF_ACCOUNT) else None


def _invoice_of(event: Event) -> int:
    """The invoice whose sums it changes, else 0."""
    return int(getattr(event, "invoice_id", 0) or getattr(event, "previous_invoice_id", 0))


def _split(facts: Iterable[Fact]) -> list[Fact]:
    """Corrections in two: what the old invoice lost, and what the new one got, each in its own time."""
    parts: list[Fact] = []
    for fact in facts:
        event = fact.event
        if isinstance(event, TransactionCorrected):
            parts.append(_with(fact, replace(event, invoice_id=0)))
            parts.append(_with(fact, replace(event, previous_invoice_id=0)))
        else:
            parts.append(fact)
    return parts


def _restated_by_invoice(facts: Iterable[Fact]) -> list[Fact]:
    """With the sums of invoices as changes to them, so that they can be added up in another order."""
    return _with_sums_of_invoices(facts, _Changes(), _Changes())


def _added_up_by_invoice(facts: Iterable[Fact]) -> list[Fact]:
    """The reverse of `_restated_by_invoice`, in the order that the facts have now."""
    return _with_sums_of_invoices(facts, _Sums(), _Sums())


class _Changes(dict[int, int]):
    """By invoice the last sum. Calling it with the next one tells the change."""

    def __call__(self, invoice: int, new: int) -> int:
        change = new - self.get(invoice, 0)
        self[invoice] = new
        return change


class _Sums(dict[int, int]):
    """By invoice the sum so far. Calling it with a change tells the next one."""

    def __call__(self, invoice: int, change: int) -> int:
        self[invoice] = self.get(invoice, 0) + change
        return self[invoice]


def _with_sums_of_invoices(
    facts: Iterable[Fact], credit: Callable[[int, int], int], paid: Callable[[int, int], int]
) -> list[Fact]:
    written: list[Fact] = []
    for fact in facts:
        event = fact.event
        if isinstance(event, CreditApplied):
            event = replace(event, invoice_credit=credit(event.invoice_id, event.invoice_credit))
        elif isinstance(event, InvoiceAmended):
            event = replace(event, credit=credit(event.invoice_id, event.credit))
        elif isinstance(event, BY_TRANSACTION) and event.invoice_id:
            event = replace(event, invoice_paid=paid(event.invoice_id, event.invoice_paid))
        elif isinstance(event, TransactionCorrected) and event.previous_invoice_id:
            change = paid(event.previous_invoice_id, event.previous_invoice_paid)
            event = replace(event, previous_invoice_paid=change)
        written.append(_with(fact, event))
    return written


def _added_up(facts: Iterable[Fact]) -> list[Fact]:
    """With the credit balance as it is after each fact."""
    balance = 0
    written: list[Fact] = []
    for fact in facts:
        event = fact.event
        if isinstance(event, CreditAdded | CreditRemoved | CreditApplied):
            balance += event.amount if isinstance(event, CreditAdded) else -event.amount
            event = replace(event, balance=balance)
        written.append(_with(fact, event))
    return written


def _with(fact: Fact, event: Event) -> Fact:
    return Fact(event, fact.position, fact.stream)
