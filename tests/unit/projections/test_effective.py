"""Facts by the dates of what happened: against sums over rows, and what must not be turned round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from projections.effective import BY_INVOICE, BY_TRANSACTION, DATES, in_effect
from projections.registry import PROJECTIONS
from projections.scratch import FOLDED
from service.domain.events import (
    AccountOpened,
    CreditAdded,
    CreditApplied,
    CreditRemoved,
    InvoiceAmended,
    InvoiceIssued,
    PaymentRecorded,
    TransactionCorrected,
)
from service.domain.events.billables import BillableItemAdded, BillableItemInvoiced
from service.domain.events.clients import ContactAdded, ContactChanged, ContactRemoved
from tests.support.billing_samples import INVOICE_AMENDED, INVOICE_STATUS_CHANGED, TRANSACTION_CORRECTED
from tests.support.client_samples import ACCOUNT_DELETED, CONTACT_ADDED, CONTACT_CHANGED, CONTACT_REMOVED
from tests.support.facts import facts
from tests.support.samples import (
    ACCOUNT_OPENED,
    CREDIT_ADDED,
    CREDIT_APPLIED,
    CREDIT_REMOVED,
    EVERY_EVENT,
    INVOICE_ISSUED,
    INVOICE_SETTLED,
    PAYMENT_RECORDED,
)

if TYPE_CHECKING:
    from projections.fact import Fact
    from service.domain.events import Event

EVER = "9999-12-31 23:59:59"
DAYS = st.integers(1, 9).map(lambda day: f"2025-03-0{day}")
AMOUNTS = st.integers(1, 500)
INVOICES = (1, 2, 3)


@dataclass(frozen=True)
class Movement:
    """Something that happens to money."""

    kind: str
    amount: int
    date: str
    invoice: int
    other: int


MOVEMENTS = st.builds(
    Movement,
    kind=st.sampled_from(["add", "remove", "apply", "pay", "correct", "amend"]),
    amount=AMOUNTS,
    date=DAYS,
    invoice=st.sampled_from(INVOICES),
    other=st.integers(0, 20),
)


class Book:
    """Writes movements down as the ledger would, with the sums that result; and keeps plain rows of them."""

    def __init__(self, opened: str, issued: list[str]) -> None:
        self.issued = dict(zip(INVOICES, issued, strict=True))
        self.events: list[Event] = [replace(ACCOUNT_OPENED, date=opened)]
        self.rows: list[tuple[str, int]] = []
        """Date and signed amount of every movement of credit."""
        self.credited: list[tuple[str, int, int]] = []
        """Date, invoice and amount."""
        self.payments: list[tuple[str, int, int]] = []
        """Date, invoice and amount, as known now."""
        self._balance = 0
        self._credit = dict.fromkeys(INVOICES, 0)
        self._paid = dict.fromkeys(INVOICES, 0)
        self._amended = dict(self.issued)
        """What an invoice says changes in the order of the log."""
        self.events += [
            replace(INVOICE_ISSUED, invoice_id=number, date=date) for number, date in self.issued.items()
        ]

    def write(self, movement: Movement) -> None:
        """One more."""
        getattr(self, f"_{movement.kind}")(movement)

    def _add(self, movement: Movement) -> None:
        self._move(movement, movement.amount)
        self.events.append(
            replace(CREDIT_ADDED, amount=movement.amount, balance=self._balance, date=movement.date)
        )

    def _remove(self, movement: Movement) -> None:
        self._move(movement, -movement.amount)
        self.events.append(
            replace(CREDIT_REMOVED, amount=movement.amount, balance=self._balance, date=movement.date)
        )

    def _apply(self, movement: Movement) -> None:
        self._move(movement, -movement.amount)
        self._credit[movement.invoice] += movement.amount
        self.credited.append((movement.date, movement.invoice, movement.amount))
        self.events.append(
            replace(
                CREDIT_APPLIED,
                amount=movement.amount,
                balance=self._balance,
                date=movement.date,
                invoice_id=movement.invoice,
                invoice_credit=self._credit[movement.invoice],
            )
        )

    def _amend(self, movement: Movement) -> None:
        """The invoice says that so much was credited, whatever was."""
        change = movement.amount - self._credit[movement.invoice]
        self._credit[movement.invoice] = movement.amount
        date = self._amended[movement.invoice] = max(movement.date, self._amended[movement.invoice])
        self.credited.append((date, movement.invoice, change))
        self.events.append(
            replace(
                INVOICE_AMENDED,
                invoice_id=movement.invoice,
                credit=movement.amount,
                amended_at=f"{movement.date} 00:00:00",
            )
        )

    def _pay(self, movement: Movement) -> None:
        self._paid[movement.invoice] += movement.amount
        self.payments.append((movement.date, movement.invoice, movement.amount))
        self.events.append(
            replace(
                PAYMENT_RECORDED,
                transaction_id=len(self.payments),
                invoice_id=movement.invoice,
                amount=movement.amount,
                date=f"{movement.date} 00:00:00",
                invoice_paid=self._paid[movement.invoice],
            )
        )

    def _correct(self, movement: Movement) -> None:
        """A payment was another one, on another day, for another invoice; or only for that."""
        if not self.payments:
            return
        number = movement.other % len(self.payments)
        date, old, amount = self.payments[number]
        said = None if movement.other % 3 == 0 else f"{movement.date} 00:00:00"
        self._paid[old] -= amount
        left = self._paid[old]
        self._paid[movement.invoice] += movement.amount
        self.payments[number] = (movement.date if said else date, movement.invoice, movement.amount)
        self.events.append(
            replace(
                TRANSACTION_CORRECTED,
                transaction_id=number + 1,
                invoice_id=movement.invoice,
                date=said,
                amount_in=movement.amount,
                previous_invoice_id=old,
                previous_invoice_paid=left,
                invoice_paid=self._paid[movement.invoice],
            )
        )

    def _move(self, movement: Movement, amount: int) -> None:
        self._balance += amount
        self.rows.append((movement.date, amount))


@given(opened=DAYS, issued=st.lists(DAYS, min_size=3, max_size=3), movements=st.lists(MOVEMENTS), until=DAYS)
def test_sums_are_those_of_the_rows_up_to_the_date(
    opened: str, issued: list[str], movements: list[Movement], until: str
) -> None:
    """Whenever they were recorded: the balance, what each issued invoice was credited and what was paid."""
    book = Book(opened, issued)
    for movement in movements:
        book.write(movement)
    balance = 0
    for fact in in_effect(facts(*book.events), f"{until} 23:59:59"):
        if isinstance(fact.event, CreditAdded | CreditRemoved | CreditApplied):
            balance = fact.event.balance
    assert balance == sum(amount for date, amount in book.rows if date <= until)

    credit: dict[int, int] = {}
    paid: dict[int, int] = {}
    for fact in in_effect(facts(*book.events), f"{until} 23:59:59", of_invoices=True):
        match fact.event:
            case InvoiceIssued(invoice_id=number):
                credit[number] = paid[number] = 0
            case CreditApplied(invoice_id=number, invoice_credit=total):
                assert number in credit
                credit[number] = total
            case InvoiceAmended(invoice_id=number, credit=total):
                assert number in credit
                credit[number] = total
            case PaymentRecorded(invoice_id=number, invoice_paid=total):
                assert number in paid
                paid[number] = total
            case TransactionCorrected() as event:
                number = event.previous_invoice_id or event.invoice_id
                assert number in paid
                paid[number] = (
                    event.previous_invoice_paid if event.previous_invoice_id else event.invoice_paid
                )
            case _:
                pass
    known = [number for number, date in book.issued.items() if date <= until]
    assert credit == {
        number: sum(amount for date, one, amount in book.credited if one == number and date <= until)
        for number in known
    }
    assert paid == {
        number: sum(amount for date, one, amount in book.payments if one == number and date <= until)
        for number in known
    }


@given(opened=DAYS, issued=st.lists(DAYS, min_size=3, max_size=3), movements=st.lists(MOVEMENTS))
def test_in_the_end_nothing_is_lost(opened: str, issued: list[str], movements: list[Movement]) -> None:
    """Every fact is there, the account first; those of one moment are in the order of the log."""
    book = Book(opened, issued)
    for movement in movements:
        book.write(movement)
    ordered = in_effect(facts(*book.events), EVER)
    assert sorted(fact.position for fact in ordered) == list(range(1, len(book.events) + 1))
    assert isinstance(ordered[0].event, AccountOpened)
    again = in_effect(ordered_by_position(ordered), EVER)
    assert [fact.position for fact in again] == [fact.position for fact in ordered]


def ordered_by_position(ordered: list[Fact]) -> list[Fact]:
    """As they were recorded."""
    return sorted(ordered, key=lambda fact: fact.position)


def test_an_account_is_there_with_the_first_fact_in_it() -> None:
    """Credit dated before the account was opened counts from its date on."""
    late = facts(replace(ACCOUNT_OPENED, date="2025-06-01"), replace(CREDIT_ADDED, date="2025-03-02"))
    assert [fact.position for fact in in_effect(late, "2025-03-02 00:00:00")] == [1, 2]
    assert not in_effect(late, "2025-03-01 23:59:59")


def test_nothing_happens_to_an_invoice_before_it_is_issued() -> None:
    """Credit applied earlier moves the balance on its date, and the invoice only when that is there."""
    early = facts(
        ACCOUNT_OPENED,
        replace(INVOICE_ISSUED, date="2025-06-01"),
        replace(CREDIT_APPLIED, date="2025-03-02"),
    )
    until = "2025-05-31 00:00:00"
    assert [fact.position for fact in in_effect(early, until)] == [1, 3]
    assert [fact.position for fact in in_effect(early, until, of_invoices=True)] == [1]
    assert [fact.position for fact in in_effect(early, EVER, of_invoices=True)] == [1, 2, 3]


def test_an_invoice_is_paid_when_its_last_money_came() -> None:
    """However late it was recorded, and in whatever order; without money, when it is said to have been."""
    first = replace(PAYMENT_RECORDED, transaction_id=1, date="2025-03-20 12:00:00")
    second = replace(PAYMENT_RECORDED, transaction_id=2, date="2025-03-10 12:00:00")
    settled = replace(INVOICE_SETTLED, settled_at="2025-06-01 00:00:00")
    paid = facts(ACCOUNT_OPENED, INVOICE_ISSUED, first, second, settled)
    assert [fact.position for fact in in_effect(paid, "2025-03-20 11:59:59", of_invoices=True)] == [1, 2, 4]
    assert [fact.position for fact in in_effect(paid, "2025-03-20 12:00:00", of_invoices=True)] == [
        1,
        2,
        4,
        3,
        5,
    ]
    said = facts(ACCOUNT_OPENED, INVOICE_ISSUED, first, CREDIT_ADDED, settled)
    assert 5 not in [fact.position for fact in in_effect(said, "2025-05-31 00:00:00", of_invoices=True)]


def test_a_status_is_not_turned_round() -> None:
    """It was cancelled and then paid, on a day before: paid is what it is."""
    cancelled = replace(INVOICE_STATUS_CHANGED, invoice_id=17, changed_at="2025-05-05 00:00:00")
    settled = replace(INVOICE_SETTLED, settled_at="2025-04-04 00:00:00")
    both = facts(ACCOUNT_OPENED, INVOICE_ISSUED, cancelled, settled)
    assert [fact.position for fact in in_effect(both, "2025-05-04 00:00:00", of_invoices=True)] == [1, 2]
    assert [fact.position for fact in in_effect(both, "2025-05-05 00:00:00", of_invoices=True)] == [
        1,
        2,
        3,
        4,
    ]


def test_what_is_gone_is_not_changed_afterwards() -> None:
    """Clocks of two processes may differ, and dates are free: removal and deletion come last all the same."""
    contact = facts(
        ACCOUNT_OPENED,
        replace(CONTACT_ADDED, added_at="2025-03-05 00:00:02"),
        replace(CONTACT_CHANGED, contact_id=CONTACT_ADDED.contact_id, changed_at="2025-03-05 00:00:01"),
        replace(CONTACT_CHANGED, contact_id=CONTACT_ADDED.contact_id, changed_at="2025-03-05 00:00:09"),
        replace(CONTACT_REMOVED, contact_id=CONTACT_ADDED.contact_id, removed_at="2025-03-05 00:00:05"),
    )
    assert [type(fact.event) for fact in in_effect(contact, EVER)[1:]] == [
        ContactAdded,
        ContactChanged,
        ContactChanged,
        ContactRemoved,
    ]
    deleted = facts(
        ACCOUNT_OPENED,
        replace(CREDIT_ADDED, date="2030-01-01"),
        replace(ACCOUNT_DELETED, deleted_at="2025-03-08 00:00:00"),
    )
    assert [fact.position for fact in in_effect(deleted, EVER)] == [1, 2, 3]


def test_a_billable_item_is_invoiced_with_its_invoice() -> None:
    """It has no date of its own; nor is it invoiced before it is there."""
    added = next(event for event in EVERY_EVENT if isinstance(event, BillableItemAdded))
    invoiced = next(event for event in EVERY_EVENT if isinstance(event, BillableItemInvoiced))
    item = facts(
        ACCOUNT_OPENED,
        replace(added, date="2025-03-05"),
        replace(INVOICE_ISSUED, date="2025-03-07"),
        replace(invoiced, billable_id=added.billable_id, invoice_id=INVOICE_ISSUED.invoice_id),
    )
    assert [fact.position for fact in in_effect(item, "2025-03-06 00:00:00")] == [1, 2]
    assert [fact.position for fact in in_effect(item, "2025-03-07 00:00:00")] == [1, 2, 3, 4]


def test_every_fact_that_a_reader_sees_has_a_date() -> None:
    """None can be left out in silence."""
    handled = {event for projection in FOLDED.values() for event in projection.handles}
    assert handled == {*DATES, *BY_TRANSACTION, *BY_INVOICE}
    assert all(projection in PROJECTIONS for projection in FOLDED.values())
