"""The journal from facts: an entry per money event. What each event posts: `deploy/chart-of-accounts.md`.

Movements of credit and money that comes in tell all that is posted; other events are steps of an invoice,
see `invoices`. Money that is neither an invoice's nor credit yet waits in `unallocated`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from projections.journal.invoices import NOTHING, Columns, Standings
from projections.projection import CannotApply, Projection, Write
from service.domain.events import (
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
from service.domain.events.clients import AccountDeleted
from service.domain.invoice_status import InvoiceStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from projections.fact import Fact
    from service.domain.events import Event

REASONS = frozenset({"manual", "overpayment", "transaction", "add_funds", "mass_payment", "refund"})
"""Why credit is added: each is posted against the account that it comes from."""

_ACCOUNT = "account-"
_NOBODY = 0
_Flows = tuple[str | None, int, int | None, int, int]
"""Gateway, money in less out, fees (None: those of before), what of it is unallocated, and what went out for
which no invoice lost anything."""
_NO_MONEY: _Flows = (None, 0, 0, 0, 0)


class _Batch:
    def __init__(self) -> None:
        self.movements: list[tuple[Any, ...]] = []
        self.money: list[tuple[Any, ...]] = []
        self.issued: list[tuple[Any, ...]] = []
        self.rounds: list[list[tuple[Any, ...]]] = [[]]
        """Steps, then first corrections of transactions, second ones and so on: each finds the one before."""
        self.closings: list[tuple[Any, ...]] = []
        self.deleted: list[tuple[int]] = []
        self.invoices = Standings()
        self.corrections: dict[int, int] = {}

    def writes(self) -> list[Write]:
        return [
            Write("insert_movement", self.movements),
            Write("insert_money", self.money),
            Write("insert_issued", self.issued, may_skip=True),
            *(Write("insert_step", steps, may_skip=True) for steps in self.rounds),
            *self.invoices.writes(),
            Write("insert_closing", self.closings),
            Write("delete_lines_of_client", self.deleted, removes=True),
            Write("delete_of_client", self.deleted, removes=True),
        ]

    def step(self, fact: Fact, date: str, invoice_id: int, before: Columns) -> None:
        """An event without money took an invoice from one standing to where it is now."""
        invoice = self.invoices.of(invoice_id)
        currency = invoice.issued[1] if invoice.issued else None
        place = (fact.position, 0, "event", _client(fact), date[:10], fact.event.TYPE, currency)
        self.rounds[0].append((*place, invoice_id, None, *_NO_MONEY, *before, *invoice.columns()))


def project(facts: Sequence[Fact]) -> list[Write]:
    """Entries of the batch in the order of the log, and where its invoices stand in the end."""
    batch = _Batch()
    post = _POST.get
    for fact in facts:
        handler = post(type(fact.event))
        if handler is not None:
            handler(batch, fact, fact.event)
    return batch.writes()


def _client(fact: Fact) -> int:
    """The stream of nobody's transactions has no client."""
    stream = fact.stream
    return int(stream[len(_ACCOUNT) :]) if stream.startswith(_ACCOUNT) else _NOBODY


def _credit_added(batch: _Batch, fact: Fact, event: CreditAdded) -> None:
    if event.reason not in REASONS:
        raise CannotApply(f"position {fact.position}: no account stands for the reason of this credit")
    batch.movements.append(
        (fact.position, _client(fact), event.date, event.currency, None, event.reason, event.amount)
    )


def _credit_removed(batch: _Batch, fact: Fact, event: CreditRemoved) -> None:
    row = (fact.position, _client(fact), event.date, event.currency)
    batch.movements.append((*row, None, "removed", -event.amount))


def _credit_applied(batch: _Batch, fact: Fact, event: CreditApplied) -> None:
    """Credit only ever pays open invoices."""
    row = (fact.position, _client(fact), event.date, event.currency)
    batch.movements.append((*row, event.invoice_id, "applied", -event.amount))
    invoice = batch.invoices.of(event.invoice_id)
    invoice.due = event.invoice_due
    invoice.is_open = True


def _paid(batch: _Batch, fact: Fact, event: PaymentRecorded) -> None:
    """What an invoice takes of a payment, it takes while it is open."""
    batch.money.append(
        (
            fact.position,
            _client(fact),
            event.date[:10],
            event.TYPE,
            event.currency,
            event.invoice_id,
            event.transaction_id,
            event.gateway,
            event.amount,
            event.fees,
            event.applied,
        )
    )
    invoice = batch.invoices.of(event.invoice_id)
    invoice.due = event.invoice_due
    invoice.is_open = invoice.is_open or event.applied > 0


def _transacted(batch: _Batch, fact: Fact, event: TransactionRecorded) -> None:
    """Money in is like a payment. What a refund takes from an invoice depends on how that stands."""
    net = event.amount_in - event.amount_out
    place = (fact.position, _client(fact), event.date[:10], event.TYPE, event.currency, event.invoice_id)
    if not event.invoice_id or (net >= 0 and event.applied >= 0):
        batch.money.append((*place, event.transaction_id, event.gateway, net, event.fees, event.applied))
        if event.invoice_id:
            invoice = batch.invoices.of(event.invoice_id)
            invoice.due = event.invoice_due
            invoice.is_open = invoice.is_open or event.applied > 0
        return
    invoice = batch.invoices.of(event.invoice_id)
    before = invoice.columns()
    invoice.due = event.invoice_due
    invoice.paid_back += max(-net, 0)
    flows = _flows(event.gateway, net, event.fees, event.applied, event.invoice_id)
    where = (fact.position, 0, "event", *place[1:], event.transaction_id)
    batch.rounds[0].append((*where, *flows, *before, *invoice.columns()))


