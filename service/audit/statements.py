"""Statements of a client's credit over a period, with proof that no row is left out and none of others shown.

The file holds every event of the client's stream from the last one about credit before the period to the
first one behind it, each with its path to a signed checkpoint. Versions, which are inside each event's hash,
have no gaps, so nothing is missing between them; that no event follows the last one is what the ledger signs.
Verified by `verify_proof.py`. Periods go by when events were recorded: only that order cannot change later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from eventstore import canonical
from eventstore.database import connection_of, reachable
from eventstore.history import events_of_stream, first_at
from eventstore.note import parse_checkpoint
from service.audit.proof_files import CannotProve, proven_event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import asyncpg

    from eventstore.note import SigningKey, VerifierKey
    from eventstore.records import RecordedEvent
    from eventstore.tree import SignedCheckpoint

FORMAT = "creditledger-statement/1"
EVENTS_MAX = 100_000
"""Of one statement: some hundred megabytes of JSON."""
_SIGNS = {"credit.added": 1, "credit.removed": -1, "credit.applied": -1}
_OPENED = "account.opened"


class Period(NamedTuple):
    """Of a stream, from a moment to before another, as recorded."""

    stream: str
    start: datetime
    end: datetime


class _Shown(NamedTuple):
    """The events to show, and the version at which the stream stands under the checkpoint."""

    events: list[RecordedEvent]
    version: int


async def statement_document(
    pool: asyncpg.Pool,
    lane: int,
    period: Period,
    checkpoint: SignedCheckpoint,
    signers: Sequence[SigningKey],
    keys: Sequence[VerifierKey],
) -> dict[str, Any]:
    """The whole file as a JSON object. Raises CannotProve, Unavailable."""
    shown = await _shown(pool, lane, period, checkpoint.size)
    with reachable():
        async with connection_of(pool) as connection:
            events = [await proven_event(connection, event, checkpoint) for event in shown.events]
    rows, opening, closing, currency = _rows(shown.events, period)
    origin = parse_checkpoint(checkpoint.note).head.origin
    text = "".join(
        f"{line}\n"
        for line in (
            FORMAT,
            f"origin {origin}",
            f"size {checkpoint.size}",
            f"stream {period.stream}",
            f"from {period.start.isoformat()}",
            f"to {period.end.isoformat()}",
            f"version {shown.version}",
            f"currency {currency}",
            f"opening {opening}",
            f"closing {closing}",
        )
    )
    return {
        "format": FORMAT,
        "stream": period.stream,
        "from": period.start.isoformat(),
        "to": period.end.isoformat(),
        "currency": currency,
        "opening": opening,
        "rows": rows,
        "closing": closing,
        "proven_by_hashes": "each event shown: content, place and time; no gap between them; all balances",
        "proven_by_signature": "that the log held no further event of this stream at the checkpoint, and no "
        "second one with the same version; a full verification of the log shows that, too",
        "attestation": text + "\n" + "".join(key.sign(text) for key in signers),
        "events": events,
        "checkpoint": checkpoint.note,
        "keys": [key.text for key in keys],
    }


async def _shown(pool: asyncpg.Pool, lane: int, period: Period, size: int) -> _Shown:
    first = await first_at(pool, lane, period.start, size)
    behind = await first_at(pool, lane, period.end, size)
    events: list[RecordedEvent] = []
    version = 0
    has_next = False
    async for event in events_of_stream(pool, lane, period.stream, 1, size):
        version = event.version
        if has_next:
            continue
        if event.position < first and event.type in _SIGNS:
            events.clear()
        events.append(event)
        has_next = event.position >= behind
        if len(events) > EVENTS_MAX:
            raise CannotProve(f"the statement has more than {EVENTS_MAX} events: shorten the period")
    if not events:
        raise CannotProve(f"there is no such client: nothing was recorded in {period.stream}")
    return _Shown(events, version)


def _rows(events: Sequence[RecordedEvent], period: Period) -> tuple[list[dict[str, Any]], int, int, str]:
    """The rows of the period, opening and closing balance, and the currency."""
    balance, opening, currency = 0, None, ""
    rows = []
    for event in events:
        if opening is None and event.recorded_at >= period.start:
            opening = balance
        if event.type not in _SIGNS and event.type != _OPENED:
            continue
        data = canonical.loads(event.data)
        currency = data["currency"]
        if event.type == _OPENED or event.recorded_at >= period.end:
            continue
        balance = data["balance"]
        if event.recorded_at >= period.start:
            rows.append(
                {
                    "position": event.position,
                    "amount": _SIGNS[event.type] * data["amount"],
                    "balance": balance,
                    "credit_id": data["credit_id"],
                    "date": data["date"],
                    "description": data["description"],
                }
            )
    return rows, balance if opening is None else opening, balance, currency
