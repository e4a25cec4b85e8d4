"""The story of a client, an invoice or a transaction: what happened, in order, from the account's own events.

Lives here: which events belong to the story, and which additions of credit paid what. Pure, on facts that
were read before; `explaining` reads them and `telling` writes them down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from service.audit.lots import Movement, Part, first_in_first_out
from service.audit.money_sentences import About
from service.audit.sentences import sentence_of
from service.audit.wording import amount_of, listed, noted
from service.domain.events import CreditAdded, CreditApplied, CreditRemoved
from service.domain.events.clients import AccountDeleted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from service.domain.events import Event

CLIENT = "client"
INVOICE = "invoice"
TRANSACTION = "transaction"
_DELETION = 0
"""The credit row that stands for what was left in a deleted account; numbers start at 1."""


class Happened(NamedTuple):
    """An event with where, when and by whom it was recorded."""

    event: Event
    position: int
    at: datetime
    day: str
    """`YYYY-MM-DD` of `at` in the ledger's time zone."""
    who: str
    command_id: str


class Subject(NamedTuple):
    """What the story is about: a client, an invoice or a transaction, by its number."""

    kind: str
    number: int


class Told(NamedTuple):
    """One event of the story."""

    happened: Happened
    sentence: str
    parts: tuple[Part, ...]
    """The additions of credit that were used up by it, by their numbers."""


class Lot(NamedTuple):
    """An addition of credit, and what became of it: `uses` are texts with amounts."""

    added: CreditAdded
    day: str
    uses: tuple[tuple[str, int], ...]
    left: int


class Story(NamedTuple):
    """Events of the story, and what became of the additions of credit that belong to it."""

    told: tuple[Told, ...]
    lots: tuple[Lot, ...]


def story_of(subject: Subject, history: Sequence[Happened], currency: str) -> Story:
    """The story in an account's whole history."""
    moves = [each for each in history if _amount(each.event)]
    used = first_in_first_out(Movement(_row(each.event), _amount(each.event)) for each in moves)
    parts = {each.position: taken for each, taken in zip(moves, used.parts, strict=True)}
    added = {
        each.event.credit_id: (each, each.event) for each in moves if isinstance(each.event, CreditAdded)
    }
    chosen = _chosen(subject, history, parts)
    told = tuple(
        Told(
            each,
            sentence_of(
                each.event,
                About(
                    client_id=subject.number if subject.kind == CLIENT else 0,
                    currency=currency,
                    day=each.day,
                    sources=_sources(parts.get(each.position, ()), added, currency),
                ),
            ),
            parts.get(each.position, ()),
        )
        for each in history
        if each.position in chosen
    )
    left, uses = dict(used.left), _uses(moves, parts)
    lots = tuple(
        Lot(event, each.day, tuple(uses.get(number, ())), left.get(number, 0))
        for number, (each, event) in added.items()
        if each.position in chosen
    )
    return Story(told, lots)


def _amount(event: Event) -> int:
    """What it did to the client's credit."""
    match event:
        case CreditAdded():
            return event.amount
        case CreditRemoved() | CreditApplied():
            return -event.amount
        case AccountDeleted():
            return -event.credit
    return 0


def _row(event: Any) -> int:
    number: int = getattr(event, "credit_id", _DELETION)
    return number


def _chosen(subject: Subject, history: Sequence[Happened], parts: dict[int, tuple[Part, ...]]) -> set[int]:
    """Positions of what belongs to the story."""
    if subject.kind == CLIENT:
        return {each.position for each in history}
    chosen, commands, transactions, lots = set(), set(), set[int](), set[int]()
    if subject.kind == TRANSACTION:
        transactions.add(subject.number)
    for each in history:
        event: Any = each.event
        number = getattr(event, "transaction_id", 0)
        if subject.kind == INVOICE:
            belongs = subject.number in {
                getattr(event, "invoice_id", 0),
                getattr(event, "previous_invoice_id", 0),
            }
            if belongs and number:
                transactions.add(number)
        else:
            belongs = subject.number in {number, getattr(event, "refund_id", 0)} or (
                each.command_id in commands
            )
            if belongs and number:
                commands.add(each.command_id)
            belongs = belongs or any(part.credit_id in lots for part in parts.get(each.position, ()))
        if isinstance(event, CreditAdded) and event.transaction_id in transactions:
            belongs = True
            lots.add(event.credit_id)
        if belongs:
            chosen.add(each.position)
    return chosen


def _sources(parts: tuple[Part, ...], added: dict[int, tuple[Happened, CreditAdded]], currency: str) -> str:
    """`60.00 EUR of the 100.00 EUR added on 2026-11-21 "Bank transfer"`, one after the other."""
    texts = []
    for part in parts:
        if part.credit_id not in added:
            texts.append(f"{amount_of(part.amount, currency)} that no addition covers")
            continue
        source, lot = added[part.credit_id]
        of = "the" if lot.amount == part.amount else f"{amount_of(part.amount, currency)} of the"
        texts.append(f"{of} {amount_of(lot.amount, currency)} added on {source.day}{noted(lot.description)}")
    return listed(texts)


def _uses(moves: Sequence[Happened], parts: dict[int, tuple[Part, ...]]) -> dict[int, list[tuple[str, int]]]:
    """What each addition was used for."""
    uses: dict[int, list[tuple[str, int]]] = {}
    for each in moves:
        for part in parts[each.position]:
            uses.setdefault(part.credit_id, []).append((_purpose(each.event), part.amount))
    return uses


def _purpose(event: Event) -> str:
    match event:
        case CreditApplied():
            return f"invoice {event.invoice_id}"
        case CreditRemoved():
            return "taken back"
    return "gone with the account"
