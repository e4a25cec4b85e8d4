"""What belongs to a story, and which additions of credit paid what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from service.audit.story import CLIENT, INVOICE, TRANSACTION, Happened, Story, Subject, story_of
from service.domain.events import CreditApplied, InvoiceSettled, PaymentRecorded
from service.domain.events.clients import AccountDeleted
from tests.support.samples import ACCOUNT_OPENED, CREDIT_ADDED, CREDIT_REMOVED, EVERY_EVENT, INVOICE_ISSUED

if TYPE_CHECKING:
    from service.domain.events import Event

BEGIN = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
APPLIED = next(event for event in EVERY_EVENT if isinstance(event, CreditApplied))
PAID = next(event for event in EVERY_EVENT if isinstance(event, PaymentRecorded))
SETTLED = next(event for event in EVERY_EVENT if isinstance(event, InvoiceSettled))
DELETED = next(event for event in EVERY_EVENT if isinstance(event, AccountDeleted))

FIRST = replace(CREDIT_ADDED, credit_id=1, amount=5000, balance=5000, description="Bank")
SECOND = replace(CREDIT_ADDED, credit_id=2, amount=5000, balance=10000, description="Card")
USED = replace(APPLIED, credit_id=3, amount=6000, balance=4000, invoice_id=17)
OTHER = replace(INVOICE_ISSUED, invoice_id=18)
PAYMENT = replace(PAID, transaction_id=5, invoice_id=18, amount=200, surplus=50)
OVER = replace(CREDIT_ADDED, credit_id=4, amount=50, balance=4050, reason="overpayment", transaction_id=5)
TAKEN = replace(CREDIT_REMOVED, credit_id=5, amount=4025, balance=25)

HISTORY: tuple[tuple[Event, str], ...] = (
    (ACCOUNT_OPENED, "c1"),
    (FIRST, "c2"),
    (SECOND, "c3"),
    (INVOICE_ISSUED, "c4"),
    (USED, "c5"),
    (SETTLED, "c5"),
    (OTHER, "c6"),
    (PAYMENT, "c7"),
    (replace(SETTLED, invoice_id=18), "c7"),
    (OVER, "c7"),
    (TAKEN, "c8"),
)


def history(*events: tuple[Event, str]) -> list[Happened]:
    """The events one second after the other, at positions from 1."""
    return [
        Happened(event, position, BEGIN + timedelta(seconds=position), "2026-11-21", "somebody", command)
        for position, (event, command) in enumerate(events, 1)
    ]


def positions(story: Story) -> list[int]:
    """Which events are told."""
    return [told.happened.position for told in story.told]


def test_a_clients_story_is_everything() -> None:
    """Every event, every addition with what became of it, and what is left is the balance."""
    story = story_of(Subject(CLIENT, 7), history(*HISTORY), "EUR")
    assert positions(story) == list(range(1, 12))
    assert [(lot.added.credit_id, lot.uses, lot.left) for lot in story.lots] == [
        (1, (("invoice 17", 5000),), 0),
        (2, (("invoice 17", 1000), ("taken back", 4000)), 0),
        (4, (("taken back", 25),), 25),
    ]
    assert sum(lot.left for lot in story.lots) == TAKEN.balance


def test_an_invoices_story() -> None:
    """What is about it, and the sentence that says which additions paid it, the oldest first."""
    story = story_of(Subject(INVOICE, 17), history(*HISTORY), "EUR")
    assert positions(story) == [4, 5, 6]
    paid = story.told[1]
    assert [(part.credit_id, part.amount) for part in paid.parts] == [(1, 5000), (2, 1000)]
    assert (
        'taken from the 50.00 EUR added on 2026-11-21 ("Bank") and 10.00 EUR of the 50.00 EUR added on '
        '2026-11-21 ("Card")'
    ) in paid.sentence
    assert not story.lots


def test_an_overpaid_invoices_story() -> None:
    """The credit that its payment left over belongs to it, with what that was used for."""
    story = story_of(Subject(INVOICE, 18), history(*HISTORY), "EUR")
    assert positions(story) == [7, 8, 9, 10]
    assert [(lot.added.credit_id, lot.uses, lot.left) for lot in story.lots] == [
        (4, (("taken back", 25),), 25)
    ]


def test_a_transactions_story() -> None:
    """The money, what it did in the same moment, the credit it left, and where that went."""
    story = story_of(Subject(TRANSACTION, 5), history(*HISTORY), "EUR")
    assert positions(story) == [8, 9, 10, 11]
    assert not story_of(Subject(TRANSACTION, 6), history(*HISTORY), "EUR").told


def test_a_deleted_account_keeps_nothing() -> None:
    """What was left is gone with the account, and no addition has anything left."""
    gone = replace(DELETED, credit=25)
    story = story_of(Subject(CLIENT, 7), history(*HISTORY, (gone, "c9")), "EUR")
    assert [lot.left for lot in story.lots] == [0, 0, 0]
    assert story.lots[-1].uses == (("taken back", 25), ("gone with the account", 25))
