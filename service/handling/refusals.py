"""Remembers what was refused: gathered in memory, written in batches by one task, never on a command's way.

Each kind has a quota in memory and one in the database, so that a flood of wrong secrets pushes out nothing
that known callers were refused. What is not written yet when the process is killed, half a second's worth or
what an unreachable database kept waiting, is lost. What is asked and why not is told by the protocols.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import astuple, dataclass, replace
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

import structlog

from eventstore import canonical
from eventstore import refusals as record
from eventstore.identifiers import uuid7
from eventstore.records import Unavailable
from eventstore.refusals import ACCESS, COMMAND, NewRefusal, Wanted
from service.domain.claims import invoice_claim
from service.domain.streams import account_stream
from service.domain.values import value

if TYPE_CHECKING:
    from datetime import datetime

    import asyncpg

    from eventstore.refusals import PastRefusal
    from eventstore.store import EventStore

LINGER_S = 0.5
"""How long refusals are gathered before they are written."""
RETRY_S = 1.0
"""How long a database that did not answer is left alone."""
PRUNE_S = 60.0
PRUNE_PART = 20
"""A kind is pruned, too, when a twentieth of its quota was written: so far it may be exceeded."""
ACCESS_PART = 10
"""Of the places in memory one in ten is kept besides for callers who are not let in."""
WINDOW_S = 3600
"""Callers who are not let in again and again for the same reason are one row an hour."""
BATCH_ROWS = 100
"""Made and sent in a few milliseconds, as requests wait meanwhile."""
TEXT_CHARACTERS_MAX = 300

NOT_REMEMBERED = "not_remembered"
"""The code of a row that counts refusals for which there was no place in memory."""

_log = structlog.get_logger(__name__)


@value(kw_only=True)
class Refused:
    """One refusal: who asked for what, and why not. Numbers are 0, texts "" and amounts None if unknown.

    Holds no secrets and no personal data: that is for whoever makes it to see to.
    """

    kind: str
    """COMMAND or ACCESS, see `eventstore.refusals`."""
    action: str
    code: str
    message: str
    credential: str = ""
    """Who it was, where that was proven."""
    claimed: str = ""
    """Who it said it was, where there is such a credential and its secret was wrong."""
    admin_id: int = 0
    address: str = ""
    client_id: int = 0
    invoice_id: int = 0
    transaction_id: int = 0
    amount: int | None = None
    """Hundredths, as asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalLimits:
    """How much is remembered."""

    rows_max: int = 50_000
    access_rows_max: int = 10_000
    age_max_s: int = 400 * 86_400
    queue_max: int = 2000
    """Different refusals of commands that wait to be written."""


@dataclass(slots=True)
class _Waiting:
    """The same refusal, once or more often, not written yet. Times are those of `time.monotonic`."""

    digest: bytes
    first: float
    last: float
    count: int
    request_id: str


