"""The ledger as it was: a moment asked for becomes a position, and what is read is read from there.

Lives here: which moments there are, what the two clocks mean for what is no account's, and how many may
ask at a time. How facts are dated is in `projections.effective`. By dates, the configuration is as it is
known now (it has none), activity and OAuth credentials are as recorded by then. Personal data whose key was
destroyed is gone in the past too. The protocols put the parts of `Past` where the present ones are.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import asyncpg

from eventstore.database import connection_of, reachable
from eventstore.past import position_at
from eventstore.records import QueueFull
from projections.past_reader import PastReader
from projections.scratch import Moment, Scratch
from service.domain.values import value
from service.handling.past import PastActivity, PastConfiguration, PastLedger, PastOAuth

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import date

    from eventstore.store import EventStore
    from eventstore.subscription import Connection
    from service.handling.oauth_credentials import OAuthCredentials
    from service.handling.sessions import Sessions
    from service.handling.translation import Translator

_SECOND = "%Y-%m-%d %H:%M:%S"
_SECOND_LENGTH = len("2026-03-01 10:00:00")


class Clock(StrEnum):
    """By which of its two times a fact belongs to the past."""

    RECORDED = "recorded"
    """When the ledger heard of it: what it knew then."""
    EFFECTIVE = "effective"
    """When it happened, by its own date: what is known now about then."""


@value(kw_only=True)
class Asked:
    """A moment as somebody names it: a position, or a day up to its end, or a time.

    A time without a time zone is in the ledger's.
    """

    position: int | None = None
    day: date | None = None
    time: datetime | None = None
    clock: Clock = Clock.RECORDED


class NoSuchMoment(Exception):
    """The ledger has no such moment; the sentence says why."""


class TooLong(Exception):
    """The answer about the past was not there in time."""


@dataclass(frozen=True, slots=True)
class Past:
    """The ledger at a moment. Of use until the block that it came from is left."""

    position: int
    """What is answered from: nothing after it."""
    today: str
    """The day, `YYYY-MM-DD` in the ledger's time zone."""
    reader: PastReader
    ledger: PastLedger
    configuration: PastConfiguration
    activity: PastActivity
    oauth: PastOAuth


@dataclass(frozen=True, slots=True)
class _Found:
    """`known`: the last position that counts. `recorded`: the last that was recorded by then."""

    known: int
    recorded: int
    today: str
    until: str | None


class TimeTravel:
    """Answers about the past of one lane. `pool` has connections with `projections.scratch.make_tables`."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        store: EventStore,
        translator: Translator,
        sessions: Sessions,
        oauth: OAuthCredentials,
        *,
        name_key: bytes,
        timezone: str,
        requests_max: int,
        events_max: int,
    ) -> None:
        self._pool = pool
        self._store = store
        self._translator = translator
        self._sessions = sessions
        self._oauth = oauth
        self._name_key = name_key
        self._zone = ZoneInfo(timezone)
        self._requests_max = requests_max
        self._events_max = events_max
        self._requests = 0

    @asynccontextmanager
    async def at(self, asked: Asked, deadline: float) -> AsyncIterator[Past]:
        """The ledger at a moment. `deadline` is in `loop.time()`.

        Raises NoSuchMoment, TooLong, `projections.scratch.TooMuchHistory`, QueueFull if too many ask
        already, Unavailable.
        """
        if self._requests >= self._requests_max:
            raise QueueFull(f"{self._requests} answers about the past are being made already")
        self._requests += 1
        try:
            async with asyncio.timeout_at(deadline):
                with reachable():
                    async with connection_of(self._pool) as connection, connection.transaction():
                        try:
                            yield await self._past(asked, connection)
                        except asyncpg.QueryCanceledError:
                            raise TooLong from None
        except TimeoutError:
            raise TooLong from None
        finally:
            self._requests -= 1

    async def _past(self, asked: Asked, connection: Connection) -> Past:
        found = await self._find(asked, connection)
        moment = Moment(found.known, found.until)
        decoder = self._translator.decode
        scratch = Scratch(connection, self._store.lane, decoder, moment, events_max=self._events_max)
        await scratch.prepare()
        reader = PastReader(scratch)
        configuration = PastConfiguration(self._store, self._translator, found.known)
        return Past(
            position=found.known,
            today=found.today,
            reader=reader,
            ledger=PastLedger(scratch, reader, configuration, self._name_key),
            configuration=configuration,
            activity=PastActivity(
                self._store, self._sessions, self._translator, self._zone.key, found.recorded
            ),
            oauth=PastOAuth(self._oauth, self._store, self._translator, found.recorded),
        )

    async def _find(self, asked: Asked, connection: Connection) -> _Found:
        head = await self._store.head()
        if asked.position is not None:
            return await self._find_position(asked.position, head.position)
        now = max(datetime.now(UTC), head.recorded_at or datetime.min.replace(tzinfo=UTC))
        moment, local = self._moment(asked, now)
        recorded = await position_at(connection, self._store.lane, moment)
        if asked.clock is Clock.RECORDED:
            if not recorded and head.position:
                raise NoSuchMoment(await self._before_the_first())
            return _Found(recorded, recorded, local[:10], None)
        return _Found(head.position, recorded, local[:10], local)

    async def _before_the_first(self) -> str:
        """Facts may well be older, which is for the other clock; what was known then is nothing."""
        (first,) = await self._store.read_range(1, 1)
        since = first.recorded_at.astimezone(self._zone).strftime(_SECOND)
        return f"asof lies before the first event of the ledger, which was recorded at {since}"

    async def _find_position(self, position: int, head: int) -> _Found:
        if not 1 <= position <= head:
            raise NoSuchMoment(f"asofposition {position} is not in the ledger, which ends at {head}")
        (record,) = await self._store.read_range(position, position)
        local = record.recorded_at.astimezone(self._zone)
        return _Found(position, position, local.strftime(_SECOND)[:10], None)

    def _moment(self, asked: Asked, now: datetime) -> tuple[datetime, str]:
        """The moment itself, and its second in the ledger's time zone. The rest of today has yet to come."""
        try:
            if asked.day is not None:
                next_day = datetime.combine(asked.day + timedelta(days=1), time.min, self._zone)
                moment = next_day.astimezone(UTC) - timedelta(microseconds=1)
                if asked.day == now.astimezone(self._zone).date():
                    moment = min(moment, now)
                local = f"{asked.day.isoformat()} 23:59:59"
            else:
                said = asked.time or now
                placed = said if said.tzinfo is not None else said.replace(tzinfo=self._zone)
                moment = placed.astimezone(UTC)
                local = moment.astimezone(self._zone).isoformat(" ", "seconds")[:_SECOND_LENGTH]
        except OverflowError:
            raise NoSuchMoment("asof is not a time that the ledger can tell") from None
        if moment > now:
            raise NoSuchMoment("asof lies in the future")
        return moment, local
