"""Writes a story down: as text that an accountant reads from top to bottom, or as JSON.

Times are those of the ledger's time zone. Pure.
"""

from __future__ import annotations

from heapq import merge
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from service.audit.refusal_sentences import refusal_sentence
from service.audit.story import CLIENT, INVOICE, Told
from service.audit.wording import amount_of, listed, noted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from eventstore.refusals import PastRefusal
    from service.audit.explaining import Explained
    from service.audit.story import Lot

    _Entry = tuple[datetime, Told | PastRefusal]

WIDTH_MIN = 40
_INDENT = "  "


def as_text(explained: Explained, zone: tzinfo, zone_name: str, width: int) -> Iterator[str]:
    """Lines of at most `width` characters, as far as words are that short."""
    width = max(width, WIDTH_MIN)
    yield from wrap(_title(explained), width)
    yield from wrap(f"Times are those of {zone_name}.", width)
    said = ("", "")
    for at, each in _entries(explained):
        sentence, who = _said(explained, each)
        local = at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        if (local, who) != said:
            yield ""
            yield from wrap(f"{local}, {who}:", width)
            said = (local, who)
        yield from wrap(sentence, width, initial_indent=_INDENT, subsequent_indent=_INDENT)
    yield from _lots(explained, width)


def _title(explained: Explained) -> str:
    subject, state = explained.subject, explained.state
    if subject.kind == CLIENT:
        if not state.exists:
            return f"Client {subject.number}: the account was deleted."
        credit = amount_of(state.balance, state.currency)
        return f"Client {subject.number}: the account is {state.status}, its credit is {credit}."
    whose = f"of client {explained.client_id}" if explained.client_id else "of no client"
    title = f"{subject.kind.capitalize()} {subject.number} {whose}"
    invoice = state.invoices.get(subject.number) if subject.kind == INVOICE else None
    if invoice is None:
        return (
            f"{title}." if state.exists or not explained.client_id else f"{title}, whose account was deleted."
        )
    due = f"{amount_of(invoice.due, state.currency)} is due" if invoice.due else "nothing is due"
    return f"{title}: over {amount_of(invoice.total_gross, state.currency)}, {invoice.status}, {due}."


def _entries(explained: Explained) -> Iterator[_Entry]:
    """Events and refusals in order of time."""
    happened: Iterator[_Entry] = ((each.happened.at, each) for each in explained.story.told)
    refused: Iterator[_Entry] = ((each.last_at, each) for each in explained.refusals)
    return merge(happened, refused, key=_time)


def _time(entry: _Entry) -> datetime:
    return entry[0]


def _said(explained: Explained, each: Told | PastRefusal) -> tuple[str, str]:
    """The sentence and who it was."""
    if isinstance(each, Told):
        return each.sentence, each.happened.who
    sentence = refusal_sentence(each, explained.state.currency, told=explained.subject.kind)
    return sentence, explained.people.who_was_refused(each)


def _lots(explained: Explained, width: int) -> Iterator[str]:
    """What became of the additions of credit: the oldest are used up first."""
    lots = explained.story.lots
    if not lots:
        return
    currency = lots[0].added.currency
    yield ""
    yield from wrap("What the credit was used for, the oldest first:", width)
    for lot in lots:
        yield from wrap(
            f"{amount_of(lot.added.amount, currency)} added on {lot.day}{noted(lot.added.description)}: "
            f"{_became(lot, currency)}.",
            width,
            initial_indent=_INDENT,
            subsequent_indent=_INDENT * 2,
        )
    if explained.subject.kind == CLIENT:
        left = sum(lot.left for lot in lots)
        yield from wrap(f"What is left adds up to {amount_of(left, currency)}, the client's credit.", width)


def _became(lot: Lot, currency: str) -> str:
    uses = [f"{amount_of(amount, currency)} {_for(purpose)}" for purpose, amount in lot.uses]
    if not uses:
        return "not used yet"
    return listed([*uses, *([f"{amount_of(lot.left, currency)} left"] if lot.left else [])])


def _for(purpose: str) -> str:
    return f"for {purpose}" if purpose.startswith("invoice") else purpose


def as_json(explained: Explained, zone: tzinfo) -> dict[str, Any]:
    """The same for programs: amounts are decimal texts, times ISO 8601."""
    state = explained.state
    return {
        explained.subject.kind: explained.subject.number,
        "client": explained.client_id,
        "summary": _title(explained),
        "currency": state.currency,
        "credit": _decimal(state.balance),
        "events": [
            {
                "position": each.happened.position,
                "time": each.happened.at.isoformat(),
                "type": each.happened.event.TYPE,
                "who": each.happened.who,
                "text": each.sentence,
                "credit": _decimal_or_none(getattr(each.happened.event, "balance", None)),
                "from_credit": [
                    {"credit_id": part.credit_id, "amount": _decimal(part.amount)} for part in each.parts
                ],
            }
            for each in explained.story.told
        ],
        "credit_added": [
            {
                "credit_id": lot.added.credit_id,
                "date": lot.day,
                "description": lot.added.description,
                "amount": _decimal(lot.added.amount),
                "used": [{"for": purpose, "amount": _decimal(amount)} for purpose, amount in lot.uses],
                "left": _decimal(lot.left),
            }
            for lot in explained.story.lots
        ],
        "refused": [
            refusal_as_json(each, zone, explained.people.who_was_refused(each), state.currency)
            for each in explained.refusals
        ],
    }


def refusal_as_json(refusal: PastRefusal, zone: tzinfo, who: str, currency: str = "") -> dict[str, Any]:
    """A row of the record of refusals."""
    about = dict(refusal.about)
    amount = about.pop("amount", None)
    return {
        "id": refusal.refusal_id,
        "kind": refusal.kind,
        "first_time": refusal.first_at.astimezone(zone).isoformat(),
        "time": refusal.last_at.astimezone(zone).isoformat(),
        "times": refusal.times,
        "action": refusal.action,
        "code": refusal.code,
        "message": refusal.message,
        "stream": refusal.stream,
        **about,
        **({} if amount is None else {"amount": _decimal(amount)}),
        "credential": refusal.credential,
        "admin_id": refusal.admin_id,
        "address": refusal.address,
        "request_id": refusal.request_id,
        "who": who,
        "text": refusal_sentence(refusal, currency),
    }


def _decimal(hundredths: int) -> str:
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}.{rest:02}"


def _decimal_or_none(hundredths: int | None) -> str | None:
    return None if hundredths is None else _decimal(hundredths)