class Refusals:
    """The record of one lane; `run` writes it."""

    def __init__(self, pool: asyncpg.Pool, store: EventStore, limits: RefusalLimits) -> None:
        self._pool = pool
        self._store = store
        self._limits = limits
        self._room = {COMMAND: limits.queue_max, ACCESS: max(1, limits.queue_max // ACCESS_PART)}
        self._rows_max = {COMMAND: limits.rows_max, ACCESS: limits.access_rows_max}
        self._waiting: dict[str, dict[Refused, _Waiting]] = {COMMAND: {}, ACCESS: {}}
        self._dropped = {COMMAND: 0, ACCESS: 0}
        self._unpruned = {COMMAND: 0, ACCESS: 0}
        self._something = asyncio.Event()
        self._writing = asyncio.Lock()

    def remember(self, refused: Refused, request_id: str) -> None:
        """Keep it to be written soon; never waits and never fails."""
        waiting = self._waiting[refused.kind]
        now = time.monotonic()
        known = waiting.get(refused)
        if known is not None:
            known.count += 1
            known.last = now
        elif len(waiting) < self._room[refused.kind]:
            waiting[refused] = _Waiting(_digest(refused), now, now, 1, request_id)
        else:
            self._dropped[refused.kind] += 1
        self._something.set()

    async def flush(self) -> None:
        """Write what this process has refused so far. Raises Unavailable; it is then tried again later."""
        async with self._writing:
            for kind, waiting in self._waiting.items():
                # As many batches as there are now: under a flood there would be no end else.
                for _ in range(-(-len(waiting) // BATCH_ROWS) or int(self._dropped[kind] > 0)):
                    await self._write(kind)

    async def run(self) -> None:
        """Write what comes in, and forget what is too old or too much, until cancelled."""
        pruned_at = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(PRUNE_S):
                    await self._something.wait()
                await asyncio.sleep(LINGER_S)
            except TimeoutError:
                pass
            try:
                self._something.clear()
                await self.flush()
                if time.monotonic() - pruned_at >= PRUNE_S or self._has_grown():
                    pruned_at = time.monotonic()
                    await self.prune()
            except Exception as problem:  # noqa: BLE001 -- tried again; what is refused meanwhile waits
                _log.warning("refusals were not written yet", error=str(problem) or type(problem).__name__)
                self._something.set()
                await asyncio.sleep(RETRY_S)

    async def prune(self) -> int:
        """Forget what the limits say; how many rows. Raises Unavailable."""
        counted = dict(self._unpruned)
        gone = await record.prune(self._pool, self._store.lane, self._rows_max, self._limits.age_max_s)
        for kind, count in counted.items():  # only now: what failed is done again with the next round
            self._unpruned[kind] -= count
        return gone

    async def count(self, wanted: Wanted) -> int:
        """How many rows there are, those included that this process has not written yet."""
        await self.flush()
        return await record.count(self._pool, self._store.lane, wanted)

    async def read(self, wanted: Wanted, start: int, limit: int) -> list[PastRefusal]:
        """The rows that are in the database, the newest first."""
        return await record.read(self._pool, self._store.lane, wanted, start, limit)

    async def read_times(self, wanted: Wanted, limit: int) -> list[datetime]:
        """When the newest rows were that are in the database."""
        return await record.read_times(self._pool, self._store.lane, wanted, limit)

    def _has_grown(self) -> bool:
        return any(
            count * PRUNE_PART >= self._rows_max[kind] for kind, count in self._unpruned.items() if count
        )

    async def _write(self, kind: str) -> None:
        """One batch; what was not written is kept."""
        waiting = self._waiting[kind]
        taken = {refused: replace(each) for refused, each in islice(waiting.items(), BATCH_ROWS)}
        dropped = self._dropped[kind]
        streams = await self._streams(list(taken))
        now = time.monotonic()
        rows = [_row(refused, each, streams[refused], now) for refused, each in taken.items()]
        if dropped:
            rows.append(_dropped_row(kind, dropped))
        try:
            await record.record(self._pool, self._store.lane, rows)
        except Unavailable:
            raise
        except Exception as problem:  # noqa: BLE001 -- tried for ever, it would keep all later ones from the record
            _log.error(
                "refusals were lost", count=sum(each.count for each in taken.values()), exc_info=problem
            )
        self._unpruned[kind] += len(rows)
        self._dropped[kind] -= dropped
        for refused, each in taken.items():
            left = waiting[refused].count - each.count
            if left:  # it was refused again while this was on its way
                waiting[refused] = replace(
                    waiting[refused], digest=_digest(refused), first=each.last, count=left
                )
            else:
                del waiting[refused]

    async def _streams(self, batch: list[Refused]) -> dict[Refused, str]:
        """The account each is about: said, or that of its invoice."""
        names = {
            refused: invoice_claim(refused.invoice_id)
            for refused in batch
            if refused.invoice_id and not refused.client_id
        }
        owners = await self._store.resolve(sorted(set(names.values()))) if names else {}
        return {
            refused: account_stream(refused.client_id)
            if refused.client_id
            else owners.get(names.get(refused, ""), "")
            for refused in batch
        }


def _digest(refused: Refused) -> bytes:
    """What becomes one row: commands one by one, callers who are not let in by the hour."""
    if refused.kind == COMMAND:
        return sha256(uuid7().bytes).digest()
    window = int(time.time()) // WINDOW_S
    # Whatever is in the texts: remembering never fails.
    return sha256(repr((window, astuple(refused))).encode("utf-8", "backslashreplace")).digest()


def _about(refused: Refused) -> dict[str, int | str]:
    about: dict[str, int | str] = {
        "client_id": refused.client_id,
        "invoice_id": refused.invoice_id,
        "transaction_id": refused.transaction_id,
        "claimed": refused.claimed,
    }
    known = {name: told for name, told in about.items() if told}
    return known if refused.amount is None else {**known, "amount": refused.amount}


def _row(refused: Refused, waiting: _Waiting, stream: str, now: float) -> NewRefusal:
    return NewRefusal(
        kind=refused.kind,
        digest=waiting.digest,
        first_age_us=round((now - waiting.first) * 1_000_000),
        last_age_us=round((now - waiting.last) * 1_000_000),
        times=waiting.count,
        action=_plain(refused.action),
        code=_plain(refused.code),
        message=_plain(refused.message),
        stream=stream,
        about=canonical.dumps(_about(refused)),
        credential=_plain(refused.credential),
        admin_id=refused.admin_id,
        address=_plain(refused.address),
        request_id=_plain(waiting.request_id),
    )


def _dropped_row(kind: str, count: int) -> NewRefusal:
    refused = Refused(
        kind=kind,
        action="",
        code=NOT_REMEMBERED,
        message="Too many at once: these refusals were counted, but not remembered",
    )
    now = time.monotonic()
    return _row(refused, _Waiting(_digest(refused), now, now, count, ""), "", now)


def _plain(text: str) -> str:
    """One line that PostgreSQL can hold, of bounded length."""
    return "".join(char if char.isprintable() else " " for char in text[:TEXT_CHARACTERS_MAX])