def _corrected(batch: _Batch, fact: Fact, event: TransactionCorrected) -> None:
    """What the transaction did is taken back, and done anew: both on the day of the correction."""
    number = batch.corrections.get(event.transaction_id, 0) + 1
    batch.corrections[event.transaction_id] = number
    if number == len(batch.rounds):
        batch.rounds.append([])
    when = (_client(fact), event.corrected_at[:10], event.TYPE)
    before = after = NOTHING
    if event.previous_invoice_id:
        left = batch.invoices.of(event.previous_invoice_id)
        before = left.columns()
        left.due = event.previous_invoice_due
        after = left.columns()
    what = (event.previous_invoice_id, event.transaction_id)
    reversal = (fact.position, 0, "reversal", *when, None, *what, *_NO_MONEY, *before, *after)
    before = after = NOTHING
    net = event.amount_in - event.amount_out
    if event.invoice_id:
        invoice = batch.invoices.of(event.invoice_id)
        before = invoice.columns()
        invoice.due = event.invoice_due
        invoice.paid_back += max(-net, 0)
        after = invoice.columns()
    what = (event.invoice_id, event.transaction_id)
    flows = _flows(event.gateway, net, event.fees, event.applied, event.invoice_id)
    renewal = (fact.position, 1, "renewal", *when, event.currency, *what, *flows, *before, *after)
    batch.rounds[number] += [reversal, renewal]


def _flows(gateway: str, net: int, fees: int | None, applied: int, invoice_id: int) -> _Flows:
    left = applied - net
    is_returned = invoice_id != 0 and net < 0
    return (gateway, net, fees, 0 if is_returned else left, left if is_returned else 0)


def _issued(batch: _Batch, fact: Fact, event: InvoiceIssued) -> None:
    if batch.invoices.knows(event.invoice_id):
        raise CannotApply(f"position {fact.position}: invoice {event.invoice_id} is known already")
    client_id = _client(fact)
    invoice = batch.invoices.of(event.invoice_id)
    invoice.issue(event, client_id)
    place = (fact.position, client_id, event.date, event.currency, event.invoice_id, event.status)
    prepaid = sum(invoice.lines.values()) if invoice.lines else 0
    batch.issued.append((*place, event.subtotal, event.tax, event.tax2, event.total, prepaid))


def _amended(batch: _Batch, fact: Fact, event: InvoiceAmended) -> None:
    invoice = batch.invoices.of(event.invoice_id)
    before = invoice.columns()
    invoice.amend(event)
    batch.step(fact, event.amended_at, event.invoice_id, before)


def _published(batch: _Batch, fact: Fact, event: InvoicePublished) -> None:
    _become(batch, fact, event.date, event.invoice_id, InvoiceStatus.DRAFT.value, InvoiceStatus.UNPAID.value)


def _status_changed(batch: _Batch, fact: Fact, event: InvoiceStatusChanged) -> None:
    _become(batch, fact, event.changed_at, event.invoice_id, event.previous, event.status)


def _settled(batch: _Batch, fact: Fact, event: InvoiceSettled) -> None:
    invoice = batch.invoices.of(event.invoice_id)
    before = invoice.columns()
    if invoice.settle():
        batch.step(fact, event.settled_at, event.invoice_id, before)


def _become(batch: _Batch, fact: Fact, date: str, invoice_id: int, previous: str, status: str) -> None:
    invoice = batch.invoices.of(invoice_id)
    invoice.become(previous)
    before = invoice.columns()
    invoice.become(status)
    batch.step(fact, date, invoice_id, before)


def _deleted(batch: _Batch, fact: Fact, event: AccountDeleted) -> None:
    date = event.deleted_at[:10]
    batch.closings.append((fact.position, event.client_id, date, event.TYPE, event.currency, event.credit))
    batch.deleted.append((event.client_id,))


_POST: dict[type[Event], Callable[[_Batch, Fact, Any], None]] = {
    CreditAdded: _credit_added,
    CreditRemoved: _credit_removed,
    CreditApplied: _credit_applied,
    PaymentRecorded: _paid,
    TransactionRecorded: _transacted,
    TransactionCorrected: _corrected,
    InvoiceIssued: _issued,
    InvoiceAmended: _amended,
    InvoicePublished: _published,
    InvoiceStatusChanged: _status_changed,
    InvoiceSettled: _settled,
    AccountDeleted: _deleted,
}

PROJECTION = Projection(
    name="journal",
    version=1,
    tables={
        "entry": ("position", "line"),
        "standing": ("invoice_id",),
        "credit_line": ("invoice_id", "item_id"),
    },
    handles=frozenset(_POST),
    project=project,
    owners={
        "credit_line": "exists (select from {schema}.standing s where s.lane = t.lane"
        " and s.invoice_id = t.invoice_id and s.client_id = any ($3::bigint[]))"
    },
)
